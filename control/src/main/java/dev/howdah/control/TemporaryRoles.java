package dev.howdah.control;

import static dev.howdah.control.RoleStatements.DEFAULT_ROLE;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.Secrets;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** One role per purpose and branch that acts as the default role, made by the first call and renewed by each later one. Thread-safe. */
final class TemporaryRoles {
    /** Together longer than another call takes to make the role; not as long as one that was left behind half made stays. */
    private static final int TRIES_MAX = 20;

    private static final Duration PAUSE = Duration.ofMillis(100);

    private final ControlDatabase database;
    private final AuditLog audit;
    private final ServerRoles servers;
    private final RoleCreation creation;
    private final InstantSource clock;
    private final RandomGenerator random;

    TemporaryRoles(
            ControlDatabase database,
            AuditLog audit,
            ServerRoles servers,
            RoleCreation creation,
            InstantSource clock,
            RandomGenerator random) {
        this.database = database;
        this.audit = audit;
        this.servers = servers;
        this.creation = creation;
        this.clock = clock;
        this.random = random;
    }

    RoleWithPassword get(Actor actor, BranchId branch, String purpose, Optional<String> knownPassword) {
        Names.purpose(purpose);
        for (var tries = 0; tries < TRIES_MAX; tries++) {
            switch (step(actor, branch, purpose, knownPassword)) {
                case Step.Done(var role) -> {
                    return role;
                }
                case Step.Noted(var draft) -> {
                    return creation.make(actor, draft, Map.of("purpose", purpose));
                }
                case Step.Busy() -> LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
        throw new PlatformException(
                SqlState.OBJECT_IN_USE,
                "the temporary role for \"%s\" is being made by somebody else".formatted(purpose),
                "Try again.");
    }

    /** How far one look came. */
    private sealed interface Step {
        record Done(RoleWithPassword role) implements Step {}

        record Noted(RoleRow draft) implements Step {}

        /** Another call is making it; what it has made is found next time. */
        record Busy() implements Step {}
    }

    private Step step(Actor actor, BranchId branch, String purpose, Optional<String> knownPassword) {
        try {
            return database.transaction(handle -> {
                RoleRules.requireReady(handle, branch);
                var present = RoleRows.lockPurpose(handle, branch, purpose);
                if (present.isPresent() && present.get().creating()) {
                    return new Step.Busy();
                }
                return present.isPresent() && !present.get().expired(clock.instant())
                        ? new Step.Done(renewed(handle, actor, present.get(), knownPassword))
                        : new Step.Noted(noted(handle, branch, purpose, present));
            });
        } catch (JdbiException e) {
            if (ControlDatabase.isDuplicate(e)) {
                return new Step.Busy();
            }
            throw e;
        }
    }

    private RoleRow noted(Handle handle, BranchId branch, String purpose, Optional<RoleRow> expired) {
        // It still holds its purpose until the next round of the expiry.
        expired.ifPresent(old -> RoleRows.disabled(handle, old, clock.instant()));
        var wanted = new NewRole(Optional.empty(), List.of(DEFAULT_ROLE), true, Roles.TEMPORARY_TTL, Optional.empty());
        var draft = creation.draft(branch, name(purpose), purpose, purpose, wanted);
        creation.note(handle, draft);
        return draft;
    }

    private RoleWithPassword renewed(Handle handle, Actor actor, RoleRow row, Optional<String> knownPassword) {
        var end = Optional.of(clock.instant().plus(Roles.TEMPORARY_TTL));
        RoleRows.renew(handle, row, Roles.TEMPORARY_TTL, end);
        servers.allowLogin(row, end);
        var password = knownPassword
                .filter(known -> servers.isPassword(row, known))
                .orElseGet(() -> anotherPassword(handle, actor, row));
        var renewed = RoleRows.lock(handle, row.branch(), row.id()).orElseThrow();
        return new RoleWithPassword(renewed.shown(clock.instant(), true), password);
    }

    private String anotherPassword(Handle handle, Actor actor, RoleRow row) {
        var password = Secrets.rolePassword(random);
        servers.password(row, password);
        audit.record(handle, actor, "role.reset", row.target(), Map.of("purpose", row.purpose()));
        return password;
    }

    private String name(String purpose) {
        var readable = new StringBuilder();
        purpose.codePoints()
                .map(Character::toLowerCase)
                .map(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_')
                .limit(40)
                .forEach(readable::appendCodePoint);
        var name = readable + "_" + Rows.letters(random, 6);
        return Names.isReservedRole(name) ? "t_" + name : name;
    }
}
