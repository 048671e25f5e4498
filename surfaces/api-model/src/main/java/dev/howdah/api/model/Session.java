package dev.howdah.api.model;

import java.time.Instant;

/**
 * One client connection at the proxy.
 *
 * @param endpoint {@code direct} or {@code pooled}
 */
public record Session(
        String id,
        String endpoint,
        String branchId,
        String role,
        String database,
        String address,
        String application,
        Instant startedAt) {}
