package dev.howdah.api.model;

import java.time.Instant;
import java.util.Optional;

/**
 * One client of the pooled endpoint.
 *
 * @param state {@code active}, {@code idle} or {@code waiting}
 * @param serverId the server connection it has
 * @param pinned whether it keeps that between its transactions
 * @param tls the version of TLS
 */
public record PoolClient(
        String id,
        String database,
        String role,
        String state,
        String address,
        int port,
        String application,
        Instant startedAt,
        double waitSeconds,
        Optional<String> serverId,
        boolean pinned,
        String tls,
        int preparedStatements) {}
