package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static dev.howdah.proxy.TestProxy.execute;
import static dev.howdah.proxy.TestProxy.queryOne;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.FrontendMessage.Terminate;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PooledEndpointTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("CREATE TABLE counter (n int)");
        postgres.execute("INSERT INTO counter VALUES (0)");
        postgres.execute("GRANT ALL ON counter TO postgres, app");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestProxy poolOf(int size) {
        return poolOf(size, Duration.ofSeconds(30));
    }

    private static TestProxy poolOf(int size, Duration queryWait) {
        return TestProxy.inFrontOf(
                postgres.address(),
                config -> config.withPool(PoolSettings.ofSize(size).withQueryWait(queryWait)));
    }

    @Test
    void thirtyClientsShareThreeServers() throws Exception {
        try (var proxy = poolOf(3);
                var threads = Executors.newFixedThreadPool(30)) {
            var work = new ArrayList<Callable<Integer>>();
            for (var i = 0; i < 30; i++) {
                work.add(() -> countUp(proxy));
            }
            for (var each : threads.invokeAll(work)) {
                assertEquals(20, each.get());
            }
            assertEquals("600", postgres.queryOne("SELECT n FROM counter"));
            assertTrue(Integer.parseInt(
                            postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'postgres'"))
                    <= 3);
        }
    }

    private static int countUp(TestProxy proxy) throws SQLException {
        try (var connection = proxy.connect(proxy.pooled(), "postgres." + BRANCH, PASSWORD, "prepareThreshold", "0")) {
            connection.setAutoCommit(false);
            for (var i = 0; i < 10; i++) {
                execute(connection, "UPDATE counter SET n = n + 1");
                connection.commit();
            }
            connection.setAutoCommit(true);
            try (var statement = connection.prepareStatement("UPDATE counter SET n = n + ?")) {
                for (var i = 0; i < 10; i++) {
                    statement.setInt(1, 1);
                    statement.executeUpdate();
                }
            }
            return 20;
        }
    }

    @Test
    void settingsStayWithTheirClient() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("SET statement_timeout = '1234ms'");
            one.query("SET statement_timeout = 'no time'");
            assertEquals(List.of("1234ms"), RawClient.rows(one.query("SHOW statement_timeout")));
            assertEquals(List.of("0"), RawClient.rows(two.query("SHOW statement_timeout")));
            one.send(new Terminate());
            assertEquals(List.of("0"), RawClient.rows(two.query("SHOW statement_timeout")));
            try (var three = proxy.raw()) {
                assertEquals(List.of("0"), RawClient.rows(three.query("SHOW statement_timeout")));
            }
        }
    }

    @Test
    void plainSettingsFollowTheirClientWithoutKeepingItsServer() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("SET statement_timeout = '1234ms'");
            one.query("set DateStyle to 'German', DMY;");
            two.query("SET lock_timeout TO 77");
            for (var i = 0; i < 3; i++) {
                assertEquals(List.of("1234ms"), RawClient.rows(one.query("SHOW statement_timeout")));
                assertEquals(List.of("German, DMY"), RawClient.rows(one.query("SHOW DateStyle")));
                assertEquals(List.of("0"), RawClient.rows(one.query("SHOW lock_timeout")));
                assertEquals(List.of("0"), RawClient.rows(two.query("SHOW statement_timeout")));
                assertEquals(List.of("ISO, MDY"), RawClient.rows(two.query("SHOW DateStyle")));
                assertEquals(List.of("77ms"), RawClient.rows(two.query("SHOW lock_timeout")));
            }
        }
    }

    @Test
    void settingMadeInsideAFunctionStaysWithItsClientWhenTheServerReportsIt() throws IOException, SQLException {
        postgres.execute("""
                CREATE FUNCTION move_zone() RETURNS text LANGUAGE sql AS $$ SELECT set_config('TimeZone', 'Asia/Tokyo', false) $$
                """);
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("SELECT move_zone()");
            assertEquals(List.of("Asia/Tokyo"), RawClient.rows(one.query("SHOW TimeZone")));
            assertNotEquals(List.of("Asia/Tokyo"), RawClient.rows(two.query("SHOW TimeZone")));
        }
    }

    @Test
    void applicationNameFollowsTheClient() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw("application_name", "one");
                var two = proxy.raw("application_name", "it's two")) {
            assertEquals(List.of("one"), RawClient.rows(one.query("SHOW application_name")));
            assertEquals(List.of("it's two"), RawClient.rows(two.query("SHOW application_name")));
            assertEquals(List.of("one"), RawClient.rows(one.query("SHOW application_name")));
        }
    }

    @Test
    void startupParametersAreNotShared() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw("options", "-c work_mem=7MB");
                var two = proxy.raw()) {
            assertEquals(List.of("7MB"), RawClient.rows(one.query("SHOW work_mem")));
            assertNotEquals(List.of("7MB"), RawClient.rows(two.query("SHOW work_mem")));
            assertEquals(List.of("7MB"), RawClient.rows(one.query("SHOW work_mem")));
        }
    }

    @Test
    void namedStatementsWork() throws SQLException {
        try (var proxy = poolOf(4);
                var one = proxy.connect(proxy.pooled(), "app." + BRANCH, PASSWORD, "prepareThreshold", "1");
                var two = proxy.connect(proxy.pooled(), "app." + BRANCH, PASSWORD, "prepareThreshold", "1")) {
            for (var i = 0; i < 5; i++) {
                assertEquals("one" + i, prepared(one, "SELECT 'one' || ?", i));
                assertEquals("two" + i, prepared(two, "SELECT 'two' || ?", i));
            }
        }
    }

    private static String prepared(Connection connection, String sql, int parameter) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.setInt(1, parameter);
            try (var rows = statement.executeQuery()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }

    @Test
    void transactionKeepsItsServerAndOthersWaitTheirTurn() throws Exception {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            one.query("BEGIN");
            var pid = RawClient.rows(one.query("SELECT pg_backend_pid()"));
            var late = threads.submit(() -> RawClient.rows(two.query("SELECT pg_backend_pid()")));
            Eventually.until(
                    SOON,
                    "two waits",
                    () -> proxy.proxy.sessions().stream()
                            .anyMatch(session -> session.state() == SessionSnapshot.State.WAITING));
            assertEquals(pid, RawClient.rows(one.query("SELECT pg_backend_pid()")));
            one.query("COMMIT");
            assertEquals(pid, late.get());
        }
    }

    @Test
    void clientThatWaitsTooLongIsClosed() throws IOException {
        try (var proxy = poolOf(1, Duration.ofMillis(300));
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("BEGIN");
            var error = RawClient.error(two.query("SELECT 1")).orElseThrow().diagnostic();
            assertEquals("57014", error.code());
            assertTrue(error.message().startsWith("query_wait_timeout"));
        }
    }

    @Test
    void abandonedTransactionIsRolledBack() throws IOException, SQLException {
        postgres.execute("CREATE TABLE abandoned (a int)");
        postgres.execute("GRANT ALL ON abandoned TO app");
        try (var proxy = poolOf(1);
                var two = proxy.raw()) {
            try (var one = proxy.raw()) {
                one.query("BEGIN");
                one.query("INSERT INTO abandoned VALUES (1)");
            }
            assertEquals(List.of("0"), RawClient.rows(two.query("SELECT count(*) FROM abandoned")));
        }
    }

    @Test
    void unnamedStatementOfAnotherClientIsNotSeen() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.send(
                    new Parse("", "SELECT 'secret'", List.of()),
                    new Bind("", "", List.of(), List.of(), List.of()),
                    new Execute("", 0),
                    new Sync());
            assertEquals(List.of("secret"), RawClient.rows(one.readUntilReady()));
            two.send(new Bind("", "", List.of(), List.of(), List.of()), new Execute("", 0), new Sync());
            assertEquals(
                    "26000",
                    RawClient.error(two.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
        }
    }

    @Test
    void unnamedStatementLivesFromItsParseToItsExecute() throws Exception {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.send(new Parse("", "SELECT 'mine'", List.of()), new Describe(Target.STATEMENT, ""), new Sync());
            one.readUntilReady();
            two.query("SELECT 1");
            one.send(new Bind("", "", List.of(), List.of(), List.of()), new Execute("", 0), new Sync());
            assertEquals(List.of("mine"), RawClient.rows(one.readUntilReady()));
        }
    }

    @Test
    void pipelinedRoundsAreAnsweredInOrder() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            for (var i = 0; i < 50; i++) {
                one.send(new Query("SELECT " + i));
                two.send(new Query("SELECT " + -i));
            }
            for (var i = 0; i < 50; i++) {
                assertEquals(List.of(Integer.toString(i)), RawClient.rows(one.readUntilReady()));
                assertEquals(List.of(Integer.toString(-i)), RawClient.rows(two.readUntilReady()));
            }
        }
    }

    @Test
    void cancelHitsItsOwnQueryOnly() throws Exception {
        try (var proxy = poolOf(1);
                var connection = proxy.connectPooled();
                var statement = connection.createStatement();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = threads.submit(() -> statement.execute("SELECT pg_sleep(60), 'pooled'"));
            Eventually.until(
                    SOON,
                    "it runs",
                    () -> postgres.queryOne(
                                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60), ''pooled%'")
                            .equals("1"));
            statement.cancel();
            var failure = assertThrows(ExecutionException.class, running::get);
            assertEquals("57014", TestProxy.sqlState(failure));
            for (var i = 0; i < 20; i++) {
                statement.cancel(); // nothing runs: nobody may be hit
                assertEquals("1", queryOne(connection, "SELECT 1"));
            }
        }
    }

    @Test
    void copyReleasesItsServer() throws Exception {
        try (var proxy = poolOf(1);
                var one = proxy.connectPooled();
                var two = proxy.connectPooled()) {
            execute(one, "CREATE TABLE copied (a int)");
            var copy = one.unwrap(org.postgresql.PGConnection.class).getCopyAPI();
            copy.copyIn("COPY copied FROM STDIN", new java.io.StringReader("1\n2\n"));
            assertEquals("2", queryOne(two, "SELECT count(*) FROM copied"));
            assertEquals("2", queryOne(one, "SELECT count(*) FROM copied"));
        }
    }
}
