package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.CopyData;
import dev.howdah.wire.FrontendMessage.CopyDone;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients and servers of the pooled endpoint that do what they should not: nobody else may notice. */
class PooledTroubleTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("CREATE TABLE numbers (n int)");
        postgres.execute("GRANT ALL ON numbers TO app");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestProxy poolOf(int size) {
        return poolOf(PoolSettings.ofSize(size).withQueryWait(Duration.ofSeconds(10)));
    }

    private static TestProxy poolOf(PoolSettings pool) {
        return TestProxy.inFrontOf(postgres.address(), config -> config.withPool(pool));
    }

    /** As one piece, so that the proxy sees all of it before any answer. */
    private static ByteBuffer together(FrontendMessage... messages) {
        var bytes = ByteBuffer.allocate(1 << 16);
        for (var message : messages) {
            bytes.put(FrontendCodec.encode(message));
        }
        return bytes.flip();
    }

    private static Bind bind(String statement) {
        return new Bind("", statement, List.of(), List.of(), List.of());
    }

    @Test
    void settingWithAnotherQueryRightBehindItStaysWithItsClient() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.send(together(new Query("SET statement_timeout = '1234ms'"), new Query("SELECT 1")));
            one.readUntilReady();
            one.readUntilReady();
            assertEquals(List.of("0"), RawClient.rows(two.query("SHOW statement_timeout")));
            assertEquals(List.of("1234ms"), RawClient.rows(one.query("SHOW statement_timeout")));
        }
    }

    @Test
    void settingInOtherLettersFollowsItsClient() throws IOException {
        try (var proxy = poolOf(4);
                var one = proxy.raw("client_encoding", "UTF8");
                var two = proxy.raw("client_encoding", "UTF8")) {
            one.query("SET my.tenant = 'Müller'");
            two.query("SET my.tenant = 'Maier'");
            for (var i = 0; i < 3; i++) {
                assertEquals(List.of("Müller"), RawClient.rows(one.query("SHOW my.tenant")));
                assertEquals(List.of("Maier"), RawClient.rows(two.query("SHOW my.tenant")));
            }
        }
    }

    @Test
    void statementOfAnotherClientIsNotFoundBehindANamedOneOrASync() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw()) {
            one.send(new Parse("", "SELECT 'secret'", List.of()), bind(""), new Execute("", 0), new Sync());
            assertEquals(List.of("secret"), RawClient.rows(one.readUntilReady()));
            try (var two = proxy.raw()) {
                two.send(together(new Sync(), bind(""), new Execute("", 0), new Sync()));
                two.readUntilReady();
                assertEquals("26000", RawClient.code(two.readUntilReady()));
            }
            one.send(new Parse("", "SELECT 'secret'", List.of()), bind(""), new Execute("", 0), new Sync());
            one.readUntilReady();
            try (var two = proxy.raw()) {
                two.send(together(new Parse("mine", "SELECT 1", List.of()), bind(""), new Execute("", 0), new Sync()));
                assertEquals("26000", RawClient.code(two.readUntilReady()));
                two.send(together(bind("mine"), new Execute("", 0), new Sync()));
                assertEquals(List.of("1"), RawClient.rows(two.readUntilReady()));
            }
        }
    }

    @Test
    void statementThatFailsToParseDoesNotKeepTheServer() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.send(
                    new Parse("", "SELECT nothing like that", List.of()),
                    new Describe(Target.STATEMENT, ""),
                    new Sync());
            assertEquals("42703", RawClient.code(one.readUntilReady()));
            assertEquals(List.of("1"), RawClient.rows(two.query("SELECT 1")));
        }
    }

    @Test
    void copyThatFailsGivesItsServerBackWhateverFollowsIt() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.send(new Query("COPY numbers FROM STDIN"));
            one.read();
            one.send(new CopyData(ByteString.ofUtf8("no number\n")), new CopyData(ByteString.ofUtf8("1\n2\n")));
            one.send(new CopyDone());
            assertEquals("22P02", RawClient.code(one.readUntilReady()));
            one.send(new CopyData(ByteString.ofUtf8("late\n")), new CopyDone());
            assertEquals(List.of("0"), RawClient.rows(two.query("SELECT count(*) FROM numbers")));
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM numbers")));
        }
    }

    @Test
    void clientThatDiesInCopyLeavesNothingBehind() throws IOException {
        try (var proxy = poolOf(1);
                var two = proxy.raw()) {
            try (var one = proxy.raw()) {
                one.send(new Query("COPY numbers FROM STDIN"));
                one.read();
                one.send(new CopyData(ByteString.ofUtf8("1\n")));
            }
            assertEquals(List.of("0"), RawClient.rows(two.query("SELECT count(*) FROM numbers")));
        }
    }

    @Test
    void clientThatDiesWithUnreadAnswersTakesItsServerAlong() throws IOException {
        try (var proxy = poolOf(1);
                var two = proxy.raw()) {
            try (var one = proxy.raw()) {
                for (var i = 0; i < 20; i++) {
                    one.send(new Query("SELECT repeat('x', 100000) FROM generate_series(1, 10)"));
                }
            }
            assertEquals(List.of("2"), RawClient.rows(two.query("SELECT 2")));
        }
    }

    @Test
    void messagesWithoutABodyAreTheServersToRefuse() throws IOException {
        try (var proxy = poolOf(1);
                var two = proxy.raw()) {
            for (var tag : List.of('Q', 'P', 'F', 'B', 'E', 'C', 'D')) {
                try (var one = proxy.raw()) {
                    one.send(new byte[] {(byte) (char) tag, 0, 0, 0, 4});
                    one.send(new Sync());
                    assertEquals("08P01", RawClient.code(one.readUntilReady()), "message " + tag);
                }
            }
            assertEquals(List.of("1"), RawClient.rows(two.query("SELECT 1")));
        }
    }

    @Test
    void impossibleLengthsEndTheSessionAndNothingElse() throws IOException {
        try (var proxy = poolOf(1);
                var two = proxy.raw()) {
            for (var length : List.of(0, 3, -1, Integer.MIN_VALUE, 0x40000004, Integer.MAX_VALUE)) {
                try (var one = proxy.raw()) {
                    one.send(ByteBuffer.allocate(5)
                            .put((byte) 'Q')
                            .putInt(length)
                            .flip());
                    assertEquals("08P01", RawClient.code(one.readUntilReady()), "length " + length);
                    assertTrue(one.isClosed());
                }
            }
            assertEquals(List.of("1"), RawClient.rows(two.query("SELECT 1")));
        }
    }

    @Test
    void serversThatDieIdleAreReplaced() throws IOException, SQLException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            for (var i = 0; i < 3; i++) {
                one.query("SELECT 1");
                postgres.queryOne(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'");
                Eventually.until(
                        SOON,
                        "they are gone",
                        () -> postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")
                                .equals("0"));
                assertEquals(List.of("2"), RawClient.rows(one.query("SELECT 2")));
            }
        }
    }

    @Test
    void waitingClientIsServedAlthoughAServerOfAnotherKindComesFree() throws IOException {
        try (var proxy = poolOf(3);
                var a1 = proxy.raw();
                var a2 = proxy.raw();
                var b = proxy.raw("options", "-c work_mem=7MB");
                var c = proxy.raw("options", "-c work_mem=8MB")) {
            a1.query("BEGIN");
            b.query("SELECT 1");
            c.query("BEGIN");
            a2.send(new Query("SELECT 'a2'"));
            a1.send(new Query("COMMIT"));
            c.send(new Query("COMMIT"));
            b.send(new Query("SELECT 'b'"));
            assertEquals(List.of("a2"), RawClient.rows(a2.readUntilReady()));
            assertEquals(List.of("b"), RawClient.rows(b.readUntilReady()));
        }
    }

    private static String refusal(List<BackendMessage> messages) {
        var error = RawClient.error(messages).orElseThrow().diagnostic();
        assertEquals("53300", error.code(), error.message());
        return error.message();
    }

    @Test
    void atMostHalfOfAPoolIsKeptByClients() throws IOException {
        try (var proxy = poolOf(4);
                var other = proxy.raw()) {
            try (var one = proxy.raw();
                    var two = proxy.raw();
                    var three = proxy.raw()) {
                one.query("PREPARE news AS SELECT 1");
                two.query("SELECT pg_advisory_lock(2)");
                assertTrue(refusal(three.query("PREPARE news AS SELECT 1")).contains(" for PREPARE: "));
                assertTrue(refusal(three.query("SELECT pg_advisory_lock(1)")).contains("pg_advisory_lock"));
                assertTrue(refusal(three.query("BEGIN; CREATE TEMP TABLE t (a int)"))
                        .contains("TEMP"));
                three.send(
                        new Parse("mine", "PREPARE news AS SELECT 1", List.of()),
                        bind("mine"),
                        new Execute("", 0),
                        new Sync());
                assertTrue(refusal(three.readUntilReady()).contains(" for PREPARE: "));
                three.send(
                        together(new Query("SELECT 1"), new Query("PREPARE news AS SELECT 1"), new Query("SELECT 3")));
                assertEquals(List.of("1"), RawClient.rows(three.readUntilReady()));
                refusal(three.readUntilReady());
                assertEquals(List.of("3"), RawClient.rows(three.readUntilReady()));
                assertEquals(List.of(), RawClient.tags(one.query("")));
                assertEquals(List.of("t"), RawClient.rows(two.query("SELECT pg_advisory_unlock(2)")));
            }
            Eventually.until(
                    SOON,
                    "their places are free",
                    () -> RawClient.error(other.query("PREPARE news AS SELECT 1"))
                            .isEmpty());
        }
    }

    @Test
    void refusedStatementFailsTheTransactionItIsIn() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("PREPARE news AS SELECT 1");
            two.query("BEGIN");
            refusal(two.query("PREPARE news AS SELECT 1"));
            assertEquals("25P02", RawClient.code(two.query("SELECT 1")));
            two.query("ROLLBACK");
            assertEquals(List.of("1"), RawClient.rows(two.query("SELECT 1")));
        }
    }

    @Test
    void clientThatKeepsAServerIdleIsClosed() throws IOException {
        try (var proxy = poolOf(PoolSettings.ofSize(2).withPinIdle(Duration.ofMillis(300)));
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("PREPARE news AS SELECT 1");
            var error = RawClient.error(one.readUntilReady()).orElseThrow().diagnostic();
            assertEquals("FATAL 57P05", error.severity() + " " + error.code());
            assertTrue(one.isClosed());
            assertEquals(List.of(), RawClient.tags(two.query("")));
            assertTrue(RawClient.error(two.query("PREPARE news AS SELECT 1")).isEmpty());
        }
    }

    @Test
    void settingThatHasBecomeInvalidStopsItsClientBeforeAnythingRuns() throws IOException, SQLException {
        postgres.execute("CREATE TEXT SEARCH CONFIGURATION public.passing (COPY = pg_catalog.simple)");
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("SET default_text_search_config = 'public.passing'");
            two.query("SELECT 1");
            postgres.execute("DROP TEXT SEARCH CONFIGURATION public.passing");
            assertEquals("08006", RawClient.code(one.query("INSERT INTO numbers VALUES (1)")));
            assertEquals(List.of("0"), RawClient.rows(two.query("SELECT count(*) FROM numbers")));
        }
    }

    @Test
    void settingChangedBehindAFunctionIsNotTakenForTheOneThatFollows() throws IOException, SQLException {
        postgres.execute("""
                CREATE FUNCTION move_style() RETURNS text LANGUAGE sql AS $$ SELECT set_config('DateStyle', 'SQL, DMY', false) $$
                """);
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("SET DateStyle = 'German'");
            two.query("SET DateStyle = 'German'");
            one.query("SELECT move_style()");
            for (var i = 0; i < 3; i++) {
                assertEquals(List.of("German, DMY"), RawClient.rows(two.query("SHOW DateStyle")));
                assertEquals(List.of("SQL, DMY"), RawClient.rows(one.query("SHOW DateStyle")));
            }
        }
    }

    @Test
    void clientWithVeryManySettingsKeepsItsServerAndAllOfThem() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            for (var i = 0; i < 100; i++) {
                one.query("SET my.s%d = 'v%d'".formatted(i, i));
            }
            assertEquals(List.of("0"), RawClient.rows(two.query("SHOW statement_timeout")));
            for (var i : List.of(0, 63, 64, 99)) {
                assertEquals(List.of("v" + i), RawClient.rows(one.query("SHOW my.s" + i)));
            }
        }
    }

    @Test
    void applicationNameIsShownAsItIsNow() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw("application_name", "first")) {
            assertEquals("first", proxy.proxy.sessions().getFirst().applicationName());
            one.query("SET application_name = 'second'");
            Eventually.until(
                    SOON,
                    "it is shown",
                    () -> proxy.proxy.sessions().getFirst().applicationName().equals("second"));
        }
    }
}
