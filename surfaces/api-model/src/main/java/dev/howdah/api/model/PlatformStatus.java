package dev.howdah.api.model;

import java.time.Instant;
import java.util.List;

/**
 * The whole platform at a glance.
 *
 * @param caFile the certificate that clients check the endpoints with
 * @param branches the branches the caller may see
 */
public record PlatformStatus(
        String version,
        String home,
        Instant startedAt,
        Endpoint direct,
        Endpoint pooled,
        Endpoint api,
        String caFile,
        int projects,
        List<BranchStatus> branches) {
    public PlatformStatus {
        branches = List.copyOf(branches);
    }
}
