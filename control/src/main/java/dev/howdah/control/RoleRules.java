package dev.howdah.control;

import static dev.howdah.control.RoleStatements.DEFAULT_ROLE;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.Handle;

/** What may be asked for, of which role and when; and how a refusal reads. */
final class RoleRules {
    private static final int ROLES_MAX = 1000;

    private RoleRules() {}

    /** As wanted, each inherited role once and the time to live in whole seconds. */
    static NewRole checked(NewRole wanted) {
        for (var inherited : wanted.inheritedRoles()) {
            if (!inherited.equals(DEFAULT_ROLE) && !RoleStatements.PREDEFINED.contains(inherited)) {
                throw PlatformException.invalid(
                        "a role cannot inherit %s".formatted(Names.quoted(inherited)),
                        "Choose from postgres, " + String.join(", ", RoleStatements.PREDEFINED) + ".");
            }
        }
        if (wanted.withReplication() && !wanted.inheritedRoles().contains(DEFAULT_ROLE)) {
            throw PlatformException.invalid(
                    "replication needs the rights of postgres",
                    "Let the role inherit postgres, or leave replication out.");
        }
        var distinct = List.copyOf(new LinkedHashSet<>(wanted.inheritedRoles()));
        return new NewRole(wanted.name(), distinct, wanted.withReplication(), checkedTtl(wanted.ttl()), wanted.label());
    }

    static Duration checkedTtl(Duration ttl) {
        if (!ttl.isZero() && (ttl.compareTo(Roles.TTL_MIN) < 0 || ttl.compareTo(Roles.TTL_MAX) > 0)) {
            throw PlatformException.invalid(
                    "a role's time to live is 0 or from 1 second to 3650 days, was %d seconds"
                            .formatted(ttl.toSeconds()),
                    "0 means that it does not expire.");
        }
        return ttl.truncatedTo(ChronoUnit.SECONDS);
    }

    static void requireReady(Handle handle, BranchId branch) {
        var state = Branches.byId(handle, branch, "FOR SHARE")
                .orElseThrow(() -> Branches.unknown(branch.value()))
                .state();
        if (state != BranchState.READY) {
            throw new PlatformException(
                    SqlState.CANNOT_CONNECT_NOW,
                    "branch %s is %s".formatted(branch, state.name().toLowerCase(Locale.ROOT)),
                    "Wait until it is ready; howdah status shows its instances.");
        }
    }

    static void refuseTooMany(Handle handle, BranchId branch) {
        if (RoleRows.live(handle, branch).size() >= ROLES_MAX) {
            throw new PlatformException(
                    SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                    "branch %s has %d roles, which is the limit".formatted(branch, ROLES_MAX),
                    "Delete roles that are not needed.");
        }
    }

    static void refuseExpired(RoleRow row, Instant now) {
        if (row.expired(now)) {
            throw new PlatformException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "role \"%s\" has expired".formatted(row.name()),
                    "Renew it first: howdah role renew " + row.name());
        }
    }

    static void refuseUnfinished(RoleRow row) {
        if (row.creating()) {
            throw new PlatformException(
                    SqlState.OBJECT_IN_USE,
                    "role \"%s\" is being made".formatted(row.name()),
                    "Try again in a moment. One whose making was cut short is taken away by itself.");
        }
    }

    static void refuseDefault(RoleRow row) {
        if (row.isDefault()) {
            throw new PlatformException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "the default role cannot be deleted",
                    "Reset its password to lock out who knows it: howdah role reset-default");
        }
    }

    static PlatformException exists(RoleRow row) {
        return PlatformException.duplicate(
                "role \"%s\" exists already in branch %s".formatted(row.name(), row.branch()), "Choose another name.");
    }

    static PlatformException droppedBySql(RoleRow row) {
        return PlatformException.notFound(
                "role \"%s\" is not there any more: it was dropped with SQL".formatted(row.name()),
                "Delete it here too, then make it again.");
    }

    static PlatformException unknown(BranchId branch, String key) {
        return PlatformException.notFound(
                "role %s does not exist in branch %s".formatted(Names.quoted(key), branch),
                "List them with: howdah roles list");
    }

    /** A refused deletion; {@code detail} is what the server says still refers to the role. */
    static PlatformException stillReferenced(String detail, boolean hasSuccessor) {
        return new PlatformException(
                SqlState.DEPENDENT_OBJECTS_STILL_EXIST,
                stillReferenced(detail),
                hasSuccessor
                        ? "Remove what is named above by hand, then delete the role again."
                        : "Name a successor, such as postgres, that takes over what it owns.");
    }

    static String stillReferenced(String detail) {
        return "Role is still referenced and cannot be dropped.\n" + detail;
    }
}
