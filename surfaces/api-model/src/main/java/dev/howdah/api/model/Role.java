package dev.howdah.api.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A PostgreSQL role of one branch.
 *
 * @param login what a client gives as its user: {@code role.branch}
 * @param label free text for people
 * @param purpose of a temporary role, such as {@code env:alice}; empty for others
 * @param ready whether it has a password and may log in
 * @param ttlSeconds how long it lives, counted from its making or last renewal; 0 is for ever
 * @param dropFailed why the last attempt to drop it failed
 * @param isDefault whether it is the branch's default role
 * @param managed whether this platform made it; false for a role made with plain SQL
 */
public record Role(
        String id,
        String name,
        String login,
        String label,
        String purpose,
        List<String> inheritedRoles,
        boolean withReplication,
        long ttlSeconds,
        Optional<Instant> expiresAt,
        boolean ready,
        boolean expired,
        Optional<Instant> disabledAt,
        Optional<String> dropFailed,
        boolean isDefault,
        boolean managed,
        Optional<Instant> createdAt) {
    public Role {
        inheritedRoles = List.copyOf(inheritedRoles);
    }
}
