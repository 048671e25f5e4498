package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.Sql;
import java.sql.Connection;
import java.sql.SQLException;

/** What every branch has from its start. All of it may be repeated, so that a job that ended halfway is simply run again. */
final class BranchSetup {
    static final String PLATFORM_DATABASE = "howdah_platform";
    static final String TEMPLATE = "template1";

    private final BranchSessions sessions;
    private final BranchSchema schema;

    BranchSetup(BranchSessions sessions, BranchSchema schema) {
        this.sessions = sessions;
        this.schema = schema;
    }

    void run(BranchId branch) {
        sessions.onPrimary(branch, BranchSessions.DEFAULT_DATABASE, session -> {
            ServerSql.execute(session, "ALTER ROLE " + BranchSessions.ADMIN + " SET event_triggers = off");
            RoleStatements.ensureDefault(session);
            platformDatabase(session);
            ServerSql.execute(session, "REVOKE ALL ON DATABASE " + TEMPLATE + " FROM PUBLIC");
            // Else the role could not make a table: the schema public belongs to the database's owner. PUBLIC keeps
            // CONNECT here, so that
            // roles made by plain SQL can log in at once.
            ServerSql.execute(session, "ALTER DATABASE postgres OWNER TO " + RoleStatements.DEFAULT_ROLE);
            return branch;
        });
        install(branch, PLATFORM_DATABASE, schema::installPlatform);
        install(branch, TEMPLATE, schema::installDoors);
        install(branch, BranchSessions.DEFAULT_DATABASE, session -> {
            schema.installDoors(session);
            ServerSql.execute(session, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public");
        });
    }

    /** Closed to PUBLIC before anybody can connect: rights are not copied from a template. */
    private static void platformDatabase(Connection session) throws SQLException {
        var name = Sql.identifier(PLATFORM_DATABASE);
        if (!ServerSql.exists(session, "SELECT 1 FROM pg_database WHERE datname = ?", PLATFORM_DATABASE)) {
            ServerSql.execute(session, "CREATE DATABASE %s TEMPLATE template0 ALLOW_CONNECTIONS false".formatted(name));
        }
        ServerSql.execute(session, "REVOKE ALL ON DATABASE %s FROM PUBLIC".formatted(name));
        ServerSql.execute(session, "ALTER DATABASE %s ALLOW_CONNECTIONS true".formatted(name));
    }

    /** Something that goes into one database. */
    private interface Installation {
        void in(Connection session) throws SQLException;
    }

    private void install(BranchId branch, String database, Installation installation) {
        sessions.onPrimary(branch, database, session -> {
            installation.in(session);
            return database;
        });
    }
}
