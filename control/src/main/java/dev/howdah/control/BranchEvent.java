package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that happened to a branch.
 *
 * @param id grows with time; 0 before it is stored
 * @param instance empty when it concerns the whole branch
 * @param kind such as {@code promoted}
 */
public record BranchEvent(
        long id,
        BranchId branch,
        Optional<InstanceId> instance,
        Instant at,
        Severity severity,
        String kind,
        String message) {
    /** How much it matters to people. */
    public enum Severity {
        INFO,
        WARNING,
        ERROR
    }
}
