package dev.howdah.control;

import dev.howdah.base.ProjectId;
import java.time.Instant;

/** What one product owns: a name and branches. */
public record Project(ProjectId id, String name, Instant createdAt) {}
