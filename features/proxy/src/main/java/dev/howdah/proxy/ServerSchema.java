package dev.howdah.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The platform's objects in a branch's servers. All calls are idempotent, happen in one transaction, and need the connection of a superuser of the
 * platform.
 */
public final class ServerSchema {
    private static final int DOORS_VERSION = 2;
    /** "Howdah" as a number: two that install at the same time wait for each other. */
    private static final long INSTALLATION_LOCK = 0x486f77646168L;

    private ServerSchema() {}

    /**
     * Into the database {@code howdah_platform}: the role {@code howdah_proxy}, what it reads, and {@code event_triggers=off} for the platform's
     * roles.
     */
    public static void installPlatform(Connection platformDatabase) throws SQLException {
        inTransaction(platformDatabase, () -> run(platformDatabase, resource("platform.sql")));
    }

    /**
     * Into a customer's database, and into template1 so that databases made from it have it: the door. The role {@code postgres} must exist.
     * Databases made from template0 need a call of their own.
     */
    public static void installDoors(Connection database) throws SQLException {
        inTransaction(database, () -> {
            if (installedDoors(database) != DOORS_VERSION) {
                run(database, resource("doors.sql"));
            }
        });
    }

    /** Grows when the door changes; {@link #installDoors} replaces another one. */
    public static int doorsVersion() {
        return DOORS_VERSION;
    }

    private static int installedDoors(Connection database) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery("""
                        SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = 'pg_howdah'
                        """)) {
            if (!rows.next()) {
                return 0;
            }
            var mark = String.valueOf(rows.getString(1));
            return mark.matches("howdah doors [0-9]{1,6}")
                    ? Integer.parseInt(mark.substring("howdah doors ".length()))
                    : 0;
        }
    }

    private interface Work {
        void run() throws SQLException;
    }

    private static void inTransaction(Connection connection, Work work) throws SQLException {
        var before = connection.getAutoCommit();
        connection.setAutoCommit(false);
        try {
            run(connection, "SELECT pg_catalog.pg_advisory_xact_lock(" + INSTALLATION_LOCK + ")");
            work.run();
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(before);
        }
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    private static String resource(String name) {
        try (var in = ServerSchema.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks its resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
