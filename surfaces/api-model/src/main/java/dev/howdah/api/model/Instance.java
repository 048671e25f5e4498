package dev.howdah.api.model;

import java.time.Instant;
import java.util.Optional;

/**
 * One PostgreSQL server of a branch, as its agent last saw it. What is not known is absent, never zero.
 *
 * @param role {@code primary} or {@code replica}
 * @param state the agent's word for it, in lower case
 * @param detail one line for people: progress of a clone, the reason of a failure; empty when there is nothing to say
 */
public record Instance(
        String id,
        String zone,
        String role,
        String state,
        Optional<Integer> timeline,
        Optional<String> writtenLsn,
        Optional<String> replayedLsn,
        Optional<Long> lagBytes,
        Optional<Double> lagSeconds,
        String detail,
        Optional<Instant> seenAt) {}
