package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import dev.howdah.postgres.ServerJdbc;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Short superuser sessions on the servers of branches. Every one begins by undoing what the owner of the database could have set for it
 * ({@code ALTER DATABASE ... SET role, search_path, ...}), so that no customer's function or setting decides what the platform does;
 * and what is done is not kept in pg_stat_statements, where a verifier would be read by others.
 * Thread-safe.
 */
final class BranchSessions {
    static final String ADMIN = "howdah_admin";
    static final String DEFAULT_DATABASE = "postgres";

    /** Stronger than what a database's owner has set for it, such as a statement timeout too short for any statement. */
    private static final String START_OPTIONS = "-c statement_timeout=0 -c lock_timeout=0 -c transaction_timeout=0"
            + " -c idle_in_transaction_session_timeout=0 -c role=none -c search_path=pg_catalog,pg_temp";

    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(5);

    /** Opens a connection over JDBC. */
    interface Connector {
        Connection connect(ServerAddress address, String user, String database) throws SQLException;
    }

    /** What is done in a session. */
    interface Work<T> {
        T in(Connection session) throws SQLException;
    }

    private final BranchServers servers;
    private final Connector connector;
    private final Duration statementTimeout;
    private final PlatformThreads threads;

    BranchSessions(BranchServers servers, Connector connector, Duration statementTimeout, PlatformThreads threads) {
        this.threads = threads;
        this.servers = servers;
        this.connector = connector;
        this.statementTimeout = statementTimeout;
    }

    /** Over JDBC, with what must hold already while the session begins. */
    static Connection overJdbc(ServerAddress address, String user, String database) throws SQLException {
        var source = ServerJdbc.dataSource(address, user, database);
        if (source instanceof PGSimpleDataSource settable) {
            settable.setOptions(START_OPTIONS);
        }
        return source.getConnection();
    }

    /** Does {@code work} on the primary; 57P03 where there is none or it goes away. */
    <T> T onPrimary(BranchId branch, String database, Work<T> work) {
        return onServer(branch, primary(branch), database, work);
    }

    /** Does {@code work} on any server of the branch, a replica too. */
    <T> T onServer(BranchId branch, ServerAddress server, String database, Work<T> work) {
        return threads.call(() -> {
            try (var session = open(server, database)) {
                return work.in(session);
            } catch (SQLException e) {
                throw translate(branch, e);
            }
        });
    }

    /** A session on the primary for the caller to close; for platform threads only. */
    Connection openPrimary(BranchId branch, String database) throws SQLException {
        return open(primary(branch), database);
    }

    ServerAddress primary(BranchId branch) {
        return servers.primary(branch)
                .orElseThrow(() -> new PlatformException(
                        SqlState.CANNOT_CONNECT_NOW,
                        "branch %s has no primary just now".formatted(branch),
                        "Try again in a moment; howdah status shows its instances."));
    }

    private Connection open(ServerAddress address, String database) throws SQLException {
        var session = connector.connect(address, ADMIN, database);
        try {
            // A server that answers no more must not hold a job for ever.
            session.setNetworkTimeout(
                    Runnable::run,
                    Math.toIntExact(statementTimeout.plusSeconds(5).toMillis()));
            ServerSql.execute(session, preamble());
            return session;
        } catch (SQLException e) {
            session.close();
            throw e;
        }
    }

    static PlatformException translate(BranchId branch, SQLException failure) {
        var code = String.valueOf(failure.getSQLState());
        if (code.startsWith("08") || code.startsWith("57P") || code.equals("25006")) {
            return new PlatformException(
                    SqlState.CANNOT_CONNECT_NOW,
                    "a server of branch %s cannot be reached: %s".formatted(branch, failure.getMessage()),
                    "Try again in a moment; howdah status shows its instances.",
                    failure);
        }
        if (code.equals("57014") || code.equals("55P03")) {
            return new PlatformException(
                    SqlState.QUERY_CANCELED,
                    "a server of branch %s took too long: %s".formatted(branch, failure.getMessage()),
                    "Nothing was changed by it. Look for long transactions in pg_stat_activity, then try again.",
                    failure);
        }
        return new PlatformException(
                SqlState.INTERNAL_ERROR,
                "a server of branch %s refused: %s".formatted(branch, ServerSql.reason(failure)),
                "SQLSTATE " + code,
                failure);
    }

    private String preamble() {
        return """
                SET ROLE NONE;
                SET search_path = pg_catalog, pg_temp;
                SET default_transaction_read_only = off;
                SET default_transaction_isolation = 'read committed';
                SET session_replication_role = origin;
                SET event_triggers = off;
                SET check_function_bodies = on;
                SET synchronous_commit = on;
                SET client_min_messages = warning;
                SET idle_session_timeout = 0;
                SET pg_stat_statements.track = none;
                SET lock_timeout = %d;
                SET statement_timeout = %d;
                """.formatted(LOCK_TIMEOUT.toMillis(), statementTimeout.toMillis());
    }
}
