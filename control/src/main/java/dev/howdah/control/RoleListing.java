package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The roles of a branch as people see them: what control made, joined with what the server has, those made by plain SQL too. */
final class RoleListing {
    private final ServerRoles servers;
    private final InstantSource clock;

    RoleListing(ServerRoles servers, InstantSource clock) {
        this.servers = servers;
        this.clock = clock;
    }

    List<Role> all(Handle handle, BranchId branch) {
        RoleRules.requireReady(handle, branch);
        var rows = RoleRows.live(handle, branch);
        var onServer = servers.all(branch);
        var roles = new ArrayList<Role>();
        for (var row : rows) {
            var facts = Optional.ofNullable(onServer.remove(row.name()));
            var canLogIn = facts.map(ServerRoles.Facts::canLogIn).orElse(false);
            roles.add(row.shown(clock.instant(), canLogIn && !row.creating()));
        }
        onServer.forEach((name, facts) -> roles.add(madeBySql(branch, name, facts)));
        return roles;
    }

    /** By id, name or user name. */
    Role find(Handle handle, BranchId branch, String key) {
        var roles = all(handle, branch);
        return RoleRows.keys(branch, key).stream()
                .flatMap(k ->
                        roles.stream().filter(r -> r.id().equals(k) || r.name().equals(k)))
                .findFirst()
                .orElseThrow(() -> RoleRules.unknown(branch, key));
    }

    /** Why a role that control has no row of cannot be changed. */
    PlatformException notManaged(Handle handle, BranchId branch, String key) {
        var byServer = all(handle, branch).stream()
                .filter(role -> RoleRows.keys(branch, key).contains(role.name()))
                .findFirst();
        return byServer.map(role -> new PlatformException(
                        SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                        "role %s was made with SQL and is not managed here".formatted(Names.quoted(role.name())),
                        "Change it with ALTER ROLE and DROP ROLE."))
                .orElseGet(() -> RoleRules.unknown(branch, key));
    }

    private static Role madeBySql(BranchId branch, String name, ServerRoles.Facts facts) {
        return new Role(
                name,
                branch,
                name,
                name,
                false,
                false,
                "",
                List.of(),
                facts.replicates(),
                Duration.ZERO,
                facts.canLogIn(),
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
