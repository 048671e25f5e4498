package dev.howdah.control;

import dev.howdah.base.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The role commands of PostgreSQL as this platform uses them. Passwords come as SCRAM verifiers only. */
final class RoleStatements {
    static final String DEFAULT_ROLE = "postgres";

    /** What a role may inherit besides {@link #DEFAULT_ROLE}, and what that role may hand on. */
    static final List<String> PREDEFINED = List.of(
            "pg_read_all_data",
            "pg_write_all_data",
            "pg_read_all_settings",
            "pg_read_all_stats",
            "pg_stat_scan_tables",
            "pg_monitor",
            "pg_signal_backend",
            "pg_checkpoint",
            "pg_maintain",
            "pg_use_reserved_connections",
            "pg_create_subscription");

    private RoleStatements() {}

    /** The branch's default role, without a password; an existing one is brought to exactly these attributes. */
    static void ensureDefault(Connection session) throws SQLException {
        var verb = exists(session, DEFAULT_ROLE) ? "ALTER" : "CREATE";
        ServerSql.execute(
                session,
                verb + " ROLE " + DEFAULT_ROLE
                        + " NOSUPERUSER CREATEDB CREATEROLE INHERIT LOGIN REPLICATION BYPASSRLS");
        ServerSql.execute(
                session, "GRANT " + String.join(", ", PREDEFINED) + " TO " + DEFAULT_ROLE + " WITH ADMIN OPTION");
    }

    static boolean exists(Connection session, String role) throws SQLException {
        return ServerSql.exists(session, "SELECT 1 FROM pg_roles WHERE rolname = ?", role);
    }

    /** A role with the rights of those it inherits. One implicit transaction: it exists whole, with its mark, or not at all. */
    static void create(Connection session, RoleRow row, String verifier) throws SQLException {
        var name = Sql.identifier(row.name());
        var statements = new StringBuilder("CREATE ROLE " + name)
                .append(" NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT LOGIN NOBYPASSRLS ")
                .append(row.withReplication() ? "REPLICATION" : "NOREPLICATION")
                .append(" PASSWORD ")
                .append(Sql.literal(verifier))
                .append(validUntil(row.expiresAt()));
        if (!row.inheritedRoles().isEmpty()) {
            var groups = row.inheritedRoles().stream().map(Sql::identifier).collect(Collectors.joining(", "));
            statements.append("; GRANT ").append(groups).append(" TO ").append(name);
        }
        ServerSql.execute(session, statements.append(marking(row)).toString());
    }

    /** A role that is {@link #DEFAULT_ROLE} in all but its login: what it makes belongs to that role. */
    static void createTemporary(Connection session, RoleRow row, String verifier) throws SQLException {
        var name = Sql.identifier(row.name());
        ServerSql.execute(
                session,
                "CREATE ROLE %s LOGIN REPLICATION IN ROLE %s PASSWORD %s%s; ALTER ROLE %s SET role = %s%s"
                        .formatted(
                                name,
                                DEFAULT_ROLE,
                                Sql.literal(verifier),
                                validUntil(row.expiresAt()),
                                name,
                                Sql.literal(DEFAULT_ROLE),
                                marking(row)));
    }

    /** What a role says about where it comes from; people see it in {@code \du+}. */
    static String markOf(RoleRow row) {
        return "made by Howdah as " + row.id();
    }

    /** The role's mark, once no role is being made any more. A making that waits for its replicas cannot be seen, but it holds this lock. */
    static Optional<String> mark(Connection session, String role) throws SQLException {
        session.setAutoCommit(false);
        ServerSql.execute(session, "LOCK TABLE pg_catalog.pg_authid IN SHARE MODE");
        var mark = ServerSql.string(
                session, "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = ?", role);
        session.commit();
        return mark;
    }

    private static String marking(RoleRow row) {
        return "; COMMENT ON ROLE %s IS %s".formatted(Sql.identifier(row.name()), Sql.literal(markOf(row)));
    }

    static void password(Connection session, String role, String verifier) throws SQLException {
        ServerSql.execute(session, "ALTER ROLE %s PASSWORD %s".formatted(Sql.identifier(role), Sql.literal(verifier)));
    }

    /** Lets it log in, until then or for ever. */
    static void allowLogin(Connection session, String role, Optional<Instant> validUntil) throws SQLException {
        ServerSql.execute(session, "ALTER ROLE " + Sql.identifier(role) + " LOGIN" + validUntil(validUntil));
    }

    static void denyLogin(Connection session, String role) throws SQLException {
        ServerSql.execute(session, "ALTER ROLE " + Sql.identifier(role) + " NOLOGIN");
    }

    static void drop(Connection session, String role) throws SQLException {
        ServerSql.execute(session, "DROP ROLE IF EXISTS " + Sql.identifier(role));
    }

    private static String validUntil(Optional<Instant> end) {
        return " VALID UNTIL " + Sql.literal(end.map(Instant::toString).orElse("infinity"));
    }
}
