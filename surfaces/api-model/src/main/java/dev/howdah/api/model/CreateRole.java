package dev.howdah.api.model;

import java.util.List;
import java.util.Optional;

/**
 * Asks for a new role.
 *
 * @param name of the login; made up where absent
 * @param label free text for people; the name where absent
 * @param inheritedRoles predefined roles, or {@code postgres}
 * @param withReplication only together with {@code postgres}
 * @param ttlSeconds how long it may log in; absent or 0 is for ever
 */
public record CreateRole(
        Optional<String> name,
        Optional<String> label,
        Optional<List<String>> inheritedRoles,
        Optional<Boolean> withReplication,
        Optional<Long> ttlSeconds) {}
