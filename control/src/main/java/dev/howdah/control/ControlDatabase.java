package dev.howdah.control;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.coordination.CoordinationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows that hold the desired state. Opened by a thread of its own that tries until it works, so that nothing else waits for the control
 * database: while it cannot be reached every call throws 57P03. The first call that finds it gone may take as long as a checkout; from then on
 * calls are refused at once, until that thread has seen it again. Thread-safe.
 */
final class ControlDatabase implements AutoCloseable {
    static final String NAME = "howdah_control";

    private static final Logger log = LoggerFactory.getLogger(ControlDatabase.class);
    private static final Duration CHECKOUT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration VALIDATION_TIMEOUT = Duration.ofSeconds(1);

    /** Opening ends in Open or Refused; Refused is the end; Open and Away follow each other. */
    private sealed interface State {
        record Opening(String why) implements State {}

        record Open() implements State {}

        record Away(String why) implements State {}

        record Refused(PlatformException reason) implements State {}
    }

    /** Gives connections to one database of the control branch, to wherever its primary is. */
    interface Source {
        Connection connect(String database) throws SQLException;
    }

    private final Source source;
    private final HikariDataSource pool;
    private final Jdbi jdbi;
    private final PlatformThreads threads;
    private final Duration retry;
    private final CountDownLatch settled = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread watcher;
    private boolean closed;
    private volatile State state = new State.Opening("it is being opened");

    private ControlDatabase(Source source, int poolSize, Duration retry, PlatformThreads threads) {
        this.threads = threads;
        this.source = source;
        this.retry = retry;
        this.pool = new HikariDataSource(poolConfig(source, poolSize));
        this.jdbi = Jdbi.create(pool).registerArrayType(String.class, "text");
        this.watcher = Thread.ofPlatform().daemon().name("control-database").unstarted(this::watchUntilClosed);
    }

    static ControlDatabase open(Source source, int poolSize, Duration retry, PlatformThreads threads) {
        var database = new ControlDatabase(source, poolSize, retry, threads);
        database.watcher.start();
        return database;
    }

    /** Waits until the database is open; throws what keeps it closed when that takes longer. */
    void awaitOpen(Duration atMost) throws InterruptedException {
        settled.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        reachable();
    }

    /** Whether it has been opened; it may be away just now. */
    boolean isOpen() {
        return state instanceof State.Open || state instanceof State.Away;
    }

    <T> T read(Function<Handle, T> work) {
        return translating(() -> reachable().withHandle(work::apply));
    }

    /** Runs {@code work} in one transaction; it is rolled back when {@code work} throws. */
    <T> T transaction(Function<Handle, T> work) {
        return translating(() -> reachable().inTransaction(work::apply));
    }

    /** Runs several queries that all see the rows of one moment. */
    <T> T snapshot(Function<Handle, T> work) {
        return translating(() -> reachable().inTransaction(TransactionIsolationLevel.REPEATABLE_READ, work::apply));
    }

    /** Whether the failure is a unique index refusing a second row. */
    static boolean isDuplicate(JdbiException failure) {
        return sqlException(failure).map(e -> "23505".equals(e.getSQLState())).orElse(false);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        watcher.interrupt();
        pool.close();
        try {
            watcher.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Jdbi reachable() {
        return switch (state) {
            case State.Open() -> jdbi;
            case State.Opening(var why) -> throw unreachable(why, Optional.empty());
            case State.Away(var why) -> throw unreachable(why, Optional.empty());
            case State.Refused(var reason) -> throw reason;
        };
    }

    private <T> T translating(Supplier<T> work) {
        try {
            return threads.call(work);
        } catch (JdbiException e) {
            throw translated(e);
        }
    }

    private RuntimeException translated(JdbiException failure) {
        var cause = sqlException(failure);
        if (cause.isEmpty()) {
            return failure;
        }
        var why = String.valueOf(cause.get().getMessage());
        if (isBusy(cause.get())) {
            return new PlatformException(
                    SqlState.CANNOT_CONNECT_NOW,
                    "the control database is busy: " + why,
                    "Branches go on serving. Try again in a moment.",
                    cause.get());
        }
        if (isConnectionFailure(cause.get())) {
            noteAway(why);
            return unreachable(why, cause);
        }
        // Without a connection nothing was done: this job is closing.
        return failure instanceof ConnectionException ? unreachable(why, cause) : failure;
    }

    /** All connections of the pool were in use for the whole checkout; none of them failed. */
    private boolean isBusy(SQLException failure) {
        return failure instanceof SQLTransientConnectionException
                && failure.getCause() == null
                && pool.getHikariPoolMXBean().getTotalConnections() > 0;
    }

    private static PlatformException unreachable(String why, Optional<SQLException> cause) {
        var text = "the control database cannot be reached: " + why;
        var hint = "Branches go on serving. Try again in a moment; howdah status shows how Howdah's own database is.";
        return cause.map(e -> new PlatformException(SqlState.CANNOT_CONNECT_NOW, text, hint, e))
                .orElseGet(() -> new PlatformException(SqlState.CANNOT_CONNECT_NOW, text, hint));
    }

    private void noteAway(String why) {
        lock.lock();
        try {
            if (state instanceof State.Open) {
                state = new State.Away(why);
                log.warn("the control database is away: {}", why);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void watchUntilClosed() {
        try {
            while (awaitWork()) {
                switch (state) {
                    case State.Opening _ -> become(tryToOpen());
                    case State.Away _ -> lookForIt();
                    case State.Open _, State.Refused _ -> {}
                }
                pause();
            }
        } catch (InterruptedException e) {
            log.debug("the control database is watched no more: the job ends");
        } finally {
            settled.countDown();
        }
    }

    /** Waits while there is nothing to do; false once this is closed. */
    private boolean awaitWork() throws InterruptedException {
        lock.lock();
        try {
            while (!closed && (state instanceof State.Open || state instanceof State.Refused)) {
                changed.await();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private void pause() throws InterruptedException {
        lock.lock();
        try {
            var left = retry.toNanos();
            while (!closed && left > 0 && (state instanceof State.Opening || state instanceof State.Away)) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private void become(State next) {
        lock.lock();
        try {
            state = next;
        } finally {
            lock.unlock();
        }
        if (!(next instanceof State.Opening)) {
            settled.countDown();
        }
    }

    private void lookForIt() {
        try (var connection = source.connect(NAME)) {
            var readOnly = ServerSql.string(connection, "SHOW transaction_read_only");
            if (readOnly.equals(Optional.of("off"))) {
                pool.getHikariPoolMXBean().softEvictConnections(); // they lead to the server that went away
                become(new State.Open());
                log.info("the control database is back");
            }
        } catch (SQLException e) {
            become(new State.Away(String.valueOf(e.getMessage())));
        } catch (PlatformException | CoordinationException e) {
            become(new State.Away(String.valueOf(e.getMessage())));
        }
    }

    private State tryToOpen() {
        try {
            createIfAbsent();
            migrate();
            return new State.Open();
        } catch (PlatformException e) {
            if (e.state() == SqlState.CANNOT_CONNECT_NOW) {
                return new State.Opening(e.message());
            }
            log.error("the control database is not used: {}", e.message());
            return new State.Refused(e);
        } catch (SQLException e) {
            return new State.Opening(String.valueOf(e.getMessage()));
        } catch (FlywayException e) {
            return afterFailedMigration(e);
        } catch (CoordinationException e) {
            return new State.Opening(String.valueOf(e.getMessage()));
        }
    }

    private static State afterFailedMigration(FlywayException failure) {
        if (sqlException(failure).map(ControlDatabase::isConnectionFailure).orElse(false)) {
            return new State.Opening(String.valueOf(failure.getMessage()));
        }
        log.error("the control database could not be brought to this program's schema", failure);
        return new State.Refused(new PlatformException(
                SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                "the control database could not be brought to this program's schema: " + failure.getMessage(),
                "Nothing was changed. The whole reason is in the log.",
                failure));
    }

    private void createIfAbsent() throws SQLException {
        try (var connection = source.connect("postgres")) {
            var found = ServerSql.strings(connection, "SELECT datname FROM pg_database WHERE datname = ?", NAME);
            if (found.isEmpty()) {
                ServerSql.execute(connection, "CREATE DATABASE " + NAME + " TEMPLATE template0");
            }
            ServerSql.execute(connection, "REVOKE ALL ON DATABASE " + NAME + " FROM PUBLIC");
        }
    }

    private void migrate() {
        var flyway = Flyway.configure(ControlDatabase.class.getClassLoader())
                .dataSource(new SourceDataSource(source, NAME))
                .locations("classpath:db/migration")
                .defaultSchema("public")
                .load();
        for (MigrationInfo applied : flyway.info().applied()) {
            if (!applied.getState().isResolved()) {
                throw newerSchema(String.valueOf(applied.getVersion()));
            }
        }
        flyway.migrate();
    }

    private static PlatformException newerSchema(String version) {
        return new PlatformException(
                SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                "this home was last used by a newer Howdah: its control database has schema version %s, which this program does not know"
                        .formatted(version),
                "Start it with the newer program. Nothing was changed.");
    }

    private static boolean isConnectionFailure(SQLException e) {
        var code = String.valueOf(e.getSQLState());
        return e instanceof SQLTransientConnectionException
                || code.startsWith("08")
                || code.startsWith("57P")
                || code.equals("25006"); // read-only: the primary is being changed
    }

    private static Optional<SQLException> sqlException(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException found) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    private static HikariConfig poolConfig(Source source, int size) {
        var config = new HikariConfig();
        config.setDataSource(new SourceDataSource(source, NAME));
        config.setPoolName("control");
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(CHECKOUT_TIMEOUT.toMillis());
        config.setValidationTimeout(VALIDATION_TIMEOUT.toMillis());
        config.setInitializationFailTimeout(-1);
        return config;
    }
}
