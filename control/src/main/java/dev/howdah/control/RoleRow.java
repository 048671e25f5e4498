package dev.howdah.control;

import dev.howdah.base.BranchId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What control knows of a role it made; the server knows the rest.
 *
 * @param creating whether it is an intent still: its server may or may not have it, and nobody has its password
 */
record RoleRow(
        String id,
        BranchId branch,
        String name,
        String label,
        boolean isDefault,
        String purpose,
        List<String> inheritedRoles,
        boolean withReplication,
        Duration ttl,
        boolean creating,
        Instant createdAt,
        Optional<Instant> expiresAt,
        Optional<Instant> disabledAt,
        Optional<Instant> droppedAt,
        Optional<String> dropFailed) {
    /** The branch's role {@code postgres}, which its setup makes. */
    static RoleRow ofDefault(String id, BranchId branch, Instant now) {
        return new RoleRow(
                id,
                branch,
                RoleStatements.DEFAULT_ROLE,
                "default",
                true,
                "",
                RoleStatements.PREDEFINED,
                true,
                Duration.ZERO,
                false,
                now,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    boolean expired(Instant now) {
        return expiresAt.map(end -> !end.isAfter(now)).orElse(false);
    }

    boolean temporary() {
        return !purpose.isEmpty();
    }

    String target() {
        return branch + "/" + name;
    }

    /** As shown; {@code canLogIn} is what its server says. */
    Role shown(Instant now, boolean canLogIn) {
        return new Role(
                id,
                branch,
                name,
                label,
                isDefault,
                true,
                purpose,
                inheritedRoles,
                withReplication,
                ttl,
                canLogIn && !expired(now),
                expired(now),
                Optional.of(createdAt),
                expiresAt,
                disabledAt,
                droppedAt,
                dropFailed);
    }
}
