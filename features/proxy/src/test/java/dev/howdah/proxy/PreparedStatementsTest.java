package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.CloseComplete;
import dev.howdah.wire.BackendMessage.ParseComplete;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.ProtocolVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Protocol-level prepared statements of pooled clients, which belong to the client and not to the server that it happens to have. */
class PreparedStatementsTest {
    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestProxy poolOf(int size) {
        return pool(PoolSettings.ofSize(size));
    }

    private static TestProxy pool(PoolSettings settings) {
        return TestProxy.inFrontOf(postgres.address(), config -> config.withPool(settings));
    }

    private static RawClient raw(TestProxy proxy, String... parameters) throws IOException {
        var client = RawClient.connect(proxy.pooled()).encrypted();
        client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD, parameters);
        return client;
    }

    private static Bind bind(String statement) {
        return new Bind("", statement, List.of(), List.of(), List.of());
    }

    private static byte[] bytes(FrontendMessage... messages) {
        var all = new ByteArrayOutputStream();
        for (var message : messages) {
            var encoded = FrontendCodec.encode(message);
            while (encoded.hasRemaining()) {
                all.write(encoded.get());
            }
        }
        return all.toByteArray();
    }

    private static List<BackendMessage> round(RawClient client, FrontendMessage... messages) throws IOException {
        client.send(bytes(messages));
        client.send(new Sync());
        return client.readUntilReady();
    }

    private static List<BackendMessage> prepare(RawClient client, String name, String sql) throws IOException {
        return round(client, new Parse(name, sql, List.of()), new Describe(Target.STATEMENT, name));
    }

    private static List<String> run(RawClient client, String name) throws IOException {
        var messages = round(client, bind(name), new Describe(Target.PORTAL, ""), new Execute("", 0));
        RawClient.error(messages).ifPresent(error -> {
            throw new AssertionError(error.toString());
        });
        return RawClient.rows(messages);
    }

    private static String code(List<BackendMessage> messages) {
        return RawClient.error(messages).orElseThrow().diagnostic().code();
    }

    private static int prepared(RawClient client) throws IOException {
        return Integer.parseInt(RawClient.rows(client.query("SELECT count(*) FROM pg_prepared_statements"))
                .getFirst());
    }

    @Test
    void clientsShareOneServerAndOneCopyOfWhatTheyPrepareUnderNamesOfTheirOwn() throws IOException {
        try (var proxy = poolOf(1);
                var one = raw(proxy);
                var two = raw(proxy)) {
            prepare(one, "s", "SELECT 'one'");
            prepare(two, "s", "SELECT 'two'");
            prepare(two, "t", "SELECT 'one'");
            for (var i = 0; i < 3; i++) {
                assertEquals(List.of("one"), run(one, "s"));
                assertEquals(List.of("two"), run(two, "s"));
                assertEquals(List.of("one"), run(two, "t"));
            }
            assertEquals(2, prepared(one));
        }
    }

    @Test
    void clientFindsItsStatementsOnAnyServer() throws IOException {
        try (var proxy = poolOf(2);
                var one = raw(proxy);
                var other = raw(proxy)) {
            prepare(one, "s", "SELECT pg_backend_pid()");
            var first = run(one, "s");
            other.query("BEGIN"); // has the server that was used last
            var second = run(one, "s");
            assertTrue(!first.equals(second), first + " " + second);
            other.query("COMMIT");
            assertEquals(List.of(), RawClient.tags(round(one, new Close(Target.STATEMENT, "s"))));
            assertEquals("26000", code(round(one, bind("s"))));
        }
    }

    @Test
    void serverKeepsNoMoreThanItsLimit() throws IOException {
        try (var proxy = pool(PoolSettings.ofSize(1).with(PoolSetting.MAX_PREPARED_STATEMENTS, "3"));
                var one = raw(proxy)) {
            for (var i = 0; i < 10; i++) {
                prepare(one, "s" + i, "SELECT " + i);
            }
            assertEquals(3, prepared(one));
            for (var i = 0; i < 20; i++) {
                assertEquals(List.of(Integer.toString(i % 10)), run(one, "s" + i % 10));
            }
            assertEquals(3, prepared(one));
        }
    }

    @Test
    void parseAndCloseOfWhatIsThereAlreadyAreAnsweredInTheirPlace() throws IOException {
        try (var proxy = poolOf(1);
                var one = raw(proxy);
                var two = raw(proxy)) {
            prepare(one, "s", "SELECT 1");
            var answers = round(
                    two,
                    new Parse("a", "SELECT 1", List.of()),
                    bind("a"),
                    new Close(Target.STATEMENT, "a"),
                    new Parse("a", "SELECT 2", List.of()),
                    new Execute("", 0),
                    bind("a"),
                    new Execute("", 0));
            assertEquals(
                    "ParseComplete BindComplete CloseComplete ParseComplete DataRow CommandComplete BindComplete DataRow"
                            + " CommandComplete ReadyForQuery",
                    String.join(
                            " ",
                            answers.stream()
                                    .map(each -> each.getClass().getSimpleName())
                                    .toList()));
            assertEquals(List.of("1", "2"), RawClient.rows(answers));
            one.send(new Parse("again", "SELECT 1", List.of()), new Flush());
            assertEquals(new ParseComplete(), one.read());
            one.send(new Close(Target.STATEMENT, "again"), new Flush());
            assertEquals(new CloseComplete(), one.read());
            one.send(new Sync());
            one.readUntilReady();
        }
    }

    @Test
    void whatAnErrorSkipsHasNotHappened() throws IOException {
        try (var proxy = poolOf(1);
                var one = raw(proxy)) {
            prepare(one, "kept", "SELECT 'kept'");
            assertEquals(
                    "26000",
                    code(round(
                            one,
                            bind("nobody"),
                            new Parse("late", "SELECT 1", List.of()),
                            new Close(Target.STATEMENT, "kept"))));
            assertEquals("26000", code(round(one, bind("late"))));
            assertEquals(List.of("kept"), run(one, "kept"));
            assertEquals("42703", code(prepare(one, "bad", "SELECT nothing")));
            prepare(one, "bad", "SELECT 'good now'");
            assertEquals(List.of("good now"), run(one, "bad"));
            var again = prepare(one, "kept", "SELECT 2");
            assertEquals("42P05", code(again));
            assertEquals(
                    "prepared statement \"kept\" already exists",
                    RawClient.error(again).orElseThrow().diagnostic().message());
        }
    }

    @Test
    void namesOfTheServersOwnAreOutOfReach() throws IOException {
        try (var proxy = poolOf(1);
                var one = raw(proxy);
                var two = raw(proxy)) {
            prepare(one, "s", "SELECT 'secret'");
            var name = RawClient.rows(one.query("SELECT name FROM pg_prepared_statements"))
                    .getFirst();
            assertEquals("26000", code(round(two, bind(name))));
            assertEquals("26000", code(round(two, new Describe(Target.STATEMENT, name))));
            round(two, new Close(Target.STATEMENT, name));
            assertEquals(List.of("secret"), run(one, "s"));
        }
    }

    @Test
    void changedTableIsNoticedByNobodyOutsideATransaction() throws IOException, SQLException {
        postgres.execute("CREATE TABLE changing (a int)");
        postgres.execute("INSERT INTO changing VALUES (7)");
        postgres.execute("GRANT SELECT ON changing TO app");
        try (var proxy = poolOf(1);
                var one = raw(proxy)) {
            prepare(one, "s", "SELECT * FROM changing");
            assertEquals(List.of("7"), run(one, "s"));
            postgres.execute("ALTER TABLE changing ADD b text DEFAULT 'more'");
            var answers = round(one, bind("s"), new Describe(Target.PORTAL, ""), new Execute("", 0));
            assertEquals(Optional.empty(), RawClient.error(answers));
            assertEquals(2, ((RowDescription) answers.get(1)).fields().size());
            postgres.execute("ALTER TABLE changing ADD c int");
            one.send(bind("s"), new Describe(Target.PORTAL, ""), new Flush());
            assertEquals(new BackendMessage.BindComplete(), one.read());
            assertEquals(3, ((RowDescription) one.read()).fields().size());
            round(one, new Execute("", 0));
            postgres.execute("ALTER TABLE changing DROP c");
            one.query("BEGIN");
            assertEquals("0A000", code(round(one, bind("s"), new Describe(Target.PORTAL, ""), new Execute("", 0))));
            one.query("ROLLBACK");
            assertEquals(List.of("7"), run(one, "s"));
        }
    }

    /** A client that reads rows by what it was told before must not be given others; its driver prepares anew by itself. */
    @Test
    void changedTableIsToldToAClientThatDoesNotAskForItsColumnsAgain() throws IOException, SQLException {
        postgres.execute("CREATE TABLE told (a int)");
        postgres.execute("GRANT SELECT ON told TO app");
        try (var proxy = poolOf(1);
                var one = raw(proxy);
                var late = raw(proxy)) {
            prepare(one, "s", "SELECT * FROM told");
            postgres.execute("ALTER TABLE told ADD b int");
            assertEquals("0A000", code(round(one, bind("s"), new Execute("", 0))));
            assertEquals("0A000", code(round(one, bind("s"), new Execute("", 0))));
            round(one, new Describe(Target.STATEMENT, "s"));
            assertEquals(Optional.empty(), RawClient.error(round(one, bind("s"), new Execute("", 0))));
            postgres.execute("ALTER TABLE told ADD c int");
            // Its Parse meets the copy from before the change, and is as good as a new one all the same.
            var fresh = prepare(late, "mine", "SELECT * FROM told");
            assertEquals(3, ((RowDescription) fresh.get(2)).fields().size());
        }
    }

    @Test
    void discardedStatementsAreGoneForTheirClientOnly() throws IOException {
        for (var command : List.of("DISCARD ALL", "DEALLOCATE ALL")) {
            try (var proxy = poolOf(2);
                    var one = raw(proxy);
                    var two = raw(proxy)) {
                prepare(one, "s", "SELECT 1");
                prepare(two, "s", "SELECT 1");
                assertEquals(List.of(command), RawClient.tags(one.query(command)));
                assertEquals("26000", code(round(one, bind("s"))));
                assertEquals(List.of("1"), run(two, "s"));
                prepare(one, "s", "SELECT 2");
                assertEquals(List.of("2"), run(one, "s"));
            }
        }
    }

    @Test
    void sameTextMeansWhatEachClientsSettingsMakeOfIt() throws IOException, SQLException {
        for (var schema : List.of("left_side", "right_side")) {
            postgres.execute("CREATE SCHEMA " + schema);
            postgres.execute("GRANT USAGE ON SCHEMA " + schema + " TO app");
        }
        postgres.execute("CREATE TABLE left_side.thing AS SELECT 1 AS a");
        postgres.execute("CREATE TABLE right_side.thing AS SELECT 'x'::text AS a, 'y'::text AS b");
        postgres.execute("GRANT SELECT ON left_side.thing, right_side.thing TO app");
        try (var proxy = poolOf(1);
                var one = raw(proxy);
                var two = raw(proxy)) {
            one.query("SET search_path = left_side");
            two.query("SET search_path = right_side");
            one.query("SET DateStyle = 'ISO, MDY'");
            two.query("SET DateStyle = 'ISO, DMY'");
            for (var client : List.of(one, two)) {
                prepare(client, "t", "SELECT a FROM thing WHERE a = $1");
                prepare(client, "d", "SELECT '01/02/2020'::date");
            }
            for (var i = 0; i < 3; i++) {
                assertEquals(List.of("1"), runWith(one, "1"));
                assertEquals(List.of("x"), runWith(two, "x"));
                assertEquals(List.of("2020-01-02"), run(one, "d"));
                assertEquals(List.of("2020-02-01"), run(two, "d"));
            }
        }
    }

    private static List<String> runWith(RawClient client, String parameter) throws IOException {
        var value = Optional.of(ByteString.ofUtf8(parameter));
        return RawClient.rows(
                round(client, new Bind("", "t", List.of(), List.of(value), List.of()), new Execute("", 0)));
    }

    @Test
    void sameBytesInOtherEncodingsAreOtherTexts() throws IOException {
        try (var proxy = poolOf(1);
                var utf8 = raw(proxy, "client_encoding", "UTF8");
                var latin1 = raw(proxy, "client_encoding", "UTF8")) {
            latin1.query("SET client_encoding = 'LATIN1'");
            for (var client : List.of(utf8, latin1)) {
                prepare(client, "s", "SELECT length('ü')");
            }
            assertEquals(List.of("1"), run(utf8, "s"));
            assertEquals(List.of("2"), run(latin1, "s"));
            assertEquals(List.of("1"), run(utf8, "s"));
        }
    }

    @Test
    void withoutTheSettingStatementsKeepTheirServer() throws IOException {
        var settings = PoolSettings.ofSize(2)
                .with(PoolSetting.MAX_PREPARED_STATEMENTS, "0")
                .with(PoolSetting.MAX_PINNED_PER_POOL, "1");
        try (var proxy = pool(settings);
                var one = raw(proxy);
                var two = raw(proxy)) {
            prepare(one, "s", "SELECT 1");
            assertEquals("53300", code(prepare(two, "s", "SELECT 1")));
            assertEquals(List.of("1"), RawClient.rows(round(one, bind("s"), new Execute("", 0))));
        }
    }

    @Test
    void exchangeIsTheSameWhereverItIsCut() throws IOException {
        var exchange = bytes(
                new Parse("a", "SELECT $1::int / 1", List.of()),
                new Bind("", "a", List.of(), List.of(Optional.of(ByteString.ofUtf8("5"))), List.of()),
                new Describe(Target.STATEMENT, "a"),
                new Execute("", 0),
                new Sync(),
                bind("nobody"),
                new Parse("b", "SELECT 1", List.of()),
                new Sync(),
                new Close(Target.STATEMENT, "a"),
                new Parse("a", "SELECT 6", List.of()),
                bind("a"),
                new Execute("", 0),
                new Close(Target.STATEMENT, "a"),
                new Sync());
        try (var proxy = poolOf(1);
                var client = raw(proxy)) {
            var expected = "";
            for (var cut = 0; cut < exchange.length; cut++) {
                client.send(ByteBuffer.wrap(exchange, 0, cut));
                client.send(ByteBuffer.wrap(exchange, cut, exchange.length - cut));
                var answers = client.readUntilReady().toString() + client.readUntilReady() + client.readUntilReady();
                expected = expected.isEmpty() ? answers : expected;
                assertEquals(expected, answers, "cut at " + cut);
            }
            assertTrue(expected.getBytes(StandardCharsets.UTF_8).length > 0);
        }
    }
}
