package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static dev.howdah.proxy.TestProxy.execute;
import static dev.howdah.proxy.TestProxy.queryOne;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.console.ConsoleView;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.PortalSuspended;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console as psql, pgjdbc and a program that speaks the bare protocol see it. */
class ConsoleSessionTest {
    private static TestPostgres postgres;

    private TestProxy proxy;

    @BeforeAll
    static void startServer() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("GRANT pg_monitor, pg_signal_backend TO postgres");
        postgres.execute("CREATE ROLE watcher LOGIN PASSWORD '" + PASSWORD + "'; GRANT pg_monitor TO watcher");
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void start() {
        proxy = TestProxy.inFrontOf(postgres.address());
    }

    @AfterEach
    void stop() {
        proxy.close();
    }

    private Connection console(String role, String... properties) throws SQLException {
        return proxy.console(role, properties);
    }

    private record Ran(int exitCode, String out, String error) {}

    private Ran psql(String role, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("psql", "-X", "-At"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command);
        builder.environment()
                .putAll(Map.of(
                        "PGHOST",
                        "localhost",
                        "PGPORT",
                        Integer.toString(proxy.pooled().getPort()),
                        "PGUSER",
                        role + "." + BRANCH,
                        "PGPASSWORD",
                        PASSWORD,
                        "PGDATABASE",
                        "howdah",
                        "PGSSLMODE",
                        "verify-full",
                        "PGSSLROOTCERT",
                        proxy.caFile()));
        var process = builder.start();
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ran(process.waitFor(), out, error);
    }

    private RawClient raw(String role) throws IOException {
        var client = RawClient.connect(proxy.pooled()).encrypted();
        client.logIn(ProtocolVersion.V3_0, role + "." + BRANCH, PASSWORD, "database", "howdah");
        return client;
    }

    // Programs

    @Test
    void psqlRunsOneCommandBehindTheOther() throws Exception {
        var ran = psql(
                "postgres",
                "-c",
                "SHOW VERSION",
                "-c",
                "SHOW STATE",
                "-c",
                "SET query_timeout = 7s",
                "-c",
                "SHOW query_timeout");
        assertEquals(0, ran.exitCode(), ran.error());
        assertEquals(
                List.of(
                        "PgBouncer 1.25.2 compatible console of Howdah",
                        "active|yes",
                        "paused|no",
                        "suspended|no",
                        "SET query_timeout=7s",
                        "7"),
                ran.out().lines().toList());
    }

    @Test
    void psqlGetsTheHelpAsANoticeAndAsRows() throws Exception {
        var ran = psql("watcher", "-c", "SHOW HELP");
        assertEquals(0, ran.exitCode());
        assertTrue(ran.error().startsWith("NOTICE:  Console usage\nDETAIL:  \n\tSHOW HELP|VERSION|POOLS"), ran.error());
        assertTrue(ran.out().contains("PAUSE [db]|"), ran.out());
    }

    @Test
    void psqlReadsAnErrorAndGoesOn() throws Exception {
        var ran = psql(
                "postgres",
                "-c",
                "SELECT * FROM pg_class",
                "-c",
                "SHOW STATE; nonsense; SHOW VERSION",
                "-c",
                "SHUTDOWN");
        assertEquals(1, ran.exitCode());
        var errors = ran.error();
        assertTrue(errors.contains("ERROR:  invalid command 'SELECT * FROM pg_class', use SHOW HELP;"), errors);
        assertTrue(errors.contains("ERROR:  invalid command 'nonsense', use SHOW HELP;"), errors);
        assertTrue(errors.contains("HINT:  Stop the platform with: howdah down"), errors);
        assertEquals("", ran.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"})
    void pgjdbcReadsEveryViewInEveryMode(String mode) throws Exception {
        try (var own = console("watcher", "preferQueryMode", mode, "ApplicationName", "grafana");
                var other = proxy.connectPooled()) {
            assertTrue(own.isValid(5));
            assertEquals("1", queryOne(other, "SELECT 1"));
            for (var view : ConsoleView.values()) {
                if (view != ConsoleView.FDS) {
                    readTwice(own, view);
                }
            }
            assertEquals("grafana", queryOne(own, "SHOW application_name"));
        }
    }

    /** The second time the driver knows the types and asks for binary values. */
    private static void readTwice(Connection console, ConsoleView view) throws SQLException {
        try (var statement = console.prepareStatement("SHOW " + view)) {
            statement.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(1);
            statement.setFetchSize(1);
            var first = text(statement);
            assertEquals(first.isEmpty(), text(statement).isEmpty(), view.name());
        }
    }

    private static List<String> text(java.sql.PreparedStatement statement) throws SQLException {
        var rows = new ArrayList<String>();
        try (var result = statement.executeQuery()) {
            while (result.next()) {
                var row = new ArrayList<String>();
                for (var i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    row.add(result.getString(i));
                }
                rows.add(row.toString());
            }
        }
        return rows;
    }

    @Test
    void pgjdbcMayUseTransactionsAndRestoreASession() throws Exception {
        try (var console = console("postgres")) {
            console.setAutoCommit(false);
            assertEquals("active", queryOne(console, "SHOW STATE"));
            var wrong = assertThrows(SQLException.class, () -> queryOne(console, "SHOW nothing"));
            assertEquals("42704", wrong.getSQLState());
            // An error undoes nothing here, so nothing must be rolled back first.
            assertEquals("active", queryOne(console, "SHOW STATE"));
            console.commit();
            console.rollback();
            console.setAutoCommit(true);
            execute(console, "SET extra_float_digits = 3");
            assertEquals(
                    "SET ignored",
                    console.getWarnings() == null
                            ? "SET ignored"
                            : console.getWarnings().getMessage());
            execute(console, "DISCARD ALL");
            assertEquals("howdah", queryOne(console, "SELECT current_database()"));
            assertEquals("postgres", queryOne(console, "SELECT current_user"));
        }
    }

    // Rights

    @Test
    void whoMayNotMonitorIsNotLetIn() throws Exception {
        var refused = assertThrows(SQLException.class, () -> console("app"));
        assertEquals("42501", refused.getSQLState());
        assertTrue(TestProxy.message(refused).contains("GRANT pg_monitor"), refused.getMessage());
        var wrong = assertThrows(SQLException.class, () -> console("watcher", "password", "wrong"));
        assertEquals("28P01", wrong.getSQLState());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PAUSE",
                "PAUSE postgres",
                "RESUME",
                "DISABLE postgres",
                "ENABLE postgres",
                "RECONNECT",
                "KILL",
                "KILL_CLIENT 1",
                "RELOAD",
                "SET default_pool_size = 1",
                "WAIT_CLOSE"
            })
    void whoMayOnlyMonitorSteersNothing(String command) throws Exception {
        try (var console = console("watcher")) {
            var refused = assertThrows(SQLException.class, () -> execute(console, command));
            assertEquals("42501", refused.getSQLState());
            assertTrue(TestProxy.message(refused).contains("GRANT pg_signal_backend"), refused.getMessage());
            assertEquals("20", queryOne(console, "SHOW default_pool_size"));
        }
    }

    @Test
    void rightsAreInheritedButNotThoseThatNeedSetRole() throws Exception {
        postgres.execute("""
                CREATE ROLE heir LOGIN PASSWORD '%1$s'; GRANT watcher TO heir;
                CREATE ROLE stranger LOGIN NOINHERIT PASSWORD '%1$s'; GRANT pg_monitor TO stranger WITH INHERIT FALSE, SET TRUE
                """.formatted(PASSWORD));
        try (var console = console("heir")) {
            assertEquals("active", queryOne(console, "SHOW STATE"));
        }
        assertEquals(
                "42501",
                assertThrows(SQLException.class, () -> console("stranger")).getSQLState());
    }

    @Test
    void onTheDirectEndpointTheNameIsThatOfAnyDatabase() {
        var missing = assertThrows(
                SQLException.class,
                () -> proxy.connect(proxy.direct(), "howdah", "postgres." + BRANCH, PASSWORD, new String[0]));
        assertEquals("3D000", missing.getSQLState());
    }

    // The protocol

    @Test
    void rowsComeInPartsWhenAskedFor() throws Exception {
        try (var client = raw("watcher")) {
            client.send(
                    new Parse("s", "SHOW LISTS", List.of()),
                    new Describe(Target.STATEMENT, "s"),
                    new Bind("", "s", List.of(), List.of(), List.of(0, 1)),
                    new Describe(Target.PORTAL, ""),
                    new Execute("", 5),
                    new Execute("", 5),
                    new Execute("", 0),
                    new Sync());
            var messages = client.readUntilReady();
            var kinds = messages.stream()
                    .map(message -> message.getClass().getSimpleName())
                    .toList();
            assertEquals(
                    List.of(
                            "ParseComplete",
                            "ParameterDescription",
                            "RowDescription",
                            "BindComplete",
                            "RowDescription"),
                    kinds.subList(0, 5));
            assertEquals(
                    2,
                    messages.stream().filter(PortalSuspended.class::isInstance).count());
            assertEquals(14, messages.stream().filter(DataRow.class::isInstance).count());
            assertEquals(List.of("SHOW"), RawClient.tags(messages));
            var described = (RowDescription) messages.get(4);
            assertEquals(1, described.fields().get(1).format());
        }
    }

    @Test
    void anErrorSkipsUpToSyncAndTheConnectionStays() throws Exception {
        try (var client = raw("watcher")) {
            client.send(
                    new Parse("", "nonsense", List.of()),
                    new Bind("", "", List.of(), List.of(), List.of()),
                    new Execute("", 0),
                    new Sync(),
                    new Query("SHOW STATE"));
            assertEquals(
                    "42601",
                    RawClient.error(client.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
            assertEquals(List.of("active", "paused", "suspended"), RawClient.rows(client.readUntilReady()));
            client.send(new Execute("nowhere", 0), new Sync());
            assertEquals(
                    "42704",
                    RawClient.error(client.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
            client.send(new Parse("", "SHOW STATE", List.of(23)), new Sync());
            assertEquals(
                    "0A000",
                    RawClient.error(client.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
        }
    }

    @Test
    void emptyTextsAndManyStatementsAreAnswered() throws Exception {
        try (var client = raw("postgres")) {
            assertEquals(
                    List.of("EmptyQueryResponse", "ReadyForQuery"),
                    client.query(" ; ").stream()
                            .map(message -> message.getClass().getSimpleName())
                            .toList());
            assertEquals(
                    List.of("BEGIN", "SET query_timeout=5", "SHOW", "COMMIT"),
                    RawClient.tags(client.query("begin; set query_timeout = 5; show version; commit")));
            assertEquals(
                    "53400",
                    RawClient.error(client.query("show state;".repeat(200)))
                            .orElseThrow()
                            .diagnostic()
                            .code());
            var begun = client.query("BEGIN");
            assertEquals(
                    new BackendMessage.ReadyForQuery(BackendMessage.TransactionStatus.IN_TRANSACTION), begun.getLast());
            assertEquals(
                    new BackendMessage.ReadyForQuery(BackendMessage.TransactionStatus.IDLE),
                    client.query("ROLLBACK").getLast());
        }
    }

    @Test
    void aMessageBeyondTheLimitEndsTheConnection() throws Exception {
        try (var client = raw("postgres")) {
            client.send(new Query("SHOW STATE --" + "x".repeat(70_000)));
            assertEquals(
                    "08P01",
                    RawClient.error(client.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
            assertTrue(client.isClosed());
        }
    }

    @ParameterizedTest
    @EnumSource(ConsoleView.class)
    void everyRowHasAValueForEveryColumn(ConsoleView view) throws Exception {
        try (var client = raw("watcher");
                var other = proxy.connectPooled()) {
            assertEquals("1", queryOne(other, "SELECT 1"));
            var answer = client.query("SHOW " + view);
            if (view == ConsoleView.FDS) {
                assertEquals(
                        "0A000",
                        RawClient.error(answer).orElseThrow().diagnostic().code());
                return;
            }
            assertTrue(RawClient.error(answer).isEmpty(), answer::toString);
            var columns = answer.stream()
                    .filter(RowDescription.class::isInstance)
                    .map(description -> ((RowDescription) description).fields().size())
                    .findFirst()
                    .orElseThrow();
            for (var message : answer) {
                if (message instanceof DataRow row) {
                    assertEquals(columns, row.values().size());
                }
            }
            assertEquals(new CommandComplete("SHOW"), answer.get(answer.size() - 2));
        }
    }

    @Test
    void wrongSettingsAreRefusedInTheWordsOfTheSettings() throws Exception {
        try (var console = console("postgres")) {
            assertEquals(
                    "22023",
                    assertThrows(SQLException.class, () -> execute(console, "SET default_pool_size = many"))
                            .getSQLState());
            assertEquals(
                    "42704",
                    assertThrows(SQLException.class, () -> execute(console, "SET log_connections = 1"))
                            .getSQLState());
            execute(console, "SET default_pool_size = 7");
            assertEquals("7", queryOne(console, "SHOW default_pool_size"));
            execute(console, "RELOAD");
            assertEquals("20", queryOne(console, "SHOW default_pool_size"));
        }
    }

    @Test
    void theSessionIsListedAndCanBeClosed() throws Exception {
        try (var client = raw("watcher")) {
            assertTrue(proxy.proxy.sessions().stream()
                    .anyMatch(session -> session.database().equals("howdah")
                            && session.role().equals("watcher")));
            assertEquals(1, proxy.proxy.closeSessions(BRANCH, "watcher", "the password was reset"));
            assertEquals(
                    "57P01",
                    RawClient.error(client.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
        }
        assertFalse(proxy.events.refusals.stream().anyMatch(text -> text.contains("watcher")));
    }
}
