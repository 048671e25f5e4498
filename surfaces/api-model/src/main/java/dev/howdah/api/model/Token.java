package dev.howdah.api.model;

import java.time.Instant;
import java.util.Optional;

/**
 * A credential for this API.
 *
 * @param role {@code read}, {@code write} or {@code admin}
 * @param projectId the one project it reaches; absent when it reaches all
 */
public record Token(
        String id,
        String name,
        String role,
        Optional<String> projectId,
        String createdBy,
        Instant createdAt,
        Optional<Instant> lastUsedAt,
        Optional<Instant> revokedAt) {}
