package dev.howdah.api.model;

import java.util.Optional;

/**
 * Asks for a credential for this API.
 *
 * @param role {@code read}, {@code write} or {@code admin}
 * @param project id or name of the one project it may reach; absent is all
 */
public record CreateToken(String name, String role, Optional<String> project) {}
