package dev.howdah.api.model;

import java.util.Optional;

/**
 * Starts a role's time to live anew.
 *
 * @param ttlSeconds absent keeps the one it has
 */
public record RenewRole(Optional<Long> ttlSeconds) {}
