package dev.howdah.control;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One PostgreSQL server of a branch, as its agent last reported it.
 *
 * @param role {@code primary} for the one that may lead, else {@code replica}
 * @param state absent, cloning, starting, replica, opening, primary, stopped or failed
 * @param timeline 0 while unknown
 * @param written the primary's flush position, or what a replica has received; 0/0 while unknown
 * @param replayed what it has replayed; 0/0 while unknown
 * @param replayLag empty while unknown, and for the primary
 * @param detail one line for people, or empty
 * @param seenAt of the report; empty when nothing was reported yet
 */
public record Instance(
        InstanceId id,
        String zone,
        String role,
        String state,
        int timeline,
        Lsn written,
        Lsn replayed,
        Optional<Duration> replayLag,
        String detail,
        Optional<Instant> seenAt) {}
