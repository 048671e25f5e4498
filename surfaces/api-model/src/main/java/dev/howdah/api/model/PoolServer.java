package dev.howdah.api.model;

import java.time.Instant;
import java.util.Optional;

/**
 * One connection from the pooled endpoint to a server.
 *
 * @param state {@code active}, {@code idle}, {@code login} or {@code being_canceled}
 * @param processId of the backend
 * @param clientId the client that has it
 * @param closing whether it is closed as soon as it is free
 */
public record PoolServer(
        String id,
        String database,
        String role,
        String state,
        String instanceId,
        int processId,
        String application,
        Instant startedAt,
        Optional<String> clientId,
        boolean pinned,
        boolean closing,
        int preparedStatements) {}
