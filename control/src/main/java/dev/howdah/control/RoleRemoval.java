package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Takes a role out of a server: what it owns, what was granted to it, then itself. */
final class RoleRemoval {
    private static final String DEPENDENT_OBJECTS_STILL_EXIST = "2BP01";
    private static final int REASONS_MAX = 20;

    private final BranchSessions sessions;

    RoleRemoval(BranchSessions sessions) {
        this.sessions = sessions;
    }

    /** Drops the role if nothing at all refers to it; else says what does, as the server puts it, and has changed nothing. */
    Optional<String> dropUnreferenced(BranchId branch, String role) {
        return sessions.onPrimary(branch, BranchSessions.DEFAULT_DATABASE, session -> tryToDrop(session, role));
    }

    /** Drops the role and what was granted to it, if it owns nothing; else says what it owns. */
    Optional<String> dropIfOwnsNothing(BranchId branch, String role) {
        if (owns(branch, role)) {
            return dropUnreferenced(branch, role);
        }
        for (var database : referringDatabases(branch, role)) {
            sessions.onPrimary(
                    branch,
                    database,
                    session -> inTransaction(session, () -> {
                        // Against a table that becomes the role's between the look and DROP OWNED: nobody can note an
                        // owner meanwhile.
                        ServerSql.execute(session, "LOCK TABLE pg_shdepend IN SHARE ROW EXCLUSIVE MODE");
                        if (!owns(session, role)) {
                            ServerSql.execute(session, "DROP OWNED BY " + Sql.identifier(role));
                        }
                    }));
        }
        return dropUnreferenced(branch, role);
    }

    /** Gives everything that the role owns, in every database, to the successor. */
    void reassign(BranchId branch, String role, String successor) {
        for (var database : referringDatabases(branch, role)) {
            sessions.onPrimary(branch, database, session -> {
                ServerSql.execute(session, reassignment(role, successor));
                return database;
            });
        }
    }

    /** As {@link #reassign}, then takes away what was granted to the role and drops it; empty, or what still refers to it. */
    Optional<String> dropInFavourOf(BranchId branch, String role, String successor) {
        for (var database : referringDatabases(branch, role)) {
            sessions.onPrimary(
                    branch,
                    database,
                    session -> inTransaction(session, () -> {
                        // DROP OWNED drops objects too: none may become the role's after they were handed over.
                        ServerSql.execute(session, "LOCK TABLE pg_shdepend IN SHARE ROW EXCLUSIVE MODE");
                        ServerSql.execute(session, reassignment(role, successor));
                        ServerSql.execute(session, "DROP OWNED BY " + Sql.identifier(role));
                    }));
        }
        return dropUnreferenced(branch, role);
    }

    private boolean owns(BranchId branch, String role) {
        return sessions.onPrimary(branch, BranchSessions.DEFAULT_DATABASE, session -> owns(session, role));
    }

    /** Databases that hold something of the role's, and one for what belongs to no database. */
    private List<String> referringDatabases(BranchId branch, String role) {
        return sessions.onPrimary(
                branch,
                BranchSessions.DEFAULT_DATABASE,
                session -> ServerSql.strings(session, """
                SELECT datname FROM pg_database WHERE datallowconn AND (datname = ? OR oid IN (
                    SELECT dbid FROM pg_shdepend
                    WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = ?)))
                ORDER BY datname""", BranchSessions.DEFAULT_DATABASE, role));
    }

    private static boolean owns(Connection session, String role) throws SQLException {
        return ServerSql.exists(session, """
                SELECT 1 FROM pg_shdepend WHERE deptype = 'o' AND refclassid = 'pg_authid'::regclass
                    AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = ?) LIMIT 1""", role);
    }

    private static Optional<String> tryToDrop(Connection session, String role) throws SQLException {
        try {
            RoleStatements.drop(session, role);
            return Optional.empty();
        } catch (SQLException e) {
            if (DEPENDENT_OBJECTS_STILL_EXIST.equals(e.getSQLState())) {
                return Optional.of(shortened(ServerSql.detail(e)));
            }
            throw e;
        }
    }

    private static String shortened(String detail) {
        var lines = detail.lines().toList();
        if (lines.size() <= REASONS_MAX) {
            return detail;
        }
        return String.join("\n", lines.subList(0, REASONS_MAX)) + "\nand %d more".formatted(lines.size() - REASONS_MAX);
    }

    private static String reassignment(String role, String successor) {
        return "REASSIGN OWNED BY %s TO %s".formatted(Sql.identifier(role), Sql.identifier(successor));
    }

    /** Several statements that hold together. */
    private interface Statements {
        void run() throws SQLException;
    }

    private static boolean inTransaction(Connection session, Statements statements) throws SQLException {
        session.setAutoCommit(false);
        statements.run(); // a failure closes the session, which rolls back
        session.commit();
        return true;
    }
}
