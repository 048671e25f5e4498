package dev.howdah.control;

import dev.howdah.base.PlatformException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends roles whose time is over: no login, sessions ended, then dropped. PostgreSQL and the proxy know the end too (VALID UNTIL), so that it
 * holds while no control job runs. A role that owns something stays, disabled, and says why.
 */
final class RoleExpiry {
    private static final Logger log = LoggerFactory.getLogger(RoleExpiry.class);
    private static final Duration DROP_AGAIN_AFTER = Duration.ofMinutes(1);
    private static final Actor ACTOR = Actor.platform("expiry");

    private final ControlDatabase database;
    private final AuditLog audit;
    private final BranchSessions sessions;
    private final RoleSessions open;
    private final RoleRemoval removal;
    private final InstantSource clock;

    RoleExpiry(
            ControlDatabase database,
            AuditLog audit,
            BranchSessions sessions,
            RoleSessions open,
            RoleRemoval removal,
            InstantSource clock) {
        this.database = database;
        this.audit = audit;
        this.sessions = sessions;
        this.open = open;
        this.removal = removal;
        this.clock = clock;
    }

    /** One round; a role whose branch cannot be reached is left for a later one. */
    void round() {
        for (var due : database.read(handle -> RoleRows.due(handle, clock.instant()))) {
            try {
                database.transaction(handle -> disable(handle, due));
                database.transaction(handle -> drop(handle, due));
            } catch (PlatformException e) {
                log.debug("{} expires later: {}", due.target(), e.message());
            }
        }
    }

    private boolean disable(Handle handle, RoleRow due) {
        var locked = RoleRows.lock(handle, due.branch(), due.id());
        if (locked.isEmpty()
                || !locked.get().expired(clock.instant())
                || locked.get().disabledAt().isPresent()) {
            return false; // renewed or removed meanwhile, or done before
        }
        sessions.onPrimary(due.branch(), BranchSessions.DEFAULT_DATABASE, session -> {
            if (RoleStatements.exists(session, due.name())) {
                RoleStatements.denyLogin(session, due.name());
            }
            return due;
        });
        open.end(due.branch(), due.name(), "the role has expired");
        RoleRows.disabled(handle, due, clock.instant());
        audit.record(handle, ACTOR, "role.expire", due.target(), Map.of("role", due.id()));
        return true;
    }

    private boolean drop(Handle handle, RoleRow due) {
        var locked = RoleRows.lock(handle, due.branch(), due.id());
        if (locked.isEmpty() || locked.get().disabledAt().isEmpty()) {
            return false;
        }
        var refusal = due.temporary()
                ? removal.dropInFavourOf(due.branch(), due.name(), RoleStatements.DEFAULT_ROLE)
                : removal.dropIfOwnsNothing(due.branch(), due.name());
        if (refusal.isPresent()) {
            RoleRows.dropFailed(
                    handle,
                    due,
                    RoleRules.stillReferenced(refusal.get()),
                    clock.instant().plus(DROP_AGAIN_AFTER));
            return false;
        }
        RoleRows.dropped(handle, due, clock.instant());
        audit.record(handle, ACTOR, "role.drop", due.target(), Map.of("role", due.id()));
        return true;
    }
}
