package dev.howdah.control;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a role shall be.
 *
 * @param name of the login; made up where absent
 * @param inheritedRoles of the eleven predefined ones, or {@code postgres}; empty for a role with no rights of its own
 * @param withReplication only together with {@code postgres}
 * @param ttl zero for no end
 * @param label for people; the name where absent
 */
public record NewRole(
        Optional<String> name,
        List<String> inheritedRoles,
        boolean withReplication,
        Duration ttl,
        Optional<String> label) {
    public NewRole {
        inheritedRoles = List.copyOf(inheritedRoles);
    }

    /** One that inherits {@code inheritedRoles} and does not expire. */
    public static NewRole named(String name, String... inheritedRoles) {
        return new NewRole(Optional.of(name), List.of(inheritedRoles), false, Duration.ZERO, Optional.empty());
    }
}
