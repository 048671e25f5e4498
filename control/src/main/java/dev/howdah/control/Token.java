package dev.howdah.control;

import dev.howdah.base.ProjectId;
import java.time.Instant;
import java.util.Optional;

/**
 * A credential of the API; its secret is known to its holder only.
 *
 * @param project its scope; empty for the whole platform
 */
public record Token(
        String id,
        String name,
        Optional<ProjectId> project,
        Access access,
        String createdBy,
        Instant createdAt,
        Optional<Instant> lastUsedAt,
        Optional<Instant> revokedAt) {}
