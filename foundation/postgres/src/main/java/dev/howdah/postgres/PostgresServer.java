package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running PostgreSQL server: a direct child of this JVM, or one that a JVM before it has left running. Thread-safe.
 *
 * <p>A server outlives this object unless it is stopped: the JVM's end does not touch it.
 */
public final class PostgresServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final Duration ADOPTED_POLL = Duration.ofMillis(50);
    private static final Duration CLOSE_STEP = Duration.ofSeconds(30);
    private static final Duration KILL_WAIT = Duration.ofSeconds(10);

    private final PostgresBinaries binaries;
    private final ServerAccount account;
    private final ProcessIdentity process;
    private final CompletableFuture<OptionalInt> exited;
    private final Optional<StartLog> startLog;
    private final ReentrantLock configuring = new ReentrantLock();
    private volatile ServerConfig config;
    private volatile String lastRefusal = "not asked";

    PostgresServer(
            PostgresBinaries binaries,
            ServerAccount account,
            ServerConfig config,
            ProcessIdentity process,
            CompletableFuture<OptionalInt> exited,
            Optional<StartLog> startLog) {
        this.binaries = binaries;
        this.account = account;
        this.config = config;
        this.process = process;
        this.exited = exited;
        this.startLog = startLog;
    }

    /**
     * {@link #launch} and {@link #awaitReady}; a server that does not get ready in time is stopped again. What is left of a server that was
     * killed a moment ago (a process not yet reaped, backends not yet gone) is waited for.
     */
    public static PostgresServer start(
            PostgresBinaries binaries, ServerAccount account, ServerConfig config, Duration timeout)
            throws InterruptedException {
        var deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            var server = launch(binaries, account, config);
            try {
                server.awaitReady(Duration.ofNanos(deadline - System.nanoTime()));
                return server;
            } catch (PlatformException e) {
                server.stopEscalating(CLOSE_STEP);
                var remainsOfBefore = e.message().contains("pre-existing shared memory block")
                        || e.message().contains("lock file \"postmaster.pid\" already exists");
                if (!remainsOfBefore || System.nanoTime() > deadline) {
                    throw e;
                }
                LOG.info("waiting for the remains of the last server in {}", config.dataDirectory());
                LockSupport.parkNanos(ADOPTED_POLL.toNanos());
            } catch (InterruptedException e) {
                server.signal(Signals.QUIT);
                throw e;
            }
        }
    }

    /** Starts the server's process and waits for nothing. Writes {@code howdah.conf} from {@code config} first. */
    public static PostgresServer launch(PostgresBinaries binaries, ServerAccount account, ServerConfig config) {
        return new Launch(binaries, account, config).run();
    }

    /**
     * The server that already runs in this data directory, if one does, whoever started it. Its configuration files are left as they are;
     * {@link #version} is that of the program it runs.
     */
    public static Optional<PostgresServer> adopt(
            PostgresBinaries binaries, ServerAccount account, ServerConfig config) {
        return running(config)
                .map(process -> new PostgresServer(
                        programOf(process, binaries), account, config, process, endOf(process), Optional.empty()));
    }

    static Optional<ProcessIdentity> running(ServerConfig config) {
        return PostmasterFile.read(config.dataDirectory()).flatMap(file -> file.processIn(config.dataDirectory()));
    }

    /** Waits until the server answers a connection. Its end is noticed at once, and its last words are in the exception. */
    public void awaitReady(Duration timeout) throws InterruptedException {
        var deadline = System.nanoTime() + timeout.toNanos();
        while (!answers()) {
            if (ended(POLL)) {
                throw startFailed();
            }
            if (System.nanoTime() > deadline) {
                throw new PlatformException(
                        SqlState.CANNOT_CONNECT_NOW,
                        "the server %s is not ready after %s: %s".formatted(config.clusterName(), timeout, lastRefusal),
                        "Its log is in %s.".formatted(config.logDirectory()));
            }
        }
    }

    public boolean alive() {
        return !exited.isDone() && process.alive();
    }

    public long pid() {
        return process.pid();
    }

    /** Completes when the process has ended; with its exit status when it was a child of this JVM (128 + n after signal n). */
    public CompletableFuture<OptionalInt> exited() {
        return exited.copy();
    }

    /** Asks for a stop and waits; false when the server still runs after the time. Never escalates. */
    public boolean stop(StopMode mode, Duration timeout) throws InterruptedException {
        signal(mode.signal());
        return ended(timeout);
    }

    /** Fast, then immediate, then SIGKILL, each of the first two given this time. */
    public void stopEscalating(Duration each) throws InterruptedException {
        if (stop(StopMode.FAST, each) || stop(StopMode.IMMEDIATE, each)) {
            return;
        }
        LOG.warn("the server {} (pid {}) did not stop and is killed", config.clusterName(), pid());
        signal(Signals.KILL);
        if (!ended(KILL_WAIT)) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the server %s (pid %d) does not end even when killed".formatted(config.clusterName(), pid()),
                    "Its disk probably does not answer.");
        }
    }

    /** Has the server read its configuration again, which it does a moment later. */
    public void reload() {
        signal(Signals.HUP);
    }

    /** Replaces {@link ServerConfig#parameters()}, rewrites {@code howdah.conf} and reloads. Some parameters also need a restart. */
    public void reconfigure(Map<String, String> parameters) {
        configuring.lock();
        try {
            var changed = config.withParameters(parameters);
            ServerFiles.write(binaries, account, changed);
            config = changed;
        } finally {
            configuring.unlock();
        }
        reload();
    }

    /** Has this standby stream from another primary at once; makes a primary a standby at its next start. */
    public void standby(String primaryConninfo, String slot) {
        configuring.lock();
        try {
            ServerFiles.standby(account, config.dataDirectory(), primaryConninfo, slot);
        } finally {
            configuring.unlock();
        }
        reload();
    }

    /** Ends recovery; returns when the server takes writes, at once when it already does. */
    public void promote(Duration timeout) throws InterruptedException {
        var seconds = Math.max(1, timeout.toSeconds());
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            var promoted =
                    statement.executeQuery("SELECT NOT pg_is_in_recovery() OR pg_promote(true, %d)".formatted(seconds));
            if (promoted.next() && promoted.getBoolean(1)) {
                return;
            }
            throw notPromoted(timeout);
        } catch (SQLException e) {
            // No connection to be had, for instance while the standby is not yet consistent: the old way needs none.
            LOG.info("promoting {} by signal because of: {}", config.clusterName(), e.getMessage());
            promoteBySignal(timeout);
        }
    }

    public ServerAddress.UnixSocket address() {
        return config.address();
    }

    /** As {@code howdah_admin}. */
    public Connection connect(String database) throws SQLException {
        return ServerJdbc.connect(address(), "howdah_admin", database);
    }

    /** As last given or {@link #reconfigure reconfigured}. */
    public ServerConfig config() {
        return config;
    }

    /** Of the program that runs, {@code 18.6}. */
    public String version() {
        return binaries.version();
    }

    /** A fast stop, and a harder one where that takes too long. */
    @Override
    public void close() {
        try {
            stopEscalating(CLOSE_STEP);
        } catch (InterruptedException e) {
            signal(Signals.QUIT);
            Thread.currentThread().interrupt();
        }
    }

    private void promoteBySignal(Duration timeout) throws InterruptedException {
        try {
            Disk.replace(account, config.dataDirectory().resolve("promote"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        signal(Signals.USR1);
        var deadline = System.nanoTime() + timeout.toNanos();
        while (ControlData.read(config.dataDirectory()).state() != ControlData.State.IN_PRODUCTION) {
            if (ended(POLL) || System.nanoTime() > deadline) {
                throw notPromoted(timeout);
            }
        }
    }

    private PlatformException notPromoted(Duration timeout) {
        return new PlatformException(
                SqlState.CANNOT_CONNECT_NOW,
                "the server %s was not promoted within %s".formatted(config.clusterName(), timeout),
                "Its log is in %s.".formatted(config.logDirectory()));
    }

    private boolean answers() {
        // The file is this server's only when it names this process: it may be the one before's.
        var file = PostmasterFile.read(config.dataDirectory()).filter(pidFile -> pidFile.pid() == pid());
        if (!file.map(PostmasterFile::accepting).orElse(false)) {
            lastRefusal = file.map(PostmasterFile::status).orElse("it has not yet locked its data directory");
            return false;
        }
        try (var connection = connect("postgres")) {
            return connection.isValid(1);
        } catch (SQLException e) {
            lastRefusal = String.valueOf(e.getMessage());
            return false;
        }
    }

    private boolean ended(Duration within) throws InterruptedException {
        try {
            exited.get(within.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for a process cannot fail", e);
        }
    }

    private void signal(int signal) {
        if (alive()) {
            Signals.send(pid(), signal);
        }
    }

    private PlatformException startFailed() throws InterruptedException {
        return startLog.map(log -> StartFailure.of(config, log, exited.getNow(OptionalInt.empty())))
                .orElseGet(() -> new PlatformException(
                        SqlState.CANNOT_CONNECT_NOW,
                        "the server %s ended".formatted(config.clusterName()),
                        "Its log is in %s.".formatted(config.logDirectory())));
    }

    // An adopted server is nobody's child here, so nothing tells us of its end.
    private static CompletableFuture<OptionalInt> endOf(ProcessIdentity process) {
        var end = new CompletableFuture<OptionalInt>();
        Thread.ofVirtual().name("adopted-" + process.pid()).start(() -> {
            while (process.alive()) {
                LockSupport.parkNanos(ADOPTED_POLL.toNanos());
            }
            end.complete(OptionalInt.empty());
        });
        return end;
    }

    private static PostgresBinaries programOf(ProcessIdentity process, PostgresBinaries otherwise) {
        return process.program()
                .filter(program -> program.endsWith("bin/postgres") && !program.startsWith(otherwise.directory()))
                .map(program ->
                        PostgresBinaries.system(program.resolveSibling(".").normalize()))
                .orElse(otherwise);
    }
}
