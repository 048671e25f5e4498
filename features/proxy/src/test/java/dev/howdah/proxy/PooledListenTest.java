package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.NoticeResponse;
import dev.howdah.wire.BackendMessage.NotificationResponse;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** LISTEN on the pooled endpoint is what it is on a connection of one's own, and keeps no server. */
class PooledListenTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String LISTENERS =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'howdah listener'";

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
        return poolOf(PoolSettings.ofSize(size).withQueryWait(Duration.ofSeconds(10)));
    }

    private static TestProxy poolOf(PoolSettings pool) {
        return TestProxy.inFrontOf(postgres.address(), config -> config.withPool(pool));
    }

    private static List<String> payloads(List<BackendMessage> messages) {
        return messages.stream()
                .filter(NotificationResponse.class::isInstance)
                .map(message -> ((NotificationResponse) message).payload())
                .toList();
    }

    private static NotificationResponse notification(RawClient client) throws IOException {
        return (NotificationResponse) client.read();
    }

    /** The next thing that this client hears is a notification with this payload. */
    private static void hears(RawClient client, String payload) throws IOException {
        assertEquals(payload, notification(client).payload());
    }

    /** Nothing was on its way to this client: what is sent now arrives first. */
    private static void heardNothing(RawClient client, RawClient other) throws IOException {
        client.query("LISTEN howdah_end");
        other.query("NOTIFY howdah_end");
        assertEquals("howdah_end", notification(client).channel());
        client.query("UNLISTEN howdah_end");
    }

    @Test
    void everyListenerHearsEverythingInTheOrderOfTheCommits() throws Exception {
        try (var proxy = poolOf(3);
                var threads = Executors.newFixedThreadPool(4)) {
            var listeners = new ArrayList<RawClient>();
            for (var i = 0; i < 10; i++) {
                listeners.add(proxy.raw());
                assertEquals(
                        List.of("LISTEN"), RawClient.tags(listeners.getLast().query("LISTEN news")));
            }
            var notifiers = new ArrayList<Callable<Integer>>();
            for (var i = 0; i < 4; i++) {
                var name = "n" + i;
                notifiers.add(() -> notifyMuch(proxy, name));
            }
            for (var notifier : threads.invokeAll(notifiers)) {
                assertEquals(250, notifier.get());
            }
            var first = hears1000(listeners.getFirst());
            for (var i = 0; i < 4; i++) {
                var name = "n" + i + " ";
                assertEquals(
                        250,
                        first.stream().filter(each -> each.startsWith(name)).count());
                assertEquals(
                        first.stream()
                                .filter(each -> each.startsWith(name))
                                .sorted()
                                .toList(),
                        first.stream().filter(each -> each.startsWith(name)).toList());
            }
            for (var other : listeners) {
                if (other != listeners.getFirst()) {
                    assertEquals(first, hears1000(other));
                }
                other.close();
            }
        }
    }

    private static int notifyMuch(TestProxy proxy, String name) throws IOException {
        try (var client = proxy.raw()) {
            var sent = 0;
            while (sent < 250) {
                client.query("BEGIN");
                for (var end = Math.min(250, sent + 1 + sent % 3); sent < end; sent++) {
                    client.query("NOTIFY news, '%s %03d'".formatted(name, sent));
                }
                client.query("COMMIT");
            }
            return sent;
        }
    }

    private static List<String> hears1000(RawClient listener) throws IOException {
        var heard = new ArrayList<String>();
        while (heard.size() < 1000) {
            heard.add(notification(listener).payload());
        }
        return heard;
    }

    @Test
    void manyListenersUseOneServerConnectionAndKeepNone() throws Exception {
        try (var proxy = TestProxy.inFrontOf(
                postgres.address(),
                config -> config.withPool(PoolSettings.ofSize(1)).withOpenForBenchmarks())) {
            var clients = new ArrayList<RawClient>();
            for (var i = 0; i < 500; i++) {
                var client = RawClient.connect(proxy.pooled());
                client.send(RawClient.startup(ProtocolVersion.V3_0, "app." + BRANCH));
                client.readUntilReady();
                clients.add(client);
                client.query("LISTEN c" + i % 50);
                client.query("LISTEN everybody");
            }
            assertEquals("1", postgres.queryOne(LISTENERS));
            assertEquals("2", postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"));
            clients.getLast().query("NOTIFY c7, 'seven'; NOTIFY everybody, 'all'");
            for (var i = 0; i < 499; i++) {
                if (i % 50 == 7) {
                    hears(clients.get(i), "seven");
                }
                hears(clients.get(i), "all");
            }
            for (var client : clients) {
                client.close();
            }
        }
        Eventually.until(
                SOON, "nobody listens", () -> postgres.queryOne(LISTENERS).equals("0"));
    }

    @Test
    void connectionThatListensGoesWhenNobodyListens() throws Exception {
        try (var proxy = poolOf(1);
                var one = proxy.raw()) {
            one.query("LISTEN news");
            assertEquals("1", postgres.queryOne(LISTENERS));
            one.query("UNLISTEN news");
            Eventually.until(
                    SOON, "it is gone", () -> postgres.queryOne(LISTENERS).equals("0"));
            one.query("LISTEN news");
            assertEquals(List.of("again"), payloads(one.query("NOTIFY news, 'again'")));
        }
    }

    @Test
    void pooledServerItselfDoesNotListen() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("LISTEN news; LISTEN more");
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM pg_listening_channels()")));
            two.query("NOTIFY news");
            assertEquals(List.of(), payloads(two.query("SELECT 1")));
            hears(one, "");
        }
    }

    @Test
    void payloadsOfAnyLengthArriveWhole() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("LISTEN news");
            for (var length : List.of(0, 1, 100, 4096, 7998, 7999)) {
                two.query("SELECT pg_notify('news', repeat('x', %d))".formatted(length));
                hears(one, "x".repeat(length));
            }
            assertEquals("22023", RawClient.code(two.query("SELECT pg_notify('news', repeat('x', 8000))")));
        }
    }

    @Test
    void listenCountsWhenItsTransactionCommits() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("BEGIN");
            assertEquals(List.of("LISTEN"), RawClient.tags(one.query("LISTEN news")));
            two.query("NOTIFY news, 'before'");
            assertEquals(List.of(), payloads(one.query("SELECT 1")));
            var ended = one.query("COMMIT");
            assertEquals(List.of("COMMIT"), RawClient.tags(ended));
            assertEquals(List.of("before"), payloads(ended));
            one.query("BEGIN");
            one.query("LISTEN more; UNLISTEN news");
            two.query("NOTIFY more, 'never'; NOTIFY news, 'kept'");
            assertEquals(List.of("kept"), payloads(one.query("ROLLBACK")));
            heardNothing(one, two);
        }
    }

    @Test
    void savepointTakesItsListenBack() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("BEGIN; LISTEN a; SAVEPOINT s; LISTEN b");
            assertEquals("22012", RawClient.code(one.query("SELECT 1/0")));
            one.query("ROLLBACK TO s");
            one.query("LISTEN c");
            assertEquals(List.of("COMMIT"), RawClient.tags(one.query("COMMIT")));
            two.query("NOTIFY a, 'a'; NOTIFY b, 'b'; NOTIFY c, 'c'");
            hears(one, "a");
            hears(one, "c");
            heardNothing(one, two);
        }
    }

    @Test
    void failureInTheSameTextTakesTheListenBack() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            assertEquals("22012", RawClient.code(one.query("LISTEN news; SELECT 1/0")));
            two.query("NOTIFY news");
            heardNothing(one, two);
        }
    }

    @Test
    void notificationsWaitForTheEndOfATransaction() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("LISTEN news");
            one.query("BEGIN");
            two.query("NOTIFY news, '1'");
            two.query("NOTIFY news, '2'");
            assertEquals(List.of(), payloads(one.query("SELECT 1")));
            var messages = one.query("ROLLBACK");
            assertEquals(List.of("1", "2"), payloads(messages));
            assertTrue(messages.getFirst() instanceof CommandComplete);
        }
    }

    @Test
    void namesAreReadAsPostgresReadsThem() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("listen MixedCase");
            one.query("LISTEN \"Quoted \"\" Name\"");
            one.query("LISTEN " + "x".repeat(80));
            one.query("LISTEN \"Größe\"");
            two.query("NOTIFY mixedcase, '1'");
            two.query("NOTIFY \"MixedCase\", 'never'");
            two.query("NOTIFY \"Quoted \"\" Name\", '2'");
            two.query("SELECT pg_notify(repeat('x', 63), '3')");
            two.query("NOTIFY \"Größe\", 'Maß'");
            hears(one, "1");
            assertEquals(List.of("Quoted \" Name", "2"), channelAndPayload(notification(one)));
            assertEquals(List.of("x".repeat(63), "3"), channelAndPayload(notification(one)));
            assertEquals(List.of("Größe", "Maß"), channelAndPayload(notification(one)));
        }
    }

    private static List<String> channelAndPayload(NotificationResponse notification) {
        return List.of(notification.channel(), notification.payload());
    }

    @Test
    void textsComeInTheEncodingOfTheirClient() throws Exception {
        try (var proxy = poolOf(2);
                var one = proxy.raw("client_encoding", "LATIN1");
                var two = proxy.raw()) {
            var listen = "LISTEN größe\0".getBytes(StandardCharsets.ISO_8859_1);
            one.send(java.nio.ByteBuffer.allocate(5 + listen.length)
                    .put((byte) 'Q')
                    .putInt(4 + listen.length)
                    .put(listen)
                    .flip());
            one.readUntilReady();
            two.query("NOTIFY größe, 'Maß'");
            var expected = "größe\0Maß\0".getBytes(StandardCharsets.ISO_8859_1);
            assertEquals('A', one.readByte());
            var header = new byte[8];
            for (var i = 0; i < header.length; i++) {
                header[i] = (byte) one.readByte();
            }
            for (var each : expected) {
                assertEquals(each, (byte) one.readByte());
            }
        }
    }

    @Test
    void unlistenEndsIt() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            for (var end : List.of("UNLISTEN news", "UNLISTEN *", "DISCARD ALL")) {
                one.query("LISTEN news");
                assertEquals(List.of("here"), payloads(one.query("NOTIFY news, 'here'")));
                assertEquals(
                        List.of(end.split(" ")[0]),
                        List.of(RawClient.tags(one.query(end)).getFirst().split(" ")[0]));
                two.query("NOTIFY news, 'never'");
                heardNothing(one, two);
            }
        }
    }

    @Test
    void statementThatIsWrongFailsAsOnPostgres() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            assertEquals("42601", RawClient.code(one.query("LISTEN")));
            assertEquals("42601", RawClient.code(one.query("LISTEN a b")));
            assertEquals("42601", RawClient.code(one.query("LISTEN select")));
            assertEquals("42601", RawClient.code(one.query("LISTEN \"\"")));
            one.query("BEGIN; SELECT 1/0");
            assertEquals("25P02", RawClient.code(one.query("LISTEN a")));
            one.query("ROLLBACK");
            two.query("NOTIFY a; NOTIFY b; NOTIFY \"select\"");
            heardNothing(one, two);
        }
    }

    @Test
    void extendedProtocolListensToo() throws Exception {
        try (var proxy = poolOf(1);
                var one = proxy.connectPooled();
                var two = proxy.connectPooled()) {
            var listener = one.unwrap(PGConnection.class);
            try (var statement = one.prepareStatement("LISTEN news")) {
                statement.execute();
            }
            try (var statement = two.prepareStatement("SELECT pg_notify(?, ?)")) {
                statement.setString(1, "news");
                statement.setString(2, "extended");
                statement.execute();
            }
            var heard = listener.getNotifications(20_000);
            assertEquals(1, heard.length);
            assertEquals("extended", heard[0].getParameter());
            one.setAutoCommit(false);
            TestProxy.execute(one, "LISTEN more");
            one.rollback();
            one.setAutoCommit(true);
            TestProxy.execute(two, "NOTIFY more, 'never'; NOTIFY news, 'last'");
            heard = listener.getNotifications(20_000);
            assertEquals(1, heard.length);
            assertEquals("last", heard[0].getParameter());
        }
    }

    @Test
    void preparedListenIsExecutedAsOftenAsItsClientLikes() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.send(new Parse("l", "LISTEN news", List.of()), new Parse("u", "UNLISTEN news", List.of()), new Sync());
            assertTrue(RawClient.error(one.readUntilReady()).isEmpty());
            two.query("NOTIFY news, 'too early'");
            for (var i = 0; i < 3; i++) {
                one.send(bind("l"), new Execute("", 0), new Sync());
                assertEquals(List.of("LISTEN"), RawClient.tags(one.readUntilReady()));
                two.query("NOTIFY news, '%d'".formatted(i));
                hears(one, "" + i);
                one.send(bind("u"), new Execute("", 0), new Sync());
                assertEquals(List.of("UNLISTEN"), RawClient.tags(one.readUntilReady()));
                two.query("NOTIFY news, 'never'");
            }
            heardNothing(one, two);
        }
    }

    private static Bind bind(String statement) {
        return new Bind("", statement, List.of(), List.of(), List.of());
    }

    @Test
    void pipelinedStatementsListenInTheirPlace() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw()) {
            for (var sql : List.of("SELECT 1", "LISTEN a", "SELECT 2", "LISTEN b", "NOTIFY a, 'x'", "SELECT 3")) {
                one.send(new Query(sql));
            }
            var heard = new ArrayList<BackendMessage>();
            for (var i = 0; i < 6; i++) {
                heard.addAll(one.readUntilReady());
            }
            assertEquals(List.of("1", "2", "3"), RawClient.rows(heard));
            assertEquals(
                    List.of("SELECT 1", "LISTEN", "SELECT 1", "LISTEN", "NOTIFY", "SELECT 1"), RawClient.tags(heard));
            if (payloads(heard).isEmpty()) {
                hears(one, "x");
            }
        }
    }

    @Test
    void ownNotificationComesBeforeTheEndOfTheCommandThatSentIt() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw()) {
            one.query("LISTEN news");
            for (var i = 0; i < 200; i++) {
                var messages = one.query("NOTIFY news, '%d'".formatted(i));
                assertEquals(3, messages.size(), messages::toString);
                assertTrue(messages.get(0) instanceof CommandComplete);
                assertEquals(List.of("" + i), payloads(messages));
                assertTrue(messages.get(2) instanceof ReadyForQuery);
            }
            one.query("BEGIN; SELECT pg_notify('news', 'a'); SELECT pg_notify('news', 'b')");
            assertEquals(List.of("a", "b"), payloads(one.query("COMMIT")));
        }
    }

    @Test
    void notificationOfAnotherIsThereWithTheNextAnswer() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("LISTEN news");
            one.query("BEGIN");
            for (var i = 0; i < 200; i++) {
                two.query("NOTIFY news, '%d'".formatted(i));
                assertEquals(List.of("" + i), payloads(one.query("COMMIT; BEGIN; COMMIT")));
                one.query("BEGIN");
            }
        }
    }

    @Test
    void notificationNamesTheClientThatSentIt() throws IOException {
        try (var proxy = poolOf(1);
                var one = RawClient.connect(proxy.pooled()).encrypted();
                var two = RawClient.connect(proxy.pooled()).encrypted()) {
            var first = processId(one.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD));
            var second = processId(two.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD));
            one.query("LISTEN news");
            for (var i = 0; i < 20; i++) {
                var own = one.query("NOTIFY news");
                assertEquals(first, ((NotificationResponse) own.get(1)).processId());
                two.query("SELECT pg_notify('news', '')");
                assertEquals(second, notification(one).processId());
            }
        }
    }

    private static int processId(List<BackendMessage> login) {
        return login.stream()
                .filter(BackendKeyData.class::isInstance)
                .map(key -> ((BackendKeyData) key).processId())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void notificationOfATriggerIsNobodysOwn() throws IOException, SQLException {
        postgres.execute("""
                CREATE TABLE watched (a int);
                CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('news', 'row'); RETURN NEW; END $$;
                CREATE TRIGGER tell AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION tell();
                GRANT ALL ON watched TO app""");
        try (var proxy = poolOf(1);
                var one = RawClient.connect(proxy.pooled()).encrypted();
                var two = proxy.raw()) {
            var own = processId(one.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD));
            one.query("LISTEN news");
            one.query("NOTIFY news");
            two.query("INSERT INTO watched VALUES (1)");
            var heard = notification(one);
            assertEquals("row", heard.payload());
            assertNotEquals(own, heard.processId());
        }
    }

    @Test
    void clientThatKeepsItsServerHearsToo() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            one.query("CREATE TEMP TABLE mine (a int)");
            one.query("LISTEN news");
            two.query("NOTIFY news, 'kept'");
            hears(one, "kept");
            assertEquals(List.of("own"), payloads(one.query("NOTIFY news, 'own'")));
            assertEquals(List.of("0"), RawClient.rows(one.query("SELECT count(*) FROM mine")));
        }
    }

    @Test
    void clientThatDoesNotReadIsClosedAndNobodyElse() throws Exception {
        try (var proxy = poolOf(PoolSettings.ofSize(2).with(PoolSetting.LISTEN_BACKLOG_MAX, "1000000"));
                var one = proxy.raw();
                var two = proxy.raw();
                var lazy = proxy.raw()) {
            one.query("LISTEN news");
            lazy.query("LISTEN news");
            lazy.query("BEGIN");
            for (var i = 0; i < 200; i++) {
                two.query("SELECT pg_notify('news', repeat('x', 7000) || '%d')".formatted(i));
                hears(one, "x".repeat(7000) + i);
            }
            var error = ((ErrorResponse) lazy.read()).diagnostic();
            assertEquals("FATAL 57P01", error.severity() + " " + error.code());
            assertTrue(error.message().contains("1000000 bytes of notifications"), error.message());
            assertTrue(lazy.isClosed());
        }
    }

    @Test
    void limitIsThatOfTheBranchAsItIsNow() throws Exception {
        try (var proxy = poolOf(2);
                var two = proxy.raw();
                var lazy = proxy.raw()) {
            lazy.query("LISTEN news");
            lazy.query("BEGIN");
            proxy.proxy.pooler().set(BRANCH, "listen_backlog_max", "65536");
            two.query("SELECT pg_notify('news', repeat('x', 7000) || i) FROM generate_series(1, 20) i");
            var error = ((ErrorResponse) lazy.read()).diagnostic();
            assertTrue(error.message().contains("65536 bytes of notifications"), error.message());
        }
    }

    @Test
    void clientThatReadsNothingAtAllIsClosed() throws Exception {
        try (var proxy = poolOf(PoolSettings.ofSize(2).with(PoolSetting.LISTEN_BACKLOG_MAX, "1000000"));
                var two = proxy.raw();
                var lazy = proxy.raw()) {
            lazy.query("LISTEN news");
            Eventually.until(SOON, "it is closed", () -> {
                two.query("SELECT pg_notify('news', repeat('x', 7000) || i) FROM generate_series(1, 100) i");
                return proxy.proxy.sessions().size() == 1;
            });
            assertTrue(RawClient.error(two.query("SELECT 1")).isEmpty());
        }
    }

    private static void endListener() throws SQLException {
        postgres.queryOne(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'howdah listener'");
    }

    @Test
    void lossOfTheConnectionThatListensClosesThoseWhoListen() throws Exception {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var other = proxy.raw()) {
            one.query("LISTEN news");
            endListener();
            var error = ((ErrorResponse) one.read()).diagnostic();
            assertEquals("FATAL 57P01", error.severity() + " " + error.code());
            assertTrue(error.message().startsWith("notifications may have been lost"), error.message());
            assertTrue(one.isClosed());
            assertEquals(List.of("again"), List.of(listenAndHear(other, "again")));
        }
    }

    private static String listenAndHear(RawClient client, String payload) throws IOException {
        client.query("LISTEN news");
        return String.join(",", payloads(client.query("NOTIFY news, '%s'".formatted(payload))));
    }

    @Test
    void lossIsOnlyTaughtWhereThatIsWanted() throws Exception {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            proxy.proxy.pooler().set(BRANCH, "listen_on_loss", "notice");
            one.query("LISTEN news; LISTEN more");
            endListener();
            var warning = ((NoticeResponse) one.read()).diagnostic();
            assertEquals("WARNING 57P01", warning.severity() + " " + warning.code());
            Eventually.until(SOON, "it listens again", () -> {
                two.query("NOTIFY probe");
                return postgres.queryOne(LISTENERS).equals("1")
                        && RawClient.tags(two.query("LISTEN more")).equals(List.of("LISTEN"));
            });
            two.query("UNLISTEN *");
            two.query("NOTIFY news, 'again'");
            hears(one, "again");
        }
    }

    @Test
    void listenThatCannotBeServedFailsAndItsSessionGoesOn() throws Exception {
        postgres.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 1 PASSWORD '" + PASSWORD + "'");
        try (var proxy = poolOf(1);
                var one = RawClient.connect(proxy.pooled()).encrypted()) {
            one.logIn(ProtocolVersion.V3_0, "narrow." + BRANCH, PASSWORD);
            one.query("BEGIN");
            assertEquals("08006", RawClient.code(one.query("LISTEN news")));
            assertEquals("25P02", RawClient.code(one.query("SELECT 1")));
            one.query("ROLLBACK");
            one.send(new Parse("", "LISTEN news", List.of()), bind(""), new Execute("", 0), new Sync());
            assertEquals("08006", RawClient.code(one.readUntilReady()));
            assertEquals(List.of("1"), RawClient.rows(one.query("SELECT 1")));
        }
    }
}
