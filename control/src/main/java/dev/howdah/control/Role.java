package dev.howdah.control;

import dev.howdah.base.BranchId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One login of one branch.
 *
 * @param id {@code role_} and 12 characters; for a role made by plain SQL its name
 * @param managed whether this platform made it; roles made by plain SQL are shown, and changed by SQL only
 * @param isDefault whether it is the branch's role {@code postgres}
 * @param label for people; changed by rename, the login name never changes
 * @param purpose of a temporary role, such as {@code env:alice}; else empty
 * @param ttl zero for a role that does not expire
 * @param ready whether somebody has been given a password for it and it may log in
 * @param disabledAt when its login was taken away because it expired
 * @param dropFailed why an expired role could not be dropped, as the server put it
 */
public record Role(
        String id,
        BranchId branch,
        String name,
        String label,
        boolean isDefault,
        boolean managed,
        String purpose,
        List<String> inheritedRoles,
        boolean withReplication,
        Duration ttl,
        boolean ready,
        boolean expired,
        Optional<Instant> createdAt,
        Optional<Instant> expiresAt,
        Optional<Instant> disabledAt,
        Optional<Instant> droppedAt,
        Optional<String> dropFailed) {
    public Role {
        inheritedRoles = List.copyOf(inheritedRoles);
    }

    /** What a client logs in with on both endpoints. */
    public String username() {
        return name + "." + branch;
    }
}
