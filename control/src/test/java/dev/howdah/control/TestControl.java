package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import dev.howdah.testkit.SeededRandom;
import dev.howdah.testkit.TestClock;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/** A control job over one real server, which holds the control database and plays the primary of every branch. */
final class TestControl implements AutoCloseable {
    static final Actor ALICE = new Actor("alice", "192.0.2.7");
    static final Principal EVERYTHING = new Principal("t", "alice", Optional.empty(), Access.ADMIN);
    static final Duration LIMIT = Duration.ofSeconds(15);

    final TestPostgres postgres;
    final TestClock clock = new TestClock(Instant.now()); // the server compares VALID UNTIL with its own clock
    final OneServer servers = new OneServer();
    final Clusters clusters = new Clusters();
    final Proxy proxy = new Proxy();
    final Schema schema = new Schema();
    private final TestDirectory directory = TestDirectory.create();
    private ControlPlane control;

    private TestControl() {
        this.postgres =
                TestPostgres.start(TestPostgres.Options.DEFAULT.with("shared_preload_libraries", "pg_stat_statements"));
        this.control = startControl();
    }

    static TestControl start() throws InterruptedException {
        var test = new TestControl();
        test.control.awaitOpen(LIMIT);
        return test;
    }

    ControlPlane control() {
        return control;
    }

    TestDirectory directory() {
        return directory;
    }

    /** Ends the job and starts another over the same rows. */
    void restart() throws InterruptedException {
        control.close();
        control = startControl();
        control.awaitOpen(LIMIT);
    }

    ControlPlane startControl() {
        var config = new ControlConfig(
                directory.path(), List.of("a", "b", "c"), 4, Duration.ofMillis(50), Duration.ofSeconds(10), 5);
        var ports = new ControlPlane.Ports(servers, clusters, BranchSessions::overJdbc, schema, proxy);
        return ControlPlane.start(ports, config, clock, SeededRandom.create());
    }

    /** A ready branch of a project of its own. */
    Branch readyBranch(String project) throws InterruptedException {
        var made = control.projects().create(ALICE, project);
        return control.branches()
                .awaitReady(control.branches().find(made.id().value(), "main").id(), LIMIT);
    }

    Connection connect(String user, String database) throws SQLException {
        return postgres.connect(user, database);
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static PlatformException refused(SqlState state, Executable action) {
        var refusal = Assertions.assertThrows(PlatformException.class, action);
        Assertions.assertEquals(state, refusal.state(), refusal.message());
        return refusal;
    }

    @Override
    public void close() {
        control.close();
        postgres.close();
        directory.close();
    }

    /** Every branch that has a cluster lives on the one server. */
    final class OneServer implements BranchServers {
        volatile boolean available = true;
        volatile Optional<String> failure = Optional.empty();

        @Override
        public Optional<ServerAddress> primary(BranchId branch) {
            return available || branch.equals(BranchId.CONTROL) ? Optional.of(postgres.address()) : Optional.empty();
        }

        @Override
        public List<ServerAddress> running(BranchId branch) {
            return primary(branch).stream().toList();
        }

        @Override
        public List<Instance> instances(BranchId branch) {
            return List.of(new Instance(
                    new InstanceId(branch, 1),
                    "a",
                    "primary",
                    failure.isPresent() ? "failed" : "cloning",
                    1,
                    Lsn.ZERO,
                    Lsn.ZERO,
                    Optional.empty(),
                    failure.orElse("copied 10 %"),
                    Optional.of(clock.instant())));
        }
    }

    /** Remembers what it was asked for. */
    static final class Clusters implements BranchClusters {
        final Set<String> made = ConcurrentHashMap.newKeySet();
        final Set<BranchId> removed = ConcurrentHashMap.newKeySet();

        @Override
        public void ensure(BranchId branch, List<String> zones) {
            made.add(branch + " in " + String.join(",", zones));
        }

        @Override
        public boolean remove(BranchId branch) {
            return !removed.add(branch); // gone at the second call only
        }
    }

    /** Remembers whose sessions were closed. */
    static final class Proxy implements ProxyControl {
        final List<String> closed = new CopyOnWriteArrayList<>();
        final List<String> invalidated = new CopyOnWriteArrayList<>();

        @Override
        public int closeSessions(BranchId branch, String role, String reason) {
            closed.add(role + "." + branch);
            return 1;
        }

        @Override
        public void invalidate(BranchId branch, String role) {
            invalidated.add(role + "." + branch);
        }

        @Override
        public List<Ban> bans() {
            return List.of();
        }

        @Override
        public boolean liftBan(String address) {
            return address.equals("192.0.2.1");
        }

        @Override
        public List<Session> sessions(BranchId branch) {
            return List.of();
        }
    }

    /** A schema in place of each door. */
    static final class Schema implements BranchSchema {
        final AtomicInteger platforms = new AtomicInteger();
        volatile String version = "1";

        @Override
        public String version() {
            return version;
        }

        @Override
        public void installPlatform(Connection session) throws SQLException {
            platforms.incrementAndGet();
        }

        @Override
        public void installDoors(Connection session) throws SQLException {
            execute(session, "CREATE SCHEMA IF NOT EXISTS door");
        }
    }
}
