package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.ProjectId;
import java.time.Instant;
import java.util.Optional;

/**
 * One isolated PostgreSQL cluster of a project.
 *
 * @param reason why it is not ready yet or failed; empty when there is nothing to say
 */
public record Branch(
        BranchId id,
        ProjectId project,
        String name,
        BranchKind kind,
        BranchState state,
        String reason,
        Instant createdAt,
        Optional<Instant> readyAt) {}
