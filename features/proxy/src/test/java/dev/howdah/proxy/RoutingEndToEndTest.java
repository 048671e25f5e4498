package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static dev.howdah.proxy.TestProxy.execute;
import static dev.howdah.proxy.TestProxy.queryOne;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.TestCoordination.Instance;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which server a client gets, and what it is told when there is none. */
class RoutingEndToEndTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestPostgres primary;
    private static TestPostgres standby;

    @BeforeAll
    static void start() throws SQLException {
        primary = TestProxy.preparedServer();
        standby = TestPostgres.standbyOf(primary);
    }

    @AfterAll
    static void stop() {
        standby.close();
        primary.close();
    }

    private static TestProxy proxy(Duration wait) {
        var proxy = TestProxy.inFrontOf(primary.address(), config -> config.withPrimaryWait(wait));
        proxy.coordination.show(TestCoordination.view(
                BRANCH, Instance.primary(primary.address()), Instance.replica(standby.address())));
        return proxy;
    }

    @Test
    void replicaSessionsAreReadOnly() throws SQLException {
        try (var proxy = proxy(SOON);
                var connection = proxy.connect(proxy.direct(), "postgres." + BRANCH + "|replica", PASSWORD)) {
            assertEquals("t", queryOne(connection, "SELECT pg_is_in_recovery()"));
            var error = assertThrows(SQLException.class, () -> execute(connection, "CREATE TABLE no (a int)"));
            assertEquals("25006", error.getSQLState());
        }
    }

    @Test
    void replicaThatLagsServesNobodyAndAnyFallsBack() throws SQLException {
        try (var proxy = proxy(SOON)) {
            proxy.coordination.show(TestCoordination.view(
                    BRANCH,
                    Instance.primary(primary.address()),
                    new Instance(
                            dev.howdah.coordination.MemberState.REPLICA,
                            standby.address(),
                            Optional.of(Duration.ofMinutes(1)))));
            var error = assertThrows(
                    SQLException.class,
                    () -> proxy.connect(proxy.direct(), "postgres." + BRANCH + "|replica", PASSWORD));
            assertEquals("08006", error.getSQLState());
            assertTrue(
                    TestProxy.message(error).contains("no replica available for branch " + BRANCH),
                    TestProxy.message(error));
            try (var any = proxy.connect(proxy.direct(), "postgres." + BRANCH + "|any", PASSWORD)) {
                assertEquals("f", queryOne(any, "SELECT pg_is_in_recovery()"));
            }
        }
    }

    @Test
    void pooledEndpointRefusesReplicas() {
        try (var proxy = proxy(SOON)) {
            var error = assertThrows(
                    SQLException.class,
                    () -> proxy.connect(proxy.pooled(), "postgres." + BRANCH + "|replica", PASSWORD));
            assertEquals("28000", error.getSQLState());
        }
    }

    @Test
    void withoutAPrimaryTheClientWaitsAndIsThenRefused() {
        try (var proxy = proxy(Duration.ofSeconds(1))) {
            proxy.coordination.show(TestCoordination.view(
                    BRANCH, Instance.stopped(primary.address()), Instance.replica(standby.address())));
            var begun = System.nanoTime();
            var error = assertThrows(SQLException.class, proxy::connect);
            assertTrue(System.nanoTime() - begun >= 1_000_000_000L);
            assertEquals("08006", error.getSQLState());
            assertTrue(
                    TestProxy.message(error)
                            .contains("connection retry timeout - branch " + BRANCH + " unavailable after 1s"),
                    TestProxy.message(error));
        }
    }

    @Test
    void primaryThatAppearsServesWhoWaited() throws Exception {
        try (var proxy = proxy(SOON);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            proxy.coordination.show(TestCoordination.view(
                    BRANCH, Instance.stopped(primary.address()), Instance.replica(standby.address())));
            var direct = threads.submit(() -> proxy.connect());
            var pooled = threads.submit(() -> proxy.connectPooled());
            Eventually.until(SOON, "both wait", () -> proxy.proxy.sessions().size() == 2);
            proxy.coordination.show(TestCoordination.view(
                    BRANCH, Instance.primary(primary.address()), Instance.replica(standby.address())));
            try (var first = direct.get();
                    var second = pooled.get()) {
                assertEquals("1", queryOne(first, "SELECT 1"));
                assertEquals("2", queryOne(second, "SELECT 2"));
            }
        }
    }

    @Test
    void standbyRecordedAsThePrimaryIsNotServed() {
        try (var proxy = proxy(Duration.ofMillis(500))) {
            proxy.coordination.show(TestCoordination.view(BRANCH, Instance.primary(standby.address())));
            var error = assertThrows(SQLException.class, proxy::connect);
            assertEquals("08006", error.getSQLState());
        }
    }

    @Test
    void killedServerIsToldInWords() throws Exception {
        try (var doomed = TestProxy.preparedServer();
                var proxy = TestProxy.inFrontOf(doomed.address());
                var client = RawClient.connect(proxy.direct()).encrypted();
                var pooled = RawClient.connect(proxy.pooled()).encrypted()) {
            client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD);
            pooled.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD);
            client.send(new FrontendMessage.Query("SELECT pg_sleep(60)"));
            pooled.send(new FrontendMessage.Query("SELECT pg_sleep(60)"));
            Eventually.until(
                    SOON,
                    "both run",
                    () -> doomed.queryOne("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")
                            .equals("2"));
            doomed.killEverything();
            for (var each : List.of(client, pooled)) {
                var error = RawClient.error(each.readUntilReady()).orElseThrow().diagnostic();
                assertEquals(each.equals(client) ? "FATAL" : "ERROR", error.severity());
                assertTrue(error.code().equals("08006") || error.code().startsWith("57P"), error.code());
            }
            assertTrue(client.isClosed());
        }
    }

    @Test
    void replicationCommandsOfThePlatformAreRefused() throws IOException {
        try (var proxy = proxy(SOON);
                var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.logIn(ProtocolVersion.V3_0, "postgres." + BRANCH, PASSWORD, "replication", "database");
            assertEquals("42501", code(client.query("BASE_BACKUP")));
            assertEquals(List.of("1"), RawClient.rows(client.query("SELECT 1")));
            client.query("BEGIN");
            assertEquals("42501", code(client.query("BASE_BACKUP")));
            assertEquals("25P02", code(client.query("SELECT 1")));
            client.query("ROLLBACK");
            client.query("SET application_name = '" + BRANCH + "-2'");
            client.query("CREATE_REPLICATION_SLOT mine TEMPORARY LOGICAL pgoutput");
            assertEquals(
                    "42501",
                    code(client.query(
                            "START_REPLICATION SLOT mine LOGICAL 0/0 (proto_version '1', publication_names 'none')")));
            client.query("SET application_name = 'mine'");
            client.send(new FrontendMessage.Query(
                    "START_REPLICATION SLOT mine LOGICAL 0/0 (proto_version '1', publication_names 'none')"));
            assertTrue(client.read() instanceof BackendMessage.CopyBothResponse);
        }
    }

    @Test
    void replicationUnderTheNameOfAMemberIsRefused() throws IOException {
        try (var proxy = proxy(SOON);
                var client = RawClient.connect(proxy.direct()).encrypted()) {
            var messages = client.logIn(
                    ProtocolVersion.V3_0,
                    "postgres." + BRANCH,
                    PASSWORD,
                    "replication",
                    "true",
                    "application_name",
                    BRANCH + "-2");
            assertEquals("42501", code(messages));
        }
    }

    private static String code(List<BackendMessage> messages) {
        return RawClient.error(messages).orElseThrow().diagnostic().code();
    }
}
