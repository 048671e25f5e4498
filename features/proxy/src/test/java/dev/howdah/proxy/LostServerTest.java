package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.CopyData;
import dev.howdah.wire.FrontendMessage.CopyDone;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that end under their clients: the connections stay, and nothing runs that should not. */
class LostServerTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Set<String> LOSS = Set.of("57P01", "08006");

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("CREATE TABLE entries (n int)");
        postgres.execute("GRANT ALL ON entries TO app, postgres");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @BeforeEach
    void empty() throws SQLException {
        postgres.execute("TRUNCATE entries");
    }

    private static TestProxy poolOf(int size) {
        return TestProxy.inFrontOf(postgres.address(), config -> config.withPool(PoolSettings.ofSize(size)));
    }

    private static String count(String condition) throws SQLException {
        return postgres.queryOne(
                "SELECT count(*) FROM pg_stat_activity WHERE usename IN ('app', 'postgres') AND " + condition);
    }

    private static void endServers() throws SQLException {
        postgres.queryOne(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename IN ('app', 'postgres')");
        Eventually.until(SOON, "they are gone", () -> count("true").equals("0"));
    }

    private static void whileItSleeps() throws SQLException {
        Eventually.until(
                SOON, "it sleeps", () -> count("wait_event = 'PgSleep'").equals("1"));
        endServers();
    }

    private static void assertLost(BackendMessage message) {
        var error = ((ErrorResponse) message).diagnostic();
        assertEquals("ERROR", error.severity(), error.toString());
        assertTrue(LOSS.contains(error.code()), error.toString());
    }

    private static void assertReady(TransactionStatus status, BackendMessage message) {
        assertEquals(new ReadyForQuery(status), message);
    }

    private static Bind bind(String statement) {
        return new Bind("", statement, List.of(), List.of(), List.of());
    }

    private static List<BackendMessage> round(RawClient client, FrontendMessage... messages) throws IOException {
        client.send(messages);
        client.send(new Sync());
        return client.readUntilReady();
    }

    @Test
    void restOfALostTransactionNeverRuns() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            one.query("BEGIN");
            one.query("INSERT INTO entries VALUES (1)");
            endServers();
            var first = one.query("INSERT INTO entries VALUES (2)");
            assertLost(first.getFirst());
            assertReady(TransactionStatus.FAILED, first.getLast());
            var second = one.query("INSERT INTO entries VALUES (3)");
            assertEquals("25P02", RawClient.code(second));
            assertReady(TransactionStatus.FAILED, second.getLast());
            var third = round(
                    one, new Parse("", "INSERT INTO entries VALUES (4)", List.of()), bind(""), new Execute("", 0));
            assertEquals(2, third.size());
            assertEquals("25P02", RawClient.code(third));
            var end = one.query("COMMIT");
            assertEquals(List.of("ROLLBACK"), RawClient.tags(end));
            assertReady(TransactionStatus.IDLE, end.getLast());
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM entries")));
        }
    }

    @Test
    void commitOfALostTransactionIsNoSuccess() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            one.query("BEGIN");
            one.query("INSERT INTO entries VALUES (1)");
            endServers();
            var end = one.query("COMMIT");
            assertLost(end.getFirst());
            one.query("ROLLBACK");
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM entries")));
        }
    }

    @Test
    void lostTransactionIsEndedByPreparedStatementsToo() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            round(one, new Parse("end", "ROLLBACK", List.of()));
            one.query("BEGIN");
            endServers();
            one.query("SELECT 1");
            var answers = round(one, bind("end"), new Describe(Target.PORTAL, ""), new Execute("", 0));
            assertEquals(List.of("ROLLBACK"), RawClient.tags(answers));
            assertReady(TransactionStatus.IDLE, answers.getLast());
            one.query("BEGIN");
            endServers();
            one.query("SELECT 1");
            one.send(new Parse("other", " rollback work; ", List.of()), bind("other"), new Execute("", 0));
            one.send(new Parse("", "SELECT 5", List.of()), bind(""), new Execute("", 0), new Sync());
            assertEquals(List.of("5"), RawClient.rows(one.readUntilReady()));
            assertEquals(List.of("ROLLBACK"), RawClient.tags(round(one, bind("other"), new Execute("", 0))));
        }
    }

    @Test
    void everyQueryUnderWayIsAnswered() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            one.send(new Query("SELECT pg_sleep(60)"), new Query("SELECT 2"));
            one.send(new Parse("s", "SELECT 3", List.of()), bind("s"), new Execute("", 0), new Sync());
            whileItSleeps();
            for (var i = 0; i < 3; i++) {
                var answers = one.readUntilReady();
                assertLost(answers.get(answers.size() - 2));
                assertReady(TransactionStatus.IDLE, answers.getLast());
            }
            assertEquals(List.of("4"), RawClient.rows(one.query("SELECT 4")));
            assertEquals("26000", RawClient.code(round(one, bind("s"))));
        }
    }

    @Test
    void transactionThatBeginsInAPipelineIsLostAsAWhole() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            one.send(new Query("SELECT pg_sleep(60)"), new Query("BEGIN"), new Query("INSERT INTO entries VALUES (1)"));
            whileItSleeps();
            one.send(new Query("INSERT INTO entries VALUES (2)"), new Query("COMMIT"));
            for (var i = 0; i < 4; i++) {
                assertTrue(RawClient.error(one.readUntilReady()).isPresent());
            }
            one.readUntilReady();
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM entries")));
        }
    }

    @Test
    void roundWithoutItsSyncIsSkippedToIt() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            one.send(new Parse("", "SELECT pg_sleep(60)", List.of()), bind(""), new Flush(), new Execute("", 0));
            one.read();
            one.read();
            whileItSleeps();
            assertLost(one.read());
            one.send(new Parse("", "INSERT INTO entries VALUES (1)", List.of()), bind(""), new Execute("", 0));
            one.send(new Sync());
            assertReady(TransactionStatus.IDLE, one.read());
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM entries")));
        }
    }

    @Test
    void copyIsCutOffAndItsRestThrownAway() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            one.send(new Query("COPY entries FROM STDIN"));
            one.read();
            one.send(new CopyData(ByteString.ofUtf8("1\n")));
            endServers();
            assertLost(one.read());
            assertReady(TransactionStatus.IDLE, one.read());
            one.send(new CopyData(ByteString.ofUtf8("2\n")), new CopyDone());
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM entries")));
        }
    }

    @Test
    void clientWithSessionStateIsToldAtOnceAndLivesOn() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            one.query("SELECT pg_advisory_lock(1)");
            endServers();
            var message = one.read();
            while (message instanceof BackendMessage.NoticeResponse) {
                message = one.read();
            }
            assertLost(message);
            assertTrue(((ErrorResponse) message).diagnostic().message().contains("session state is lost"));
            assertEquals(List.of("1"), RawClient.rows(one.query("SELECT 1")));
            assertEquals(
                    List.of("0"),
                    RawClient.rows(one.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")));
        }
    }

    @Test
    void driverRollsBackAndGoesOn() throws SQLException {
        try (var proxy = poolOf(2);
                var connection = proxy.connectPooled()) {
            connection.setAutoCommit(false);
            TestProxy.execute(connection, "INSERT INTO entries VALUES (1)");
            endServers();
            var failure = assertThrows(
                    SQLException.class, () -> TestProxy.execute(connection, "INSERT INTO entries VALUES (2)"));
            assertTrue(LOSS.contains(String.valueOf(failure.getSQLState())), failure.toString());
            connection.rollback();
            TestProxy.execute(connection, "INSERT INTO entries VALUES (3)");
            connection.commit();
            assertEquals("3", TestProxy.queryOne(connection, "SELECT string_agg(n::text, ' ') FROM entries"));
        }
    }
}
