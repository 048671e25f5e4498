package dev.howdah.api.model;

import java.time.Instant;
import java.util.Map;

/**
 * One action somebody took through the platform. Every entry seals the one before it.
 *
 * @param sequence 1, 2, 3 and so on without gaps
 * @param actor the name of the token, or a job of the platform's own
 * @param action such as {@code role.create}
 * @param target such as {@code hd_2abf90d3} or {@code k3j5h7f9d1s2/app}
 * @param outcome {@code done}, {@code refused} or {@code failed}
 * @param address where the request came from; empty for the platform's own
 * @param hash SHA-256 over this entry and the one before it
 */
public record AuditEntry(
        long sequence,
        Instant at,
        String actor,
        String action,
        String target,
        String outcome,
        String address,
        Map<String, Object> details,
        String hash) {}
