package dev.howdah.api.model;

import java.util.Optional;

/**
 * Asks for a new branch.
 *
 * @param kind {@code production} or {@code development}; absent is {@code production}
 */
public record CreateBranch(String name, Optional<String> kind) {}
