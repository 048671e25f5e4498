package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ProjectId;
import dev.howdah.base.SqlState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/**
 * The branches of projects, named by id or name. Making and deleting one is durable once the call returns: a reconciler does the work, and goes on
 * with it after a restart. Thread-safe.
 */
public final class Branches {
    private static final String LIST = "branches";
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ControlDatabase database;
    private final AuditLog audit;
    private final BranchServers servers;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long moves;

    Branches(
            ControlDatabase database,
            AuditLog audit,
            BranchServers servers,
            InstantSource clock,
            RandomGenerator random) {
        this.database = database;
        this.audit = audit;
        this.servers = servers;
        this.clock = clock;
        this.random = random;
    }

    /** A branch to be. */
    record Draft(BranchId id, ProjectId project, String name, BranchKind kind) {
        String target() {
            return project + "/" + id;
        }

        Map<String, String> details() {
            return Map.of("name", name, "kind", kind.name().toLowerCase(Locale.ROOT));
        }
    }

    /** Makes a branch with an empty database; it is creating when this returns, and ready soon. */
    public Branch create(Actor actor, String project, String name, BranchKind kind) {
        return audit.around(actor, "branch.create", Names.quoted(name), () -> {
            Names.resource("branch", name);
            try {
                return database.transaction(handle -> {
                    var owner = Projects.find(handle, project, "FOR SHARE");
                    refuseAnotherBranchsId(handle, name);
                    var draft = new Draft(BranchId.random(random), owner.id(), name, kind);
                    insert(handle, draft, clock.instant());
                    audit.record(handle, actor, "branch.create", draft.target(), draft.details());
                    return byId(handle, draft.id(), "").orElseThrow();
                });
            } catch (JdbiException e) {
                throw ControlDatabase.isDuplicate(e) ? exists(name) : e;
            }
        });
    }

    /** In the order they were made. */
    public Page<Branch> list(String project, PageRequest page) {
        var after = Cursors.number(LIST, page, 0);
        var rows = database.read(handle -> handle.createQuery("""
                        SELECT * FROM branch WHERE project = :project AND deleted_at IS NULL AND position > :after
                        ORDER BY position LIMIT :limit""")
                .bind("project", Projects.find(handle, project, "").id().value())
                .bind("after", after)
                .bind("limit", page.limit() + 1)
                .map((row, context) -> Map.entry(row.getLong("position"), branch(row)))
                .list());
        return Cursors.page(LIST, page, rows, Map.Entry::getKey, Map.Entry::getValue);
    }

    /** By name first, then by id, among the project's own. */
    public Branch find(String project, String idOrName) {
        return database.read(handle -> find(handle, Projects.find(handle, project, ""), idOrName, ""));
    }

    public Branch find(BranchId id) {
        return database.read(handle -> byId(handle, id, "")).orElseThrow(() -> unknown(id.value()));
    }

    /**
     * Deletes the branch and its data; its sessions end. A branch that a product cannot do without, {@code main} or the last production branch of
     * the project, is deleted only with its name as {@code confirmation} (55000 otherwise). Deleting one a second time changes nothing.
     */
    public void delete(Actor actor, String project, String idOrName, Optional<String> confirmation) {
        audit.around(
                actor,
                "branch.delete",
                Names.quoted(idOrName),
                () -> database.transaction(handle -> {
                    var owner =
                            Projects.find(handle, project, "FOR UPDATE"); // two last ones must not go at the same time
                    var branch = find(handle, owner, idOrName, "FOR UPDATE");
                    if (branch.state() == BranchState.DELETING) {
                        return branch;
                    }
                    if (needsConfirmation(handle, branch)
                            && !confirmation.map(branch.name()::equals).orElse(false)) {
                        throw unconfirmed(branch);
                    }
                    handle.createUpdate("UPDATE branch SET state = 'DELETING', reason = '' WHERE id = :id")
                            .bind("id", branch.id().value())
                            .execute();
                    var target = new Draft(branch.id(), branch.project(), branch.name(), branch.kind());
                    audit.record(handle, actor, "branch.delete", target.target(), target.details());
                    return branch;
                }));
        signal();
    }

    /** What is known of its servers just now; needs no control database. */
    public List<Instance> instances(BranchId branch) {
        return servers.instances(branch);
    }

    /** Waits until the branch is ready; 57P03 with the last known reason when that takes longer. */
    public Branch awaitReady(BranchId id, Duration atMost) throws InterruptedException {
        var start = System.nanoTime();
        var branch = find(id);
        while (branch.state() != BranchState.READY) {
            if (System.nanoTime() - start > atMost.toNanos()) {
                throw notReady(branch, atMost);
            }
            pauseForChange();
            branch = find(id);
        }
        return branch;
    }

    /** Branches of every project that are in {@code state}. */
    List<Branch> inState(BranchState state) {
        return database.read(
                handle -> handle.createQuery("SELECT * FROM branch WHERE state = :state AND deleted_at IS NULL")
                        .bind("state", state.name())
                        .map((row, context) -> branch(row))
                        .list());
    }

    /** Moves the branch on, unless somebody has asked for its deletion meanwhile. */
    void become(BranchId id, BranchState state, String reason) {
        database.transaction(handle -> handle.createUpdate("""
                        UPDATE branch SET state = :state, reason = :reason,
                            ready_at = CASE WHEN :state = 'READY' THEN :now ELSE ready_at END
                        WHERE id = :id AND state <> 'DELETING' AND deleted_at IS NULL""")
                .bind("state", state.name())
                .bind("reason", reason)
                .bind("now", clock.instant())
                .bind("id", id.value())
                .execute());
        signal();
    }

    /** Notes that nothing is left of a branch. Its row stays for the audit log. */
    void gone(BranchId id) {
        database.transaction(handle -> {
            handle.createUpdate("UPDATE branch_role SET dropped_at = :now WHERE branch = :id AND dropped_at IS NULL")
                    .bind("now", clock.instant())
                    .bind("id", id.value())
                    .execute();
            audit.record(handle, Actor.platform("branches"), "branch.deleted", id.value(), Map.of());
            return handle.createUpdate("UPDATE branch SET deleted_at = :now WHERE id = :id")
                    .bind("now", clock.instant())
                    .bind("id", id.value())
                    .execute();
        });
        signal();
    }

    static void insert(Handle handle, Draft draft, Instant now) {
        handle.createUpdate("""
                        INSERT INTO branch (id, project, name, kind, state, created_at)
                        VALUES (:id, :project, :name, :kind, 'CREATING', :at)""")
                .bind("id", draft.id().value())
                .bind("project", draft.project().value())
                .bind("name", draft.name())
                .bind("kind", draft.kind().name())
                .bind("at", now)
                .execute();
    }

    static Optional<Branch> byId(Handle handle, BranchId id, String lock) {
        return handle.createQuery("SELECT * FROM branch WHERE id = :id AND deleted_at IS NULL " + lock)
                .bind("id", id.value())
                .map((row, context) -> branch(row))
                .findOne();
    }

    static PlatformException unknown(String idOrName) {
        return PlatformException.notFound(
                "branch %s does not exist".formatted(Names.quoted(idOrName)), "List them with: howdah branches list");
    }

    private static Branch find(Handle handle, Project project, String idOrName, String lock) {
        return handle.createQuery("""
                        SELECT * FROM branch
                        WHERE project = :project AND deleted_at IS NULL AND (name = :key OR id = :key)
                        ORDER BY (name = :key AND state <> 'DELETING') DESC, (id = :key) DESC, position DESC LIMIT 1
                        """ + lock)
                .bind("project", project.id().value())
                .bind("key", idOrName.replace('\0', '.'))
                .map((row, context) -> branch(row))
                .findOne()
                .orElseThrow(() -> unknown(idOrName));
    }

    private static void refuseAnotherBranchsId(Handle handle, String name) {
        if (BranchId.isValid(name) && byId(handle, new BranchId(name), "").isPresent()) {
            throw exists(name); // it would be found in place of that branch
        }
    }

    private static boolean needsConfirmation(Handle handle, Branch branch) {
        if (branch.name().equals(Projects.FIRST_BRANCH)) {
            return true;
        }
        var others = handle.createQuery("""
                        SELECT count(*) FROM branch WHERE project = :project AND id <> :id AND kind = 'PRODUCTION'
                            AND deleted_at IS NULL AND state <> 'DELETING'""")
                .bind("project", branch.project().value())
                .bind("id", branch.id().value())
                .mapTo(Long.class)
                .one();
        return branch.kind() == BranchKind.PRODUCTION && others == 0;
    }

    private static PlatformException unconfirmed(Branch branch) {
        var what = branch.name().equals(Projects.FIRST_BRANCH)
                ? "branch \"main\" is the project's first branch"
                : "branch \"%s\" is the project's last production branch".formatted(branch.name());
        return new PlatformException(
                SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                what + " and its name was not given to confirm the deletion",
                "Give its name, \"%s\", as confirmation. Its data is gone then.".formatted(branch.name()));
    }

    private static PlatformException notReady(Branch branch, Duration waited) {
        var why = branch.reason().isEmpty() ? "" : ": " + branch.reason();
        return new PlatformException(
                SqlState.CANNOT_CONNECT_NOW,
                "branch \"%s\" is still %s after %d s%s"
                        .formatted(
                                branch.name(), branch.state().name().toLowerCase(Locale.ROOT), waited.toSeconds(), why),
                "It goes on by itself; howdah status shows its instances.");
    }

    private static PlatformException exists(String name) {
        return PlatformException.duplicate(
                "branch \"%s\" exists already in this project".formatted(name), "Choose another name.");
    }

    /** Until this job moves any branch on; another job's move is seen after the pause. */
    private void pauseForChange() throws InterruptedException {
        lock.lock();
        try {
            var before = moves;
            var left = PAUSE_NANOS;
            while (moves == before && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        lock.lock();
        try {
            moves++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static Branch branch(ResultSet row) throws SQLException {
        return new Branch(
                new BranchId(row.getString("id")),
                new ProjectId(row.getString("project")),
                row.getString("name"),
                BranchKind.valueOf(row.getString("kind")),
                BranchState.valueOf(row.getString("state")),
                row.getString("reason"),
                Rows.instant(row, "created_at"),
                Rows.optionalInstant(row, "ready_at"));
    }
}
