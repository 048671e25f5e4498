package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.Secrets;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes roles in three steps, so that two databases agree after a crash at any point: the intent is noted, the server makes the role with a mark
 * that names the intent, the intent becomes a role. What was left behind in between has a password that nobody knows; it is taken away.
 */
final class RoleCreation {
    private static final Logger log = LoggerFactory.getLogger(RoleCreation.class);
    /** Much longer than the moment between the first and the second step, during which no lock is held. */
    private static final Duration ABANDONED_AFTER = Duration.ofSeconds(10);

    private static final Actor ACTOR = Actor.platform("roles");

    private final ControlDatabase database;
    private final AuditLog audit;
    private final ServerRoles servers;
    private final RoleRemoval removal;
    private final InstantSource clock;
    private final RandomGenerator random;

    RoleCreation(
            ControlDatabase database,
            AuditLog audit,
            ServerRoles servers,
            RoleRemoval removal,
            InstantSource clock,
            RandomGenerator random) {
        this.database = database;
        this.audit = audit;
        this.servers = servers;
        this.removal = removal;
        this.clock = clock;
        this.random = random;
    }

    /** A row to be, with its end counted from now. */
    RoleRow draft(BranchId branch, String name, String label, String purpose, NewRole wanted) {
        var now = clock.instant();
        return new RoleRow(
                Rows.id("role_", random),
                branch,
                name,
                label,
                false,
                purpose,
                wanted.inheritedRoles(),
                wanted.withReplication(),
                wanted.ttl(),
                true,
                now,
                wanted.ttl().isZero() ? Optional.empty() : Optional.of(now.plus(wanted.ttl())),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** The first step, in the caller's transaction, which must be over before {@link #make}. */
    void note(Handle handle, RoleRow draft) {
        RoleRules.requireReady(handle, draft.branch());
        RoleRows.insert(handle, draft);
    }

    /** The other steps; after a failure nothing is left, or what is left is taken away soon. */
    RoleWithPassword make(Actor actor, RoleRow draft, Map<String, String> details) {
        var password = Secrets.rolePassword(random);
        try {
            return database.transaction(handle -> {
                RoleRules.requireReady(handle, draft.branch());
                if (RoleRows.lockUnfinished(handle, draft.id()).isEmpty()) {
                    throw overtaken(draft);
                }
                servers.create(draft, password);
                RoleRows.made(handle, draft);
                audit.record(handle, actor, "role.create", draft.target(), details);
                return new RoleWithPassword(draft.shown(clock.instant(), true), password);
            });
        } catch (PlatformException e) {
            withdraw(draft, e);
            throw e;
        }
    }

    /** One round over what earlier jobs have left behind; a branch that cannot be reached is left for a later one. */
    void round() {
        var before = clock.instant().minus(ABANDONED_AFTER);
        for (var abandoned : database.read(handle -> RoleRows.abandoned(handle, before))) {
            try {
                database.transaction(handle -> settle(handle, abandoned));
            } catch (PlatformException e) {
                log.debug("{} is settled later: {}", abandoned.target(), e.message());
            }
        }
    }

    private void withdraw(RoleRow draft, PlatformException reason) {
        try {
            database.transaction(handle -> settle(handle, draft));
        } catch (PlatformException e) {
            reason.addSuppressed(e); // the next round does it
        }
    }

    private boolean settle(Handle handle, RoleRow draft) {
        if (RoleRows.lockUnfinished(handle, draft.id()).isEmpty()) {
            return false;
        }
        if (!servers.isMadeFrom(draft)) {
            RoleRows.forget(handle, draft); // a role of that name, if there is one, is somebody else's
            return true;
        }
        var refusal = removal.dropUnreferenced(draft.branch(), draft.name());
        if (refusal.isPresent()) {
            // Somebody has given it rights or objects meanwhile. It stays, and a reset gives it a password.
            RoleRows.made(handle, draft);
            audit.record(handle, ACTOR, "role.create", draft.target(), Map.of("password", "lost"));
        } else {
            RoleRows.dropped(handle, draft, clock.instant());
            audit.record(handle, ACTOR, "role.withdraw", draft.target(), Map.of("role", draft.id()));
        }
        log.warn(
                "role {} was half made; it {}",
                draft.target(),
                refusal.isPresent() ? "is kept" : "has been taken away");
        return true;
    }

    private static PlatformException overtaken(RoleRow draft) {
        return new PlatformException(
                SqlState.OBJECT_IN_USE,
                "making role \"%s\" took too long and was given up".formatted(draft.name()),
                "Try again.");
    }
}
