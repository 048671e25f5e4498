package dev.howdah.control;

import java.time.Instant;

/**
 * One line of the audit log.
 *
 * @param sequence 1, 2, 3 ... without gaps
 * @param action such as {@code role.create} or {@code connection.refused}
 * @param target such as {@code hd_2abf90d3} or {@code k3j5h7f9d1s2/app}
 * @param details a JSON object
 * @param hash SHA-256, in hexadecimal, of the hash before it and of everything above
 */
public record AuditEntry(
        long sequence,
        Instant at,
        String actor,
        String action,
        String target,
        Outcome outcome,
        String address,
        String details,
        String hash) {
    /** How it ended. */
    public enum Outcome {
        DONE,
        REFUSED,
        FAILED
    }
}
