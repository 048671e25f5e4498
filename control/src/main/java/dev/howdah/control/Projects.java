package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ProjectId;
import dev.howdah.base.SqlState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** The projects of this platform. A project is named by its id or its name everywhere. Thread-safe. */
public final class Projects {
    static final String FIRST_BRANCH = "main";
    static final String FIRST_PROJECT = "default";

    private static final String LIST = "projects";

    private final ControlDatabase database;
    private final AuditLog audit;
    private final InstantSource clock;
    private final RandomGenerator random;

    Projects(ControlDatabase database, AuditLog audit, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.audit = audit;
        this.clock = clock;
        this.random = random;
    }

    /** Makes a project with the production branch {@code main}, whose cluster is then being made. */
    public Project create(Actor actor, String name) {
        return audit.around(actor, "project.create", Names.quoted(name), () -> {
            Names.resource("project", name);
            try {
                return database.transaction(handle -> insert(handle, actor, name));
            } catch (JdbiException e) {
                throw ControlDatabase.isDuplicate(e) ? exists(name) : e;
            }
        });
    }

    /** In the order they were made; a token of one project sees that one. */
    public Page<Project> list(Principal principal, PageRequest page) {
        var after = Cursors.number(LIST, page, 0);
        var rows = database.read(handle -> handle.createQuery("""
                        SELECT * FROM project
                        WHERE deleted_at IS NULL AND position > :after AND (:only = '' OR id = :only)
                        ORDER BY position LIMIT :limit""")
                .bind("after", after)
                .bind("only", principal.project().map(ProjectId::value).orElse(""))
                .bind("limit", page.limit() + 1)
                .map((row, context) -> Map.entry(row.getLong("position"), project(row)))
                .list());
        return Cursors.page(LIST, page, rows, Map.Entry::getKey, Map.Entry::getValue);
    }

    public Project find(String idOrName) {
        return database.read(handle -> find(handle, idOrName, ""));
    }

    /** Gives it another name; its id, which every connection string is free of, stays. */
    public Project rename(Actor actor, String idOrName, String name) {
        return audit.around(actor, "project.rename", Names.quoted(idOrName), () -> {
            Names.resource("project", name);
            try {
                return database.transaction(handle -> rename(handle, actor, idOrName, name));
            } catch (JdbiException e) {
                throw ControlDatabase.isDuplicate(e) ? exists(name) : e;
            }
        });
    }

    /**
     * Deletes the project. With branches, it is refused (55006) unless {@code withBranches}: then all of them and their data are deleted too.
     * Tokens of the project end with it.
     */
    public void delete(Actor actor, String idOrName, boolean withBranches) {
        audit.around(
                actor,
                "project.delete",
                Names.quoted(idOrName),
                () -> database.transaction(handle -> {
                    var project = find(handle, idOrName, "FOR UPDATE");
                    var branches = handle.createUpdate(
                                    "UPDATE branch SET state = 'DELETING' WHERE project = :id AND deleted_at IS NULL AND state <> 'DELETING'")
                            .bind("id", project.id().value())
                            .execute();
                    if (branches > 0 && !withBranches) {
                        throw new PlatformException(
                                SqlState.OBJECT_IN_USE,
                                "project \"%s\" has %d %s"
                                        .formatted(project.name(), branches, branches == 1 ? "branch" : "branches"),
                                "Delete them first, or delete the project with its branches; their data is gone then.");
                    }
                    end(handle, project);
                    var details = Map.of("name", project.name(), "branches", Integer.toString(branches));
                    audit.record(handle, actor, "project.delete", project.id().value(), details);
                    return project;
                }));
    }

    /** The project {@code default} with its branch {@code main}, made now when there is no project at all; else the oldest. */
    Project ensureFirst() {
        var first = PageRequest.FIRST;
        var everything = new Principal("platform", "platform", Optional.empty(), Access.ADMIN);
        var present = list(everything, first).items().stream().findFirst();
        if (present.isPresent()) {
            return present.get();
        }
        try {
            return create(Actor.platform("first-start"), FIRST_PROJECT);
        } catch (PlatformException e) {
            if (e.state() != SqlState.DUPLICATE_OBJECT) {
                throw e;
            }
            return find(FIRST_PROJECT); // another control job was first
        }
    }

    /** The project by id or name; {@code lock} is empty, {@code FOR SHARE} or {@code FOR UPDATE}. */
    static Project find(Handle handle, String idOrName, String lock) {
        // A name has no underscore and an id has one, so that the two cannot be mistaken for each other.
        return handle.createQuery(
                        "SELECT * FROM project WHERE deleted_at IS NULL AND (id = :key OR name = :key) " + lock)
                .bind("key", idOrName.replace('\0', '.'))
                .map((row, context) -> project(row))
                .findOne()
                .orElseThrow(() -> unknown(idOrName));
    }

    static PlatformException unknown(String idOrName) {
        return PlatformException.notFound(
                "project %s does not exist".formatted(Names.quoted(idOrName)), "List them with: howdah projects list");
    }

    private Project insert(Handle handle, Actor actor, String name) {
        var project = new Project(ProjectId.of(random.nextInt(1, Integer.MAX_VALUE)), name, clock.instant());
        handle.createUpdate("INSERT INTO project (id, name, created_at) VALUES (:id, :name, :at)")
                .bind("id", project.id().value())
                .bind("name", name)
                .bind("at", project.createdAt())
                .execute();
        audit.record(handle, actor, "project.create", project.id().value(), Map.of("name", name));
        var main = new Branches.Draft(BranchId.random(random), project.id(), FIRST_BRANCH, BranchKind.PRODUCTION);
        Branches.insert(handle, main, clock.instant());
        audit.record(handle, actor, "branch.create", main.target(), main.details());
        return project;
    }

    private Project rename(Handle handle, Actor actor, String idOrName, String name) {
        var project = find(handle, idOrName, "FOR UPDATE");
        handle.createUpdate("UPDATE project SET name = :name WHERE id = :id")
                .bind("name", name)
                .bind("id", project.id().value())
                .execute();
        var details = Map.of("from", project.name(), "to", name);
        audit.record(handle, actor, "project.rename", project.id().value(), details);
        return new Project(project.id(), name, project.createdAt());
    }

    private void end(Handle handle, Project project) {
        for (var sql : new String[] {
            "UPDATE project SET deleted_at = :now WHERE id = :id",
            "UPDATE token SET revoked_at = :now WHERE project = :id AND revoked_at IS NULL"
        }) {
            handle.createUpdate(sql)
                    .bind("now", clock.instant())
                    .bind("id", project.id().value())
                    .execute();
        }
    }

    private static PlatformException exists(String name) {
        return PlatformException.duplicate("project \"%s\" exists already".formatted(name), "Choose another name.");
    }

    private static Project project(ResultSet row) throws SQLException {
        return new Project(new ProjectId(row.getString("id")), row.getString("name"), Rows.instant(row, "created_at"));
    }
}
