package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static dev.howdah.proxy.TestProxy.execute;
import static dev.howdah.proxy.TestProxy.queryOne;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.ProtocolVersion;
import dev.howdah.wire.ScramClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

class DirectEndpointTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final long COPY_BYTES = 50L << 20;

    private static TestPostgres postgres;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        proxy = TestProxy.inFrontOf(postgres.address(), config -> config.withLoops(2));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        postgres.close();
    }

    @Test
    void theServerSeesTheBareRole() throws SQLException {
        try (var connection = proxy.connect()) {
            assertEquals("postgres", queryOne(connection, "SELECT current_user"));
        }
    }

    @Test
    void directNegotiationAndChannelBindingWork() throws SQLException {
        try (var connection = proxy.connect(
                proxy.direct(), "app." + BRANCH, PASSWORD, "sslNegotiation", "direct", "channelBinding", "require")) {
            assertEquals("app", queryOne(connection, "SELECT session_user"));
        }
    }

    @Test
    void wrongPasswordIsRefused() {
        var error = assertThrows(SQLException.class, () -> proxy.connect(proxy.direct(), "app." + BRANCH, "wrong"));
        assertEquals("28P01", error.getSQLState());
    }

    @Test
    void addressThatGuessesPasswordsIsBanned() throws IOException {
        try (var strict = TestProxy.strictInFrontOf(postgres.address())) {
            for (var i = 0; i < 10; i++) {
                try (var client = RawClient.connect(strict.direct()).encrypted()) {
                    client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, "guess " + i);
                }
            }
            try (var client = RawClient.connect(strict.direct()).encrypted()) {
                client.send(RawClient.startup(ProtocolVersion.V3_0, "app." + BRANCH));
                var error = ((BackendMessage.ErrorResponse) client.read()).diagnostic();
                assertEquals("53300", error.code());
                assertTrue(
                        error.message().matches(".*rate-limited after repeated failed auth attempts, retry in [0-9]+s"),
                        error.message());
            }
        }
    }

    @Test
    void changedPasswordWorksWithinASecondAndTheOldOneDoesNot() throws SQLException {
        postgres.execute("CREATE ROLE changing LOGIN PASSWORD 'before'");
        proxy.connect(proxy.direct(), "changing." + BRANCH, "before").close();
        postgres.execute("ALTER ROLE changing PASSWORD 'after'");
        Eventually.until(Duration.ofMillis(1500), "the new password works", () -> {
            proxy.connect(proxy.direct(), "changing." + BRANCH, "after").close();
            return true;
        });
        assertThrows(SQLException.class, () -> proxy.connect(proxy.direct(), "changing." + BRANCH, "before"));
    }

    @Test
    void loginBegunBeforeAResetDoesNotEndAfterIt() throws IOException, SQLException {
        postgres.execute("CREATE ROLE slow LOGIN PASSWORD 'before'");
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.send(RawClient.startup(ProtocolVersion.V3_0, "slow." + BRANCH));
            var scram = new ScramClient("before", Optional.empty(), new SecureRandom());
            client.read();
            client.send(scram.start(List.of("SCRAM-SHA-256")));
            var challenge = (BackendMessage.AuthenticationSaslContinue) client.read();
            postgres.execute("ALTER ROLE slow PASSWORD 'after'");
            proxy.proxy.closeSessions(BRANCH, "slow", "the password of the role was reset");
            client.send(scram.respond(challenge.data()));
            assertEquals(
                    "28P01",
                    ((BackendMessage.ErrorResponse) client.read()).diagnostic().code());
        }
    }

    @Test
    void clientThatSaysGoodbyeIsToldNothing() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD);
            client.send(new FrontendMessage.Terminate());
            assertTrue(client.isClosed());
        }
    }

    @Test
    void theServersOwnRefusalIsPassedOn() throws SQLException {
        try (var client = proxy.connect()) {
            execute(client, "SELECT 1");
        }
        var error = assertThrows(SQLException.class, () -> {
            try (var raw = RawClient.connect(proxy.direct()).encrypted()) {
                var messages = raw.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD, "database", "nowhere");
                var last = ((BackendMessage.ErrorResponse) messages.getLast()).diagnostic();
                throw new SQLException(last.message(), last.code());
            }
        });
        assertEquals("3D000", error.getSQLState());
    }

    @Test
    void startupParametersReachTheServer() throws SQLException {
        try (var connection = proxy.connect(
                proxy.direct(),
                "app." + BRANCH,
                PASSWORD,
                "options",
                "-c statement_timeout=4321",
                "ApplicationName",
                "hat")) {
            assertEquals("4321ms", queryOne(connection, "SHOW statement_timeout"));
            assertEquals("hat", queryOne(connection, "SHOW application_name"));
        }
    }

    /** So many zeros, and no more memory than a buffer. */
    private static final class Lines extends InputStream {
        private long left = COPY_BYTES;

        @Override
        public int read() {
            left--;
            return left < 0 ? -1 : left % 100 == 0 ? '\n' : 'x';
        }

        @Override
        public int read(byte[] target, int from, int length) {
            var n = (int) Math.min(length, left);
            for (var i = 0; i < n; i++) {
                target[from + i] = (byte) read();
            }
            return n == 0 ? -1 : n;
        }
    }

    private static final class Counter extends OutputStream {
        private long count;

        @Override
        public void write(int b) {
            count++;
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            count += length;
        }
    }

    @Test
    void copyOfFiftyMegabytesPassesBothWays() throws SQLException, IOException {
        try (var connection = proxy.connect()) {
            execute(connection, "CREATE TEMP TABLE lines (line text)");
            var copy = connection.unwrap(PGConnection.class).getCopyAPI();
            assertEquals(COPY_BYTES / 100, copy.copyIn("COPY lines FROM STDIN", new Lines()));
            var out = new Counter();
            assertEquals(COPY_BYTES / 100, copy.copyOut("COPY lines TO STDOUT", out));
            assertEquals(COPY_BYTES, out.count);
        }
    }

    private static long directMemory() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }

    @Test
    void clientThatStopsReadingIsWaitedForWithLittleMemory() throws IOException, SQLException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD, "application_name", "lazy");
            var before = directMemory();
            client.send(new FrontendMessage.Query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)"));
            Eventually.until(
                    SOON,
                    "the server waits for its client",
                    () -> postgres.queryFirst("SELECT wait_event FROM pg_stat_activity WHERE application_name = 'lazy'")
                            .equals(Optional.of("ClientWrite")));
            var growth = directMemory() - before;
            assertTrue(growth < 16L << 20, growth + " bytes of a hundred million are kept for it");
            // The neighbours are not held up.
            try (var other = proxy.connect()) {
                assertEquals("1", queryOne(other, "SELECT 1"));
            }
            var rows = client.readUntilReady().stream()
                    .filter(BackendMessage.DataRow.class::isInstance)
                    .count();
            assertEquals(100_000, rows);
        }
    }

    @Test
    void psqlConnectsWhenItIsInstalled() throws Exception {
        var psql = Path.of("/usr/bin/psql");
        assumeTrue(Files.isExecutable(psql), "psql is not installed");
        var conninfo = "host=localhost port=%d user=app.%s dbname=postgres sslmode=verify-full sslrootcert=%s"
                .formatted(proxy.direct().getPort(), BRANCH, proxy.caFile());
        var process = new ProcessBuilder(psql.toString(), "-X", "-A", "-t", "-c", "SELECT current_user", conninfo)
                .redirectErrorStream(true);
        process.environment().put("PGPASSWORD", PASSWORD);
        var running = process.start();
        var output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, running.waitFor(), output);
        assertEquals("app", output.strip());
    }

    @Test
    void cancelReachesTheRunningQuery() throws Exception {
        try (var connection = proxy.connect();
                var statement = connection.createStatement();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = threads.submit(() -> statement.execute("SELECT pg_sleep(60), 'cancel me'"));
            Eventually.until(
                    SOON,
                    "it runs",
                    () -> postgres.queryOne(
                                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60), ''cancel%' AND pid <> pg_backend_pid()")
                            .equals("1"));
            statement.cancel();
            var failure = assertThrows(ExecutionException.class, running::get);
            assertEquals("57014", TestProxy.sqlState(failure));
            assertEquals("1", queryOne(connection, "SELECT 1"));
        }
    }

    @Test
    void notificationsArrive() throws SQLException {
        try (var listener = proxy.connect();
                var speaker = proxy.connect()) {
            execute(listener, "LISTEN news");
            execute(speaker, "NOTIFY news, 'rain'");
            var notifications = listener.unwrap(PGConnection.class).getNotifications(10_000);
            assertEquals("rain", notifications[0].getParameter());
        }
    }

    @Test
    void twoHundredSessionsWorkAtOnce() throws Exception {
        var sessions = new ArrayList<Connection>();
        try (var threads = Executors.newFixedThreadPool(16)) {
            var opening = new ArrayList<Future<Connection>>();
            for (var i = 0; i < 200; i++) {
                opening.add(threads.submit(() -> proxy.connect()));
            }
            for (var each : opening) {
                sessions.add(each.get());
            }
            assertTrue(proxy.proxy.sessions().size() >= 200);
            for (var i = 0; i < sessions.size(); i++) {
                assertEquals(Integer.toString(i), queryOne(sessions.get(i), "SELECT " + i));
            }
        } finally {
            for (var session : sessions) {
                session.close();
            }
        }
        Eventually.until(SOON, "all are gone", () -> proxy.proxy.sessions().isEmpty());
    }

    @Test
    void closedSessionsEndOnTheServerToo() throws Exception {
        postgres.execute("CREATE ROLE leaving LOGIN PASSWORD '" + PASSWORD + "'");
        try (var idle = proxy.connect(proxy.direct(), "leaving." + BRANCH, PASSWORD);
                var busy = proxy.connect(proxy.direct(), "leaving." + BRANCH, PASSWORD);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = threads.submit(() -> queryOne(busy, "SELECT pg_sleep(60)"));
            Eventually.until(
                    SOON,
                    "it runs",
                    () -> proxy.proxy.sessions().stream()
                            .anyMatch(session -> session.state() == SessionSnapshot.State.ACTIVE));
            assertEquals(2, proxy.proxy.closeSessions(BRANCH, "leaving", "the password of the role was reset"));
            var failure = assertThrows(ExecutionException.class, running::get);
            assertEquals("57P01", TestProxy.sqlState(failure));
            assertThrows(SQLException.class, () -> queryOne(idle, "SELECT 1"));
            Eventually.until(
                    SOON,
                    "the server has no such session",
                    () -> postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'leaving'")
                            .equals("0"));
        }
    }

    @Test
    void statementsForThePlatformsDoorWorkAsTyped() throws SQLException, IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted();
                var connection = proxy.connect()) {
            client.logIn(ProtocolVersion.V3_0, "postgres." + BRANCH, PASSWORD);
            var messages = client.query("CREATE PUBLICATION everything FOR ALL TABLES; SELECT 1");
            assertEquals(List.of("CREATE PUBLICATION", "SELECT 1"), RawClient.tags(messages));
            execute(connection, "DROP PUBLICATION everything");
            execute(connection, "CREATE PUBLICATION everything FOR ALL TABLES");
            assertEquals("everything", queryOne(connection, "SELECT pubname FROM pg_publication"));
            execute(connection, "DROP PUBLICATION everything");
        }
    }

    @Test
    void drainWarnsThenEnds() throws Exception {
        try (var other = TestProxy.inFrontOf(postgres.address());
                var client = RawClient.connect(other.direct()).encrypted()) {
            client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD);
            other.proxy.drain(Duration.ofMillis(100));
            var warning = ((BackendMessage.NoticeResponse) client.read()).diagnostic();
            assertEquals("WARNING 57P01", warning.severity() + " " + warning.code());
            var fatal = ((BackendMessage.ErrorResponse) client.read()).diagnostic();
            assertEquals("FATAL 57P01", fatal.severity() + " " + fatal.code());
            assertTrue(client.isClosed());
            assertThrows(
                    IOException.class, () -> RawClient.connect(other.direct()).close());
        }
    }
}
