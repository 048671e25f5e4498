package dev.howdah.api.model;

import java.time.Instant;

/** What one product owns. */
public record Project(String id, String name, Instant createdAt) {}
