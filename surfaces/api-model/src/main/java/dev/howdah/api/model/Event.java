package dev.howdah.api.model;

import java.time.Instant;
import java.util.Optional;

/**
 * Something that happened to a branch.
 *
 * @param severity {@code info}, {@code warning} or {@code error}
 * @param kind a stable word, such as {@code primary_opened}
 * @param instanceId absent when it concerns the whole branch
 */
public record Event(
        String id,
        Instant at,
        String severity,
        String kind,
        String branchId,
        Optional<String> instanceId,
        String message) {}
