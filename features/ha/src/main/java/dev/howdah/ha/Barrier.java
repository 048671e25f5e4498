package dev.howdah.ha;

import dev.howdah.base.ServerAddress;
import dev.howdah.postgres.ServerJdbc;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A commit that only the quorum can acknowledge, on a session of its own, because it may wait for ever. When it is back, everything before it
 * is on a replica too. One per life of a primary; thread-safe.
 */
final class Barrier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Barrier.class);
    private static final int LOOKS_MAX = 200;
    private static final long PAUSE_NANOS = 10_000_000;

    /** Where the barrier stands. */
    enum Outcome {
        NONE,
        WAITING,
        CONFIRMED
    }

    private final ServerAddress address;
    private final Runnable onOutcome;
    private Outcome outcome = Outcome.NONE; // guarded by this, as the others
    private Optional<Connection> session = Optional.empty();
    private boolean closed;

    Barrier(ServerAddress address, Runnable onOutcome) {
        this.address = address;
        this.onOutcome = onOutcome;
    }

    synchronized Outcome outcome() {
        return outcome;
    }

    /** Begins one, unless one is under way. */
    synchronized void run() {
        if (outcome != Outcome.WAITING && !closed) {
            outcome = Outcome.WAITING;
            // Not a virtual thread: waiting in native code for the answer would hold its carrier.
            Thread.ofPlatform().daemon().name("barrier").start(this::commit);
        }
    }

    private void commit() {
        var confirmed = false;
        try (var connection = ServerJdbc.connect(address, Connector.ADMIN, "postgres")) {
            if (remember(connection)) {
                confirmed = isAcknowledged(connection) && isOnReplica(connection);
            }
        } catch (SQLException e) {
            LOG.debug("a barrier commit failed", e);
        } finally {
            finish(confirmed ? Outcome.CONFIRMED : Outcome.NONE);
        }
    }

    private synchronized boolean remember(Connection connection) {
        session = Optional.of(connection);
        return !closed;
    }

    private synchronized void finish(Outcome end) {
        session = Optional.empty();
        outcome = end;
        onOutcome.run();
    }

    private static boolean isAcknowledged(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("SET synchronous_commit = on");
            statement.execute("SET client_min_messages = warning");
            statement.execute("SELECT pg_logical_emit_message(true, 'howdah', 'barrier')");
            // A cancelled wait is reported as success with a warning.
            return statement.getWarnings() == null;
        }
    }

    // Names that were set a moment ago may not be in force everywhere, and the commit then waited for nobody: the
    // replicas are asked too.
    private static boolean isOnReplica(Connection connection) throws SQLException {
        var sql = """
            SELECT EXISTS (SELECT FROM pg_stat_replication
                WHERE usename = 'howdah_replicator' AND sync_priority > 0 AND flush_lsn >= ?::pg_lsn)""";
        try (var flushed = connection.createStatement().executeQuery("SELECT pg_current_wal_flush_lsn()::text");
                var statement = connection.prepareStatement(sql)) {
            flushed.next();
            statement.setString(1, flushed.getString(1));
            for (var look = 0; look < LOOKS_MAX; look++) {
                try (var row = statement.executeQuery()) {
                    if (row.next() && row.getBoolean(1)) {
                        return true;
                    }
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            return false;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        outcome = Outcome.NONE;
        session.ifPresent(Barrier::abort);
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.debug("a barrier's session was not ended in good order", e);
        }
    }
}
