package dev.howdah.control;

import static dev.howdah.control.RoleStatements.DEFAULT_ROLE;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.Secrets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
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

    public static final Duration TTL_MIN = Duration.ofSeconds(1);
    public static final Duration TTL_MAX = Duration.ofDays(3650);

    private static final String LIST = "roles";

    private final ControlDatabase database;
    private final AuditLog audit;
    private final RoleSessions open;
    private final RoleRemoval removal;
    private final ServerRoles servers;
    private final RoleListing listing;
    private final RoleCreation creation;
    private final TemporaryRoles temporaries;
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
        this.open = open;
        this.removal = removal;
        this.clock = clock;
        this.random = random;
        this.servers = new ServerRoles(sessions, random);
        this.listing = new RoleListing(servers, clock);
        this.creation = new RoleCreation(database, audit, servers, removal, clock, random);
        this.temporaries = new TemporaryRoles(database, audit, servers, creation, clock, random);
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
            var checked = RoleRules.checked(wanted);
            var draft = creation.draft(branch, name, Names.label(wanted.label().orElse(name)), "", checked);
            note(draft);
            var inherited = String.join(",", draft.inheritedRoles());
            return creation.make(
                    actor,
                    draft,
                    Map.of("inherited_roles", inherited, "ttl", draft.ttl().toString()));
        });
    }

    /** Every role of the branch by name, those made by plain SQL too. */
    public Page<Role> list(BranchId branch, PageRequest page) {
        var after = Cursors.key(LIST, page, "");
        var roles = database.read(handle -> listing.all(handle, branch)).stream()
                .filter(role -> role.name().compareTo(after) > 0)
                .sorted(Comparator.comparing(Role::name))
                .limit(page.limit() + 1L)
                .toList();
        return Cursors.page(LIST, page, roles, Role::name, role -> role);
    }

    public Role find(BranchId branch, String key) {
        return database.read(handle -> listing.find(handle, branch, key));
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
            RoleRules.refuseExpired(locked, clock.instant());
            servers.password(locked, password);
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
                throw PlatformException.invalid("the default role does not expire", "Renew another role.");
            }
            var chosen = RoleRules.checkedTtl(ttl.orElse(row.ttl()));
            var end = chosen.isZero()
                    ? Optional.<Instant>empty()
                    : Optional.of(clock.instant().plus(chosen));
            RoleRows.renew(handle, row, chosen, end);
            servers.allowLogin(row, end);
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
            RoleRules.refuseDefault(row);
            var heir = successor.map(s -> successor(handle, row, s));
            var oid = open.oid(branch, row.name());
            var refusal = heir.isPresent() ? handOver(row, heir.get()) : removal.dropUnreferenced(branch, row.name());
            if (refusal.isPresent()) {
                throw RoleRules.stillReferenced(refusal.get(), heir.isPresent());
            }
            RoleRows.dropped(handle, row, clock.instant());
            var details = heir.map(h -> Map.of("successor", h)).orElse(Map.of());
            audit.record(handle, actor, "role.delete", row.target(), details);
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
        return audit.around(
                actor,
                "role.temporary",
                branch + "/" + Names.quoted(purpose),
                () -> temporaries.get(actor, branch, purpose, knownPassword));
    }

    /** Notes the default role, which the branch's setup has made. */
    void noteDefault(BranchId branch) {
        database.transaction(handle -> {
            if (RoleRows.live(handle, branch).stream().noneMatch(RoleRow::isDefault)) {
                RoleRows.insert(handle, RoleRow.ofDefault(Rows.id("role_", random), branch, clock.instant()));
            }
            return branch;
        });
    }

    /** One round of taking away what earlier jobs have left half made. */
    void settleUnfinished() {
        creation.round();
    }

    private void note(RoleRow draft) {
        try {
            database.transaction(handle -> {
                RoleRules.refuseTooMany(handle, draft.branch());
                creation.note(handle, draft);
                return draft;
            });
        } catch (JdbiException e) {
            throw ControlDatabase.isDuplicate(e) ? RoleRules.exists(draft) : e;
        }
    }

    private Optional<String> handOver(RoleRow row, String heir) {
        servers.denyLogin(row);
        open.end(row.branch(), row.name(), "the role is being deleted");
        Optional<String> refusal;
        try {
            refusal = removal.dropInFavourOf(row.branch(), row.name(), heir);
        } catch (PlatformException e) {
            allowLoginAgain(row, e);
            throw e;
        }
        if (refusal.isPresent() && row.disabledAt().isEmpty()) {
            servers.allowLogin(row, row.expiresAt());
        }
        return refusal;
    }

    /** After a deletion that failed in the middle. Where this fails too, renewing the role lets it log in. */
    private void allowLoginAgain(RoleRow row, PlatformException reason) {
        try {
            if (row.disabledAt().isEmpty()) {
                servers.allowLogin(row, row.expiresAt());
            }
        } catch (PlatformException e) {
            reason.addSuppressed(e);
        }
    }

    private String successor(Handle handle, RoleRow row, String key) {
        var heir = listing.find(handle, row.branch(), key).name();
        if (heir.equals(row.name())) {
            throw PlatformException.invalid(
                    "a role cannot be its own successor", "Name another role, such as postgres.");
        }
        return heir;
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
                    RoleRules.requireReady(handle, branch);
                    var row = RoleRows.lock(handle, branch, key)
                            .orElseThrow(() -> listing.notManaged(handle, branch, key));
                    RoleRules.refuseUnfinished(row);
                    return change.to(handle, row);
                }));
    }
}
