package dev.howdah.control;

import static dev.howdah.control.RoleStatements.DEFAULT_ROLE;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.Secrets;
import dev.howdah.base.SqlState;
import dev.howdah.wire.ScramVerifier;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/**
 * The logins of branches, named by id, name or user name. A password is made here, sent to the server as a SCRAM verifier and returned once;
 * it is neither stored nor logged. Every call needs the branch's primary. Thread-safe.
 */
public final class Roles {
    /** How long a temporary role lives after its last renewal. */
    public static final Duration TEMPORARY_TTL = Duration.ofHours(24);

    public static final Duration TTL_MIN = Duration.ofMinutes(1);
    public static final Duration TTL_MAX = Duration.ofDays(3650);

    private static final String LIST = "roles";
    private static final int ROLES_MAX = 1000;

    private final ControlDatabase database;
    private final AuditLog audit;
    private final BranchSessions sessions;
    private final RoleSessions open;
    private final RoleRemoval removal;
    private final InstantSource clock;
    private final RandomGenerator random;

    Roles(
            ControlDatabase database,
            AuditLog audit,
            BranchSessions sessions,
            RoleSessions open,
            RoleRemoval removal,
            InstantSource clock,
            RandomGenerator random) {
        this.database = database;
        this.audit = audit;
        this.sessions = sessions;
        this.open = open;
        this.removal = removal;
        this.clock = clock;
        this.random = random;
    }

    /** Gives the default role its first or a new password, and ends every session that used the old one. */
    public RoleWithPassword resetDefault(Actor actor, BranchId branch) {
        return reset(actor, branch, DEFAULT_ROLE);
    }

    /** Makes a role; concurrent calls with one name make one role and refuse the others (42710). */
    public RoleWithPassword create(Actor actor, BranchId branch, NewRole wanted) {
        var name = wanted.name().orElseGet(() -> "role_" + Rows.letters(random, 8));
        return audit.around(actor, "role.create", branch + "/" + Names.quoted(name), () -> {
            Names.newRole(name);
            var row = draft(branch, name, Names.label(wanted.label().orElse(name)), "", checked(wanted));
            return insert(actor, row);
        });
    }

    /** Every role of the branch by name, those made by plain SQL too. */
    public Page<Role> list(BranchId branch, PageRequest page) {
        var after = Cursors.key(LIST, page, "");
        var roles = database.read(handle -> all(handle, branch)).stream()
                .filter(role -> role.name().compareTo(after) > 0)
                .sorted(Comparator.comparing(Role::name))
                .limit(page.limit() + 1L)
                .toList();
        return Cursors.page(LIST, page, roles, Role::name, role -> role);
    }

    public Role find(BranchId branch, String key) {
        return database.read(handle -> find(handle, branch, key));
    }

    private Role find(Handle handle, BranchId branch, String key) {
        var roles = all(handle, branch);
        return RoleRows.keys(branch, key).stream()
                .flatMap(k ->
                        roles.stream().filter(r -> r.id().equals(k) || r.name().equals(k)))
                .findFirst()
                .orElseThrow(() -> unknown(branch, key));
    }

    /** Gives it another label. The login name never changes. */
    public Role rename(Actor actor, BranchId branch, String key, String label) {
        change(actor, "role.rename", branch, key, (handle, row) -> {
            RoleRows.label(handle, row, Names.label(label));
            audit.record(handle, actor, "role.rename", row.target(), Map.of("from", row.label(), "to", label));
            return row;
        });
        return find(branch, key);
    }

    /** Gives it a new password, and ends every session that used the old one, on every instance and both endpoints. */
    public RoleWithPassword reset(Actor actor, BranchId branch, String key) {
        var password = Secrets.rolePassword(random);
        var row = change(actor, "role.reset", branch, key, (handle, locked) -> {
            refuseExpired(locked);
            setPassword(locked, password);
            audit.record(handle, actor, "role.reset", locked.target(), Map.of("role", locked.id()));
            return locked;
        });
        open.end(branch, row.name(), "the role's password was reset");
        return new RoleWithPassword(row.shown(clock.instant(), true), password);
    }

    /** Moves its end to {@code ttl} from now, by default the time it was given; zero for no end. An expired one can log in again. */
    public Role renew(Actor actor, BranchId branch, String key, Optional<Duration> ttl) {
        change(actor, "role.renew", branch, key, (handle, row) -> {
            if (row.isDefault()) {
                throw invalid("the default role does not expire", "Renew another role.");
            }
            var chosen = checkedTtl(ttl.orElse(row.ttl()));
            renew(handle, row, chosen);
            audit.record(handle, actor, "role.renew", row.target(), Map.of("ttl", chosen.toString()));
            return row;
        });
        return find(branch, key);
    }

    /**
     * Deletes it and ends its sessions. What it owns goes to {@code successor}, and what was granted to it is taken away; without a successor it
     * is refused (2BP01) while anything refers to it, and nothing has changed then.
     */
    public void delete(Actor actor, BranchId branch, String key, Optional<String> successor) {
        change(actor, "role.delete", branch, key, (handle, row) -> {
            if (row.isDefault()) {
                throw new PlatformException(
                        SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                        "the default role cannot be deleted",
                        "Reset its password to lock out who knows it: howdah role reset-default");
            }
            var heir = successor.map(s -> successor(handle, row, s));
            var oid = open.oid(branch, row.name());
            var refusal = heir.isPresent() ? handOver(row, heir.get()) : removal.dropUnreferenced(branch, row.name());
            if (refusal.isPresent()) {
                throw new PlatformException(
                        SqlState.DEPENDENT_OBJECTS_STILL_EXIST,
                        stillReferenced(refusal.get()),
                        heir.isPresent()
                                ? "Remove what is named above by hand, then delete the role again."
                                : "Name a successor, such as postgres, that takes over what it owns.");
            }
            RoleRows.dropped(handle, row, clock.instant());
            audit.record(
                    handle,
                    actor,
                    "role.delete",
                    row.target(),
                    heir.map(h -> Map.of("successor", h)).orElse(Map.of()));
            open.end(branch, row.name(), oid, "the role was deleted");
            return row;
        });
    }

    /** Gives everything that it owns, in every database of the branch, to {@code successor}. */
    public void reassign(Actor actor, BranchId branch, String key, String successor) {
        change(actor, "role.reassign", branch, key, (handle, row) -> {
            var heir = successor(handle, row, successor);
            removal.reassign(branch, row.name(), heir);
            audit.record(handle, actor, "role.reassign", row.target(), Map.of("successor", heir));
            return row;
        });
    }

    /**
     * The temporary role for {@code purpose}: one per purpose and branch, renewed for {@link #TEMPORARY_TTL} by each call. It acts as the default
     * role, which owns what it makes.
     *
     * @param purpose such as {@code env:alice}
     * @param knownPassword what the caller was given last time; kept while it is right, so that other shells go on, else replaced
     */
    public RoleWithPassword temporary(Actor actor, BranchId branch, String purpose, Optional<String> knownPassword) {
        return audit.around(actor, "role.temporary", branch + "/" + Names.quoted(purpose), () -> {
            Names.purpose(purpose);
            return temporaryOnce(actor, branch, purpose, knownPassword)
                    // Two first calls at once: the second finds what the first has made.
                    .or(() -> temporaryOnce(actor, branch, purpose, knownPassword))
                    .orElseThrow(() -> new PlatformException(
                            SqlState.OBJECT_IN_USE,
                            "the temporary role for \"%s\" is being made by somebody else".formatted(purpose),
                            "Try again."));
        });
    }

    static String stillReferenced(String detail) {
        return "Role is still referenced and cannot be dropped.\n" + detail;
    }

    /** Notes the default role, which the branch's setup has made. */
    void noteDefault(BranchId branch) {
        database.transaction(handle -> {
            if (RoleRows.live(handle, branch).stream().noneMatch(RoleRow::isDefault)) {
                var now = now();
                RoleRows.insert(
                        handle,
                        new RoleRow(
                                Rows.id("role_", random),
                                branch,
                                DEFAULT_ROLE,
                                "default",
                                true,
                                "",
                                RoleStatements.PREDEFINED,
                                true,
                                Duration.ZERO,
                                now,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()));
            }
            return branch;
        });
    }

    private Optional<RoleWithPassword> temporaryOnce(
            Actor actor, BranchId branch, String purpose, Optional<String> knownPassword) {
        try {
            return Optional.of(database.transaction(handle -> {
                requireReady(handle, branch);
                var present =
                        RoleRows.lockPurpose(handle, branch, purpose).filter(row -> !row.expired(clock.instant()));
                return present.isPresent()
                        ? renewTemporary(handle, actor, present.get(), knownPassword)
                        : createTemporary(handle, actor, branch, purpose);
            }));
        } catch (JdbiException e) {
            if (ControlDatabase.isDuplicate(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private RoleWithPassword createTemporary(Handle handle, Actor actor, BranchId branch, String purpose) {
        var wanted = new NewRole(Optional.empty(), List.of(DEFAULT_ROLE), true, TEMPORARY_TTL, Optional.empty());
        // An expired one may still hold its purpose until the next round of the expiry.
        RoleRows.lockPurpose(handle, branch, purpose).ifPresent(old -> RoleRows.disabled(handle, old, clock.instant()));
        var row = draft(branch, temporaryName(purpose), purpose, purpose, wanted);
        RoleRows.insert(handle, row);
        var password = Secrets.rolePassword(random);
        var verifier = ScramVerifier.random(password, random).format();
        onServer(
                row,
                session -> RoleStatements.createTemporary(
                        session, row.name(), verifier, row.expiresAt().orElseThrow()));
        audit.record(handle, actor, "role.create", row.target(), Map.of("purpose", purpose));
        return new RoleWithPassword(row.shown(clock.instant(), true), password);
    }

    private RoleWithPassword renewTemporary(Handle handle, Actor actor, RoleRow row, Optional<String> knownPassword) {
        renew(handle, row, TEMPORARY_TTL);
        var password = knownPassword.filter(known -> isPassword(row, known)).orElseGet(() -> {
            var made = Secrets.rolePassword(random);
            setPassword(row, made);
            audit.record(handle, actor, "role.reset", row.target(), Map.of("purpose", row.purpose()));
            return made;
        });
        var renewed = RoleRows.lock(handle, row.branch(), row.id()).orElseThrow();
        return new RoleWithPassword(renewed.shown(clock.instant(), true), password);
    }

    private boolean isPassword(RoleRow row, String password) {
        return sessions.onPrimary(
                row.branch(),
                BranchSessions.DEFAULT_DATABASE,
                session -> ServerSql.string(session, "SELECT rolpassword FROM pg_authid WHERE rolname = ?", row.name())
                        .flatMap(ScramVerifier::parse)
                        .map(verifier -> verifier.matches(password))
                        .orElse(false));
    }

    private String temporaryName(String purpose) {
        var readable = new StringBuilder();
        purpose.codePoints()
                .map(Character::toLowerCase)
                .map(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_')
                .limit(40)
                .forEach(readable::appendCodePoint);
        var name = readable + "_" + Rows.letters(random, 6);
        return Names.isReservedRole(name) ? "t_" + name : name;
    }

    private RoleWithPassword insert(Actor actor, RoleRow row) {
        var password = Secrets.rolePassword(random);
        try {
            return database.transaction(handle -> {
                requireReady(handle, row.branch());
                refuseTooMany(handle, row.branch());
                RoleRows.insert(handle, row);
                var verifier = ScramVerifier.random(password, random).format();
                onServer(
                        row,
                        session -> RoleStatements.create(
                                session,
                                row.name(),
                                row.inheritedRoles(),
                                row.withReplication(),
                                verifier,
                                row.expiresAt()));
                var details = Map.of(
                        "inherited_roles",
                        String.join(",", row.inheritedRoles()),
                        "ttl",
                        row.ttl().toString());
                audit.record(handle, actor, "role.create", row.target(), details);
                return new RoleWithPassword(row.shown(clock.instant(), true), password);
            });
        } catch (JdbiException e) {
            throw ControlDatabase.isDuplicate(e) ? exists(row) : e;
        }
    }

    private static void refuseTooMany(Handle handle, BranchId branch) {
        if (RoleRows.live(handle, branch).size() >= ROLES_MAX) {
            throw new PlatformException(
                    SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                    "branch %s has %d roles, which is the limit".formatted(branch, ROLES_MAX),
                    "Delete roles that are not needed.");
        }
    }

    private RoleRow draft(BranchId branch, String name, String label, String purpose, NewRole wanted) {
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
                now(),
                end(wanted.ttl()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static NewRole checked(NewRole wanted) {
        for (var inherited : wanted.inheritedRoles()) {
            if (!inherited.equals(DEFAULT_ROLE) && !RoleStatements.PREDEFINED.contains(inherited)) {
                throw invalid(
                        "a role cannot inherit %s".formatted(Names.quoted(inherited)),
                        "Choose from postgres, " + String.join(", ", RoleStatements.PREDEFINED) + ".");
            }
        }
        if (wanted.withReplication() && !wanted.inheritedRoles().contains(DEFAULT_ROLE)) {
            throw invalid(
                    "replication needs the rights of postgres",
                    "Let the role inherit postgres, or leave replication out.");
        }
        var distinct = List.copyOf(new LinkedHashSet<>(wanted.inheritedRoles()));
        return new NewRole(wanted.name(), distinct, wanted.withReplication(), checkedTtl(wanted.ttl()), wanted.label());
    }

    private static Duration checkedTtl(Duration ttl) {
        if (!ttl.isZero() && (ttl.compareTo(TTL_MIN) < 0 || ttl.compareTo(TTL_MAX) > 0)) {
            throw invalid(
                    "a role's time to live is 0 or from 1 minute to 3650 days, was %d seconds"
                            .formatted(ttl.toSeconds()),
                    "0 means that it does not expire.");
        }
        return ttl.truncatedTo(ChronoUnit.SECONDS);
    }

    private void renew(Handle handle, RoleRow row, Duration ttl) {
        var end = end(ttl);
        RoleRows.renew(handle, row, ttl, end);
        onServer(row, session -> RoleStatements.allowLogin(session, row.name(), end));
    }

    private void setPassword(RoleRow row, String password) {
        var verifier = ScramVerifier.random(password, random).format();
        onServer(row, session -> RoleStatements.password(session, row.name(), verifier));
    }

    private Optional<String> handOver(RoleRow row, String heir) {
        onServer(row, session -> RoleStatements.denyLogin(session, row.name()));
        open.end(row.branch(), row.name(), "the role is being deleted");
        Optional<String> refusal;
        try {
            refusal = removal.dropInFavourOf(row.branch(), row.name(), heir);
        } catch (PlatformException e) {
            allowLoginAgain(row, e);
            throw e;
        }
        if (refusal.isPresent() && row.disabledAt().isEmpty()) {
            onServer(row, session -> RoleStatements.allowLogin(session, row.name(), row.expiresAt()));
        }
        return refusal;
    }

    /** After a deletion that failed in the middle. Where this fails too, renewing the role lets it log in. */
    private void allowLoginAgain(RoleRow row, PlatformException reason) {
        try {
            if (row.disabledAt().isEmpty()) {
                onServer(row, session -> RoleStatements.allowLogin(session, row.name(), row.expiresAt()));
            }
        } catch (PlatformException e) {
            reason.addSuppressed(e);
        }
    }

    private String successor(Handle handle, RoleRow row, String key) {
        var heir = find(handle, row.branch(), key).name();
        if (heir.equals(row.name())) {
            throw invalid("a role cannot be its own successor", "Name another role, such as postgres.");
        }
        return heir;
    }

    private void refuseExpired(RoleRow row) {
        if (row.expired(clock.instant())) {
            throw new PlatformException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "role \"%s\" has expired".formatted(row.name()),
                    "Renew it first: howdah role renew " + row.name());
        }
    }

    /** What is done to a role whose row is locked. */
    private interface Change {
        RoleRow to(Handle handle, RoleRow row);
    }

    private RoleRow change(Actor actor, String action, BranchId branch, String key, Change change) {
        return audit.around(
                actor,
                action,
                branch + "/" + Names.quoted(key),
                () -> database.transaction(handle -> {
                    requireReady(handle, branch);
                    var row = RoleRows.lock(handle, branch, key).orElseThrow(() -> notManaged(handle, branch, key));
                    return change.to(handle, row);
                }));
    }

    private PlatformException notManaged(Handle handle, BranchId branch, String key) {
        var byServer = all(handle, branch).stream()
                .filter(role -> RoleRows.keys(branch, key).contains(role.name()))
                .findFirst();
        return byServer.map(role -> new PlatformException(
                        SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                        "role %s was made with SQL and is not managed here".formatted(Names.quoted(role.name())),
                        "Change it with ALTER ROLE and DROP ROLE."))
                .orElseGet(() -> unknown(branch, key));
    }

    private static void requireReady(Handle handle, BranchId branch) {
        var state = Branches.byId(handle, branch, "FOR SHARE")
                .orElseThrow(() -> Branches.unknown(branch.value()))
                .state();
        if (state != BranchState.READY) {
            throw new PlatformException(
                    SqlState.CANNOT_CONNECT_NOW,
                    "branch %s is %s".formatted(branch, state.name().toLowerCase(java.util.Locale.ROOT)),
                    "Wait until it is ready; howdah status shows its instances.");
        }
    }

    /** What a server says of a role. */
    private record ServerRole(boolean canLogIn, boolean replicates) {}

    private List<Role> all(Handle handle, BranchId branch) {
        requireReady(handle, branch);
        var rows = RoleRows.live(handle, branch);
        var onServer = new HashMap<>(serverRoles(branch));
        var roles = new ArrayList<Role>();
        for (var row : rows) {
            var facts = Optional.ofNullable(onServer.remove(row.name()));
            roles.add(row.shown(clock.instant(), facts.map(ServerRole::canLogIn).orElse(false)));
        }
        onServer.forEach((name, facts) -> roles.add(madeBySql(branch, name, facts)));
        return roles;
    }

    private Map<String, ServerRole> serverRoles(BranchId branch) {
        return sessions.onPrimary(branch, BranchSessions.DEFAULT_DATABASE, session -> {
            var found = new HashMap<String, ServerRole>();
            try (var statement = session.createStatement();
                    var row = statement.executeQuery("""
                            SELECT rolname, rolcanlogin AND rolpassword IS NOT NULL, rolreplication FROM pg_authid
                            WHERE rolname !~* '^(howdah_|pg_)'""")) {
                while (row.next()) {
                    found.put(row.getString(1), new ServerRole(row.getBoolean(2), row.getBoolean(3)));
                }
            }
            return found;
        });
    }

    private static Role madeBySql(BranchId branch, String name, ServerRole facts) {
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

    /** Something done on the primary. */
    private interface Command {
        void in(java.sql.Connection session) throws SQLException;
    }

    private void onServer(RoleRow row, Command command) {
        sessions.onPrimary(row.branch(), BranchSessions.DEFAULT_DATABASE, session -> {
            try {
                command.in(session);
            } catch (SQLException e) {
                throw translated(row, e);
            }
            return row;
        });
    }

    private static PlatformException translated(RoleRow row, SQLException failure) {
        return switch (String.valueOf(failure.getSQLState())) {
            case "42710" -> exists(row);
            case "42704" -> droppedBySql(row);
            default -> BranchSessions.translate(row.branch(), failure);
        };
    }

    private static PlatformException exists(RoleRow row) {
        return PlatformException.duplicate(
                "role \"%s\" exists already in branch %s".formatted(row.name(), row.branch()), "Choose another name.");
    }

    private static PlatformException droppedBySql(RoleRow row) {
        return PlatformException.notFound(
                "role \"%s\" is not there any more: it was dropped with SQL".formatted(row.name()),
                "Delete it here too, then make it again.");
    }

    private static PlatformException unknown(BranchId branch, String key) {
        return PlatformException.notFound(
                "role %s does not exist in branch %s".formatted(Names.quoted(key), branch),
                "List them with: howdah roles list");
    }

    private static PlatformException invalid(String message, String hint) {
        return PlatformException.invalid(message, hint);
    }

    private Optional<Instant> end(Duration ttl) {
        return ttl.isZero() ? Optional.empty() : Optional.of(now().plus(ttl));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS); // what both databases keep
    }
}
