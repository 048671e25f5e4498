package dev.howdah.control;

import dev.howdah.base.BranchId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What control knows of a role it made; the server knows the rest. */
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
        Instant createdAt,
        Optional<Instant> expiresAt,
        Optional<Instant> disabledAt,
        Optional<Instant> droppedAt,
        Optional<String> dropFailed) {
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
