package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.testkit.VerifyScale;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage.CopyData;
import dev.howdah.wire.FrontendMessage.CopyDone;
import dev.howdah.wire.FrontendMessage.CopyFail;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Much traffic, slow clients and servers that change their mind on the pooled endpoint. */
class PooledTrafficTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int DATUM_BYTES = VerifyScale.current().choose(100_000_000, 1_000_000_000);
    private static final long MEMORY_BYTES_MAX = 32 << 20;

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("CREATE TABLE lines (line text)");
        postgres.execute("GRANT ALL ON lines TO app");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestProxy poolOf(int size) {
        return TestProxy.inFrontOf(
                postgres.address(),
                config -> config.withPool(PoolSettings.ofSize(size).withQueryWait(Duration.ofSeconds(10))));
    }

    private static long memoryBytes() {
        for (var i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
                + ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .mapToLong(BufferPoolMXBean::getTotalCapacity)
                        .sum();
    }

    @Test
    void clientThatStopsReadingCostsLittleAndBlocksNobody() throws IOException {
        try (var proxy = poolOf(2);
                var lazy = proxy.raw();
                var other = proxy.raw()) {
            other.query("SELECT 1");
            var before = memoryBytes();
            lazy.send(new Query("SELECT repeat('x', 1000) FROM generate_series(1, 200000)"));
            for (var i = 0; i < 200; i++) {
                assertEquals(List.of("" + i), RawClient.rows(other.query("SELECT " + i)));
            }
            Eventually.until(
                    SOON,
                    "the server waits for the client",
                    () -> postgres.queryOne(
                                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT repeat(%' AND wait_event = 'ClientWrite'")
                            .equals("1"));
            var growth = memoryBytes() - before;
            assertTrue(growth < MEMORY_BYTES_MAX, growth + " bytes are kept for it");
            var rows = 0;
            for (var tag = lazy.skip(); tag != 'Z'; tag = lazy.skip()) {
                rows += tag == 'D' ? 1 : 0;
            }
            assertEquals(200_000, rows);
            assertEquals(List.of("1"), RawClient.rows(lazy.query("SELECT 1")));
        }
    }

    @Test
    void serverThatStopsReadingSlowsItsClientOnly() throws Exception {
        try (var proxy = poolOf(2);
                var busy = proxy.raw();
                var other = proxy.raw();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            busy.send(new Query("COPY lines FROM STDIN"));
            assertEquals('G', busy.skip());
            var line = new CopyData(ByteString.ofUtf8("x".repeat(9999) + "\n"));
            var before = memoryBytes();
            var pid = postgres.queryOne(
                    "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY lines%' AND usename = 'app'");
            signal(pid, "STOP");
            try {
                var sending = threads.submit(() -> {
                    for (var i = 0; i < 5000; i++) {
                        busy.send(line);
                    }
                    busy.send(new CopyDone());
                    return true;
                });
                for (var i = 0; i < 100; i++) {
                    assertEquals(List.of("" + i), RawClient.rows(other.query("SELECT " + i)));
                }
                var growth = memoryBytes() - before;
                assertTrue(growth < MEMORY_BYTES_MAX, growth + " bytes are kept for it");
                signal(pid, "CONT");
                assertTrue(sending.get());
            } finally {
                signal(pid, "CONT");
            }
            assertEquals(List.of("COPY 5000"), RawClient.tags(busy.readUntilReady()));
            busy.query("TRUNCATE lines");
        }
    }

    private static void signal(String pid, String name) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("kill", "-" + name, pid).start().waitFor());
    }

    @Test
    void hugeDatumPassesBothWaysInLittleMemory() throws Exception {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            one.send(new Query("SELECT repeat('x', %d)".formatted(DATUM_BYTES)));
            assertEquals("TDCZ", tagsUntilReady(one));
            one.send(new Parse("", "SELECT length($1)", List.of(25)));
            var sent = threads.submit(() -> {
                sendHugeBind(one);
                return true;
            });
            assertEquals("12DCZ", tagsUntilReady(one));
            assertTrue(sent.get());
            assertEquals(List.of("1"), RawClient.rows(one.query("SELECT 1")));
        }
    }

    private static String tagsUntilReady(RawClient client) throws IOException {
        var tags = new StringBuilder();
        do {
            tags.append(client.skip());
        } while (tags.charAt(tags.length() - 1) != 'Z');
        return tags.toString();
    }

    private static void sendHugeBind(RawClient client) throws IOException {
        // Two empty names, no formats, one parameter of that length, no result formats.
        client.send(ByteBuffer.allocate(15)
                .put((byte) 'B')
                .putInt(4 + 2 + 2 + 2 + 4 + DATUM_BYTES + 2)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 1)
                .putInt(DATUM_BYTES)
                .flip());
        var piece = "y".repeat(1_000_000).getBytes(StandardCharsets.US_ASCII);
        for (var sent = 0; sent < DATUM_BYTES; sent += piece.length) {
            client.send(piece);
        }
        client.send(ByteBuffer.allocate(2));
        client.send(new Execute("", 0), new Sync());
    }

    @Test
    void copyOfManyMegabytesFailsHalfWayAndThenWorks() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            var line = new CopyData(ByteString.ofUtf8(("x".repeat(999) + "\n").repeat(100)));
            for (var end : List.of("fail", "wrong", "done")) {
                one.send(new Query("COPY lines FROM STDIN"));
                assertEquals('G', one.skip());
                for (var i = 0; i < 200; i++) {
                    one.send(line);
                    if (i == 100 && end.equals("wrong")) {
                        one.send(new CopyData(ByteString.ofUtf8("too\tmany\tcolumns\n")));
                    }
                }
                if (end.equals("fail")) {
                    one.send(new CopyFail("on purpose"));
                    assertEquals("57014", RawClient.code(one.readUntilReady()));
                } else {
                    one.send(new CopyDone());
                    var answer = one.readUntilReady();
                    if (end.equals("wrong")) {
                        assertEquals("22P04", RawClient.code(answer));
                    } else {
                        assertEquals(List.of("COPY 20000"), RawClient.tags(answer));
                    }
                }
                assertEquals(
                        List.of(end.equals("done") ? "20000" : "0"),
                        RawClient.rows(two.query("SELECT count(*) FROM lines")));
            }
            two.query("TRUNCATE lines");
        }
    }

    @Test
    void statementWhosePlanHasChangedIsPreparedAgainOutsideATransaction() throws IOException, SQLException {
        postgres.execute("CREATE TABLE shaped (a int); GRANT ALL ON shaped TO app");
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.send(
                    new Parse("s", "SELECT * FROM shaped", List.of()),
                    BothEndpoints.bind("", "s"),
                    new Execute("", 0),
                    new Sync());
            one.readUntilReady();
            postgres.execute("ALTER TABLE shaped ADD COLUMN b int");
            one.send(BothEndpoints.bind("", "s"), new Execute("", 0), new Sync());
            var answer = one.readUntilReady();
            assertTrue(RawClient.error(answer).isEmpty(), answer::toString);
            postgres.execute("ALTER TABLE shaped ADD COLUMN c int");
            one.query("BEGIN");
            one.send(BothEndpoints.bind("", "s"), new Execute("", 0), new Sync());
            var inTransaction = RawClient.error(one.readUntilReady());
            assertTrue(inTransaction.isEmpty()
                    || inTransaction.get().diagnostic().code().equals("0A000"));
            one.query("ROLLBACK");
            one.send(BothEndpoints.bind("", "s"), new Execute("", 0), new Sync());
            answer = one.readUntilReady();
            assertTrue(RawClient.error(answer).isEmpty(), answer::toString);
            assertEquals(List.of("1"), RawClient.rows(two.query("SELECT 1")));
        }
    }

    @Test
    void transactionThatTheServerEndsLeavesItsClientOpen() throws Exception {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("SET idle_in_transaction_session_timeout = '100ms'");
            one.query("BEGIN");
            Eventually.until(
                    SOON,
                    "its server is gone",
                    () -> postgres.queryOne(
                                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state LIKE 'idle in%'")
                            .equals("0"));
            var error =
                    RawClient.error(one.query("SELECT 'lost'")).orElseThrow().diagnostic();
            assertTrue(List.of("25P03", "08006", "57P01").contains(error.code()), error::toString);
            assertEquals(List.of("1"), RawClient.rows(two.query("SELECT 1")));
            if (!error.severity().equals("ERROR")) {
                assertTrue(one.isClosed());
            } else {
                one.query("ROLLBACK");
                assertEquals(List.of("2"), RawClient.rows(one.query("SELECT 2")));
            }
        }
    }

    @Test
    void settingsThatServersReportBetweenTransactionsReachNobodyElse() throws Exception {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("SELECT 1");
            var before = RawClient.rows(two.query("SHOW DateStyle"));
            postgres.execute("ALTER SYSTEM SET DateStyle = 'German'");
            postgres.queryOne("SELECT pg_reload_conf()");
            try {
                Eventually.until(
                        SOON,
                        "a new server shows it",
                        () -> RawClient.rows(one.query("SHOW DateStyle")).equals(List.of("German, DMY"))
                                || RawClient.rows(one.query("SHOW DateStyle")).equals(List.of("German, MDY")));
                var answer = two.query("SELECT 1");
                assertEquals(List.of("1"), RawClient.rows(answer), answer::toString);
            } finally {
                postgres.execute("ALTER SYSTEM RESET DateStyle");
                postgres.queryOne("SELECT pg_reload_conf()");
            }
            Eventually.until(
                    SOON,
                    "it is as before",
                    () -> RawClient.rows(two.query("SHOW DateStyle")).equals(before));
        }
    }
}
