package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static dev.howdah.proxy.TestProxy.execute;
import static dev.howdah.proxy.TestProxy.queryOne;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage.CancelRequest;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The console while clients are at work: what it shows of them and what it does to them. */
class ConsoleSteeringTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestPostgres postgres;

    private TestProxy proxy;
    private RawClient console;
    private BackendKeyData key;

    @BeforeAll
    static void startServer() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("GRANT pg_monitor, pg_signal_backend TO postgres");
        postgres.execute("CREATE DATABASE other");
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void start() throws IOException {
        proxy = TestProxy.inFrontOf(postgres.address());
        console = RawClient.connect(proxy.pooled()).encrypted();
        key = console.logIn(ProtocolVersion.V3_0, "postgres." + BRANCH, PASSWORD, "database", "howdah").stream()
                .filter(BackendKeyData.class::isInstance)
                .map(BackendKeyData.class::cast)
                .findFirst()
                .orElseThrow();
    }

    @AfterEach
    void stop() throws IOException {
        console.close();
        proxy.close();
    }

    /** From column to value; what is NULL is absent. */
    private record Row(Map<String, String> values) {
        String get(String column) {
            return values.getOrDefault(column, "");
        }
    }

    private List<Row> show(String view) throws IOException {
        var answer = console.query("SHOW " + view);
        assertTrue(RawClient.error(answer).isEmpty(), answer::toString);
        var fields = answer.stream()
                .filter(RowDescription.class::isInstance)
                .map(description -> ((RowDescription) description).fields())
                .findFirst()
                .orElseThrow();
        return answer.stream()
                .filter(DataRow.class::isInstance)
                .map(row -> {
                    var values = new HashMap<String, String>();
                    for (var i = 0; i < fields.size(); i++) {
                        var name = fields.get(i).name();
                        ((DataRow) row).values().get(i).ifPresent(value -> values.put(name, value.toUtf8()));
                    }
                    return new Row(values);
                })
                .toList();
    }

    private String error(String command) throws IOException {
        return RawClient.error(console.query(command))
                .map(error -> error.diagnostic().code())
                .orElse("");
    }

    private void done(String command, String tag) throws IOException {
        var answer = console.query(command);
        assertEquals(List.of(tag), RawClient.tags(answer), answer::toString);
    }

    private String state(String name) {
        try {
            return show("STATE").stream()
                    .filter(row -> name.equals(row.get("key")))
                    .map(row -> row.get("value"))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    // Seeing

    @Test
    void clientsAndServersAreShownWithEachOther() throws Exception {
        try (var busy = proxy.connectPooled();
                var idle = proxy.connectPooled()) {
            busy.setAutoCommit(false);
            assertEquals("1", queryOne(busy, "SELECT 1"));
            assertEquals("1", queryOne(idle, "SELECT 1"));
            var backend = queryOne(busy, "SELECT pg_backend_pid()");

            var pool = show("POOLS").getFirst();
            assertEquals("postgres", pool.get("database"));
            assertEquals("postgres", pool.get("user"));
            assertEquals("2", pool.get("cl_active"));
            assertEquals("0", pool.get("cl_waiting"));
            assertEquals("1", pool.get("sv_active"));
            assertEquals("transaction", pool.get("pool_mode"));

            var clients = show("CLIENTS").stream()
                    .filter(client -> "postgres".equals(client.get("database")))
                    .toList();
            assertEquals(2, clients.size());
            var active = clients.stream()
                    .filter(client -> "active".equals(client.get("state")))
                    .findFirst()
                    .orElseThrow();
            assertEquals("127.0.0.1", active.get("addr"));
            assertFalse("0".equals(active.get("port")));
            var server = show("SERVERS").stream()
                    .filter(row -> active.get("link").equals(row.get("ptr")))
                    .findFirst()
                    .orElseThrow();
            assertEquals(active.get("ptr"), server.get("link"));
            assertEquals(backend, server.get("remote_pid"));
            assertTrue(server.get("connect_time").matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC"));

            var database = show("DATABASES").getFirst();
            assertEquals("postgres", database.get("name"));
            assertEquals("20", database.get("pool_size"));
            assertEquals("0", database.get("paused"));
            assertEquals("postgres", show("USERS").getFirst().get("name"));
            assertTrue(show("LISTS").contains(new Row(Map.of("list", "pools", "items", "1"))));
            busy.commit();
        }
    }

    @Test
    void whatTheStatementsHaveDoneIsCounted() throws Exception {
        try (var client = proxy.connectPooled()) {
            for (var i = 0; i < 5; i++) {
                assertEquals("1", queryOne(client, "SELECT 1"));
            }
            var stats = show("STATS").getFirst();
            var totals = show("STATS_TOTALS").getFirst();
            assertEquals("postgres", stats.get("database"));
            assertTrue(Long.parseLong(stats.get("total_xact_count")) >= 5, stats::toString);
            assertTrue(Long.parseLong(stats.get("total_query_time")) > 0, stats::toString);
            assertEquals(stats.get("total_xact_count"), totals.get("xact_count"));
            var sums = show("TOTALS");
            assertTrue(
                    sums.contains(new Row(Map.of("name", "total_xact_count", "value", totals.get("xact_count")))),
                    sums::toString);
        }
    }

    @Test
    void anotherBranchIsNeitherSeenNorSteered() throws Exception {
        var foreign = new BranchId("zyxwvutsrqpo");
        assertTrue(proxy.proxy.pooler().snapshot(foreign).clients().isEmpty());
        try (var client = proxy.connectPooled()) {
            assertEquals("1", queryOne(client, "SELECT 1"));
            var id = show("CLIENTS").stream()
                    .filter(row -> "postgres".equals(row.get("database")))
                    .map(row -> row.get("id"))
                    .findFirst()
                    .orElseThrow();
            assertFalse(proxy.proxy.pooler().killClient(foreign, Long.parseLong(id)));
            assertEquals("1", queryOne(client, "SELECT 1"));
        }
    }

    // Steering

    @Test
    void pauseAnswersWhenTheTransactionIsOverAndClientsWaitForResume() throws Exception {
        try (var client = proxy.connectPooled()) {
            client.setAutoCommit(false);
            assertEquals("1", queryOne(client, "SELECT 1"));
            console.send(new Query("PAUSE"));
            try (var second = new Second()) {
                Eventually.until(
                        SOON, "the pause began", () -> second.state("paused").equals("yes"));
                client.commit();
                assertEquals(List.of("PAUSE"), RawClient.tags(console.readUntilReady()));
                Eventually.until(SOON, "no server is left", () -> second.servers() == 0);
                assertEquals("55000", error("PAUSE"));
                done("RESUME", "RESUME");
                assertEquals("1", queryOne(client, "SELECT 1"));
                client.commit();
                assertEquals("55000", error("RESUME"));
            }
        }
    }

    @Test
    void aCancelRequestEndsTheWaitingPauseAndThePause() throws Exception {
        try (var client = proxy.connectPooled()) {
            client.setAutoCommit(false);
            assertEquals("1", queryOne(client, "SELECT 1"));
            console.send(new Query("PAUSE"));
            try (var second = new Second()) {
                Eventually.until(
                        SOON, "the pause began", () -> second.state("paused").equals("yes"));
            }
            try (var cancel = RawClient.connect(proxy.pooled())) {
                cancel.send(InitialCodec.encode(new CancelRequest(key.processId(), key.key())));
                cancel.readToTheEnd();
            }
            var answer = console.readUntilReady();
            assertEquals(
                    "57014", RawClient.error(answer).orElseThrow().diagnostic().code());
            assertEquals("no", state("paused"));
            assertEquals("1", queryOne(client, "SELECT 1"));
            client.commit();
            try (var late = proxy.connectPooled()) {
                assertEquals("1", queryOne(late, "SELECT 1"));
            }
        }
    }

    /** What is sent behind a waiting PAUSE is carried out behind it. */
    @Test
    void commandsBehindAWaitingOneKeepTheirTurn() throws Exception {
        try (var client = proxy.connectPooled()) {
            client.setAutoCommit(false);
            assertEquals("1", queryOne(client, "SELECT 1"));
            console.send(new Query("PAUSE; SHOW VERSION"), new Query("RESUME"), new Query("SHOW STATE"));
            try (var second = new Second()) {
                Eventually.until(
                        SOON, "the pause began", () -> second.state("paused").equals("yes"));
            }
            client.commit();
            assertEquals(List.of("PAUSE", "SHOW"), RawClient.tags(console.readUntilReady()));
            assertEquals(List.of("RESUME"), RawClient.tags(console.readUntilReady()));
            assertEquals(List.of("active", "paused", "suspended"), RawClient.rows(console.readUntilReady()));
        }
    }

    @Test
    void killClientEndsOneAndKillEndsAll() throws Exception {
        var one = proxy.connectPooled();
        var two = proxy.connectPooled();
        assertEquals("1", queryOne(one, "SELECT 1"));
        assertEquals("1", queryOne(two, "SELECT 1"));
        var ids = show("CLIENTS").stream()
                .filter(row -> "postgres".equals(row.get("database")))
                .map(row -> row.get("id"))
                .toList();
        assertEquals(2, ids.size());
        done("KILL_CLIENT " + ids.getFirst(), "KILL_CLIENT");
        Eventually.until(SOON, "one client is gone", () -> clients() == 1);
        assertEquals("42704", error("KILL_CLIENT " + ids.getFirst()));
        done("KILL", "KILL");
        Eventually.until(SOON, "both clients are gone", () -> clients() == 0);
        assertThrows(SQLException.class, () -> queryOne(one, "SELECT 1"));
        assertThrows(SQLException.class, () -> queryOne(two, "SELECT 1"));
        assertEquals("yes", state("paused"));
        done("RESUME", "RESUME");
        try (var next = proxy.connectPooled()) {
            assertEquals("1", queryOne(next, "SELECT 1"));
        }
    }

    private long clients() {
        try {
            return show("CLIENTS").stream()
                    .filter(row -> "postgres".equals(row.get("database")))
                    .count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aDisabledDatabaseRefusesNewClientsOnly() throws Exception {
        try (var old = proxy.connectPooled()) {
            assertEquals("1", queryOne(old, "SELECT 1"));
            done("DISABLE postgres", "DISABLE");
            assertThrows(SQLException.class, () -> proxy.connectPooled());
            assertEquals("1", queryOne(old, "SELECT 1"));
            assertEquals("1", show("DATABASES").getFirst().get("disabled"));
            done("ENABLE postgres", "ENABLE");
            try (var next = proxy.connectPooled()) {
                assertEquals("1", queryOne(next, "SELECT 1"));
            }
        }
    }

    @Test
    void reconnectReplacesServersAndWaitCloseWaitsForThem() throws Exception {
        try (var client = proxy.connectPooled()) {
            client.setAutoCommit(false);
            var before = queryOne(client, "SELECT pg_backend_pid()");
            done("RECONNECT", "RECONNECT");
            assertEquals("1", show("SERVERS").getFirst().get("close_needed"));
            console.send(new Query("WAIT_CLOSE"));
            client.commit();
            assertEquals(List.of("WAIT_CLOSE"), RawClient.tags(console.readUntilReady()));
            assertFalse(before.equals(queryOne(client, "SELECT pg_backend_pid()")));
            client.commit();
        }
    }

    @Test
    void theConsoleItselfCannotBeNamed() throws Exception {
        for (var command :
                List.of("PAUSE howdah", "KILL howdah", "DISABLE howdah", "RECONNECT howdah", "WAIT_CLOSE howdah")) {
            assertEquals("22023", error(command), command);
        }
    }

    @Test
    void aConsoleThatIsLeftDuringAPauseLeavesThePause() throws Exception {
        try (var client = proxy.connectPooled();
                var second = new Second()) {
            client.setAutoCommit(false);
            assertEquals("1", queryOne(client, "SELECT 1"));
            console.send(new Query("PAUSE"));
            Eventually.until(
                    SOON, "the pause began", () -> second.state("paused").equals("yes"));
            console.close();
            Eventually.until(SOON, "only the second console is there", () -> consoles() == 1);
            client.commit();
            Eventually.until(SOON, "no server is left", () -> second.servers() == 0);
            execute(second.connection, "RESUME");
            assertEquals("1", queryOne(client, "SELECT 1"));
            client.commit();
        }
    }

    private long consoles() {
        return proxy.proxy.sessions().stream()
                .filter(session -> session.database().equals("howdah"))
                .count();
    }

    /** Another operator, while the first one waits. */
    private final class Second implements AutoCloseable {
        final Connection connection;

        Second() throws SQLException {
            connection = proxy.console("postgres");
        }

        String state(String name) {
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery("SHOW STATE")) {
                while (rows.next()) {
                    if (rows.getString("key").equals(name)) {
                        return rows.getString("value");
                    }
                }
                return "";
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        int servers() {
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery("SHOW SERVERS")) {
                var count = 0;
                while (rows.next()) {
                    count++;
                }
                return count;
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }
}
