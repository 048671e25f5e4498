package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every branch has from its start, and what a newer program changes about it later. All of it may be repeated, so that a job that ended
 * halfway is simply run again.
 */
final class BranchSetup {
    static final String PLATFORM_DATABASE = "howdah_platform";
    static final String TEMPLATE = "template1";

    /** Grows when this class does something else than before to branches that are there already. */
    private static final int VERSION = 1;

    private static final Logger log = LoggerFactory.getLogger(BranchSetup.class);

    private final BranchSessions sessions;
    private final BranchSchema schema;
    private final String mark;

    BranchSetup(BranchSessions sessions, BranchSchema schema) {
        this.sessions = sessions;
        this.schema = schema;
        var content = VERSION + "\n" + RoleStatements.PREDEFINED + "\n" + schema.version();
        this.mark = "howdah setup " + Hashes.sha256Hex(content.getBytes(StandardCharsets.UTF_8));
    }

    /** Sets up a branch that was just made. */
    void run(BranchId branch) {
        sessions.onPrimary(branch, BranchSessions.DEFAULT_DATABASE, session -> {
            prepare(session);
            // Else the role could not make a table: the schema public belongs to the database's owner. PUBLIC keeps
            // CONNECT here, so that roles made by plain SQL can log in at once.
            ServerSql.execute(session, "ALTER DATABASE postgres OWNER TO " + RoleStatements.DEFAULT_ROLE);
            return branch;
        });
        installSchemas(branch);
        install(branch, BranchSessions.DEFAULT_DATABASE, session -> {
            schema.installDoors(session);
            ServerSql.execute(session, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public");
        });
        note(branch);
    }

    /**
     * Brings a branch that an older program has set up to what this one expects; one look where there is nothing to do. What has become the
     * customer's since, such as the extensions and the owner of their database, is left alone; doors are the business of {@link Doors}.
     */
    void bringUpToDate(BranchId branch) {
        if (isUpToDate(branch)) {
            return;
        }
        sessions.onPrimary(branch, BranchSessions.DEFAULT_DATABASE, session -> {
            prepare(session);
            return branch;
        });
        installSchemas(branch);
        note(branch);
        log.info("branch {}: brought up to date with this program", branch);
    }

    private boolean isUpToDate(BranchId branch) {
        return sessions.onPrimary(
                        branch,
                        BranchSessions.DEFAULT_DATABASE,
                        session -> ServerSql.string(
                                session,
                                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = ?",
                                PLATFORM_DATABASE))
                .equals(Optional.of(mark));
    }

    private static void prepare(Connection session) throws SQLException {
        ServerSql.execute(session, "ALTER ROLE " + BranchSessions.ADMIN + " SET event_triggers = off");
        RoleStatements.ensureDefault(session);
        platformDatabase(session);
        ServerSql.execute(session, "REVOKE ALL ON DATABASE " + TEMPLATE + " FROM PUBLIC");
    }

    private void installSchemas(BranchId branch) {
        install(branch, PLATFORM_DATABASE, schema::installPlatform);
        install(branch, TEMPLATE, schema::installDoors);
    }

    /** The last step: a setup that ended before it is done again. */
    private void note(BranchId branch) {
        install(
                branch,
                BranchSessions.DEFAULT_DATABASE,
                session -> ServerSql.execute(
                        session,
                        "COMMENT ON DATABASE %s IS %s"
                                .formatted(Sql.identifier(PLATFORM_DATABASE), Sql.literal(mark))));
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
