package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.SqlState;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.NegotiateProtocolVersion;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A client's first bytes, good and bad. */
class OpeningTest {
    private static final String USER = "app." + BRANCH;

    private static TestPostgres postgres;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        proxy = TestProxy.inFrontOf(postgres.address());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        postgres.close();
    }

    private static ErrorResponse fatal(BackendMessage message) {
        var error = (ErrorResponse) message;
        assertEquals("FATAL", error.diagnostic().severity());
        return error;
    }

    @Test
    void plainTextIsRefusedWithAHint() throws IOException {
        try (var client = RawClient.connect(proxy.direct())) {
            client.send(RawClient.startup(ProtocolVersion.V3_0, USER));
            var error = fatal(client.read()).diagnostic();
            assertEquals("28000", error.code());
            assertEquals("SSL connection is required", error.message());
            assertEquals(Optional.of("Use sslmode=require or connect with SSL enabled"), error.hint());
            assertTrue(client.isClosed());
        }
    }

    @Test
    void directTlsWithoutAlpnIsClosed() throws IOException {
        try (var client = RawClient.connect(proxy.direct())) {
            client.handshake(Optional.empty());
            assertTrue(client.isClosed());
        }
    }

    @Test
    void directTlsWithAlpnLogsIn() throws IOException {
        try (var client = RawClient.connect(proxy.direct())) {
            client.handshake(Optional.of("postgresql"));
            client.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
            assertEquals(List.of("app"), RawClient.rows(client.query("SELECT current_user")));
        }
    }

    @Test
    void clearBytesBehindTheRequestForTlsCloseTheConnection() throws IOException {
        var before = proxy.proxy.counters().clearTextBeforeTls();
        try (var client = RawClient.connect(proxy.direct())) {
            var request = InitialCodec.encode(new InitialMessage.SslRequest());
            client.send(ByteBuffer.allocate(request.remaining() + 1)
                    .put(request)
                    .put((byte) 0)
                    .flip());
            assertTrue(client.isClosed());
        }
        assertEquals(before + 1, proxy.proxy.counters().clearTextBeforeTls());
    }

    @Test
    void gssEncryptionIsDeclinedAndTlsMayFollow() throws IOException {
        try (var client = RawClient.connect(proxy.direct())) {
            client.send(InitialCodec.encode(new InitialMessage.GssEncRequest()));
            assertEquals('N', client.readByte());
            client.encrypted().logIn(ProtocolVersion.V3_0, USER, PASSWORD);
            assertEquals(List.of("1"), RawClient.rows(client.query("SELECT 1")));
        }
    }

    @Test
    void startupMessageThatIsTooLongIsRefused() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.send(RawClient.startup(ProtocolVersion.V3_0, USER, "options", "x".repeat(10_000)));
            assertEquals("08P01", fatal(client.read()).diagnostic().code());
        }
    }

    @Test
    void startupMessageThatIsTooShortIsRefused() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.send(ByteBuffer.allocate(4).putInt(7).flip());
            var error = fatal(client.read()).diagnostic();
            assertEquals("08006", error.code());
            assertEquals("startup message too short: 7 bytes", error.message());
        }
    }

    @Test
    void otherProtocolsAreRefusedInPostgresWords() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.send(ByteBuffer.allocate(8).putInt(8).putInt(2 << 16).flip());
            assertEquals(
                    "unsupported frontend protocol 2.0: server supports 3.0 to 3.2",
                    fatal(client.read()).diagnostic().message());
        }
    }

    @Test
    void newerMinorVersionsAndUnknownOptionsAreNegotiated() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            var messages = client.logIn(new ProtocolVersion(3, 9), USER, PASSWORD, "_pq_.hat", "red");
            assertEquals(new NegotiateProtocolVersion(ProtocolVersion.V3_2, List.of("_pq_.hat")), messages.getFirst());
            assertEquals(List.of("1"), RawClient.rows(client.query("SELECT 1")));
        }
    }

    private static BackendMessage.BackendKeyData key(List<BackendMessage> messages) {
        return messages.stream()
                .filter(BackendMessage.BackendKeyData.class::isInstance)
                .map(BackendMessage.BackendKeyData.class::cast)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void cancelKeysHave32BytesInProtocol32AndFourBefore() throws IOException {
        try (var older = RawClient.connect(proxy.direct()).encrypted();
                var newer = RawClient.connect(proxy.direct()).encrypted()) {
            assertEquals(
                    4,
                    key(older.logIn(ProtocolVersion.V3_0, USER, PASSWORD)).key().size());
            assertEquals(
                    32,
                    key(newer.logIn(ProtocolVersion.V3_2, USER, PASSWORD)).key().size());
        }
    }

    @Test
    void cancelInClearReachesTheQuery() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            var key = key(client.logIn(ProtocolVersion.V3_2, USER, PASSWORD));
            client.send(new dev.howdah.wire.FrontendMessage.Query("SELECT pg_sleep(60)"));
            dev.howdah.testkit.Eventually.until(
                    Duration.ofSeconds(10),
                    "the query runs",
                    () -> postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")
                            .equals("1"));
            try (var other = RawClient.connect(proxy.direct())) {
                other.send(InitialCodec.encode(new InitialMessage.CancelRequest(key.processId(), key.key())));
                assertTrue(other.isClosed());
            }
            assertEquals(
                    SqlState.QUERY_CANCELED.code(),
                    RawClient.error(client.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
        }
    }

    @Test
    void wrongPasswordAndUnknownRoleAndDisabledRoleLookAlike() throws IOException, SQLException {
        postgres.execute("CREATE ROLE asleep NOLOGIN PASSWORD '" + PASSWORD + "'");
        postgres.execute("CREATE ROLE late LOGIN PASSWORD '" + PASSWORD + "' VALID UNTIL '2020-01-01'");
        postgres.execute("CREATE ROLE bare LOGIN");
        var wrong = failedLogin("app", "wrong");
        for (var role : List.of("nobody", "asleep", "late", "bare")) {
            assertEquals(wrong, failedLogin(role, PASSWORD), role);
        }
    }

    /** The kinds of messages a failed login brings, and the error's text without the name. */
    private static List<String> failedLogin(String role, String password) throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            var messages = client.logIn(ProtocolVersion.V3_0, role + "." + BRANCH, password);
            var error = fatal(messages.getLast()).diagnostic();
            assertEquals("28P01", error.code());
            return List.of(
                    messages.stream()
                            .map(each -> each.getClass().getSimpleName())
                            .toList()
                            .toString(),
                    error.message().replace(role, "?"));
        }
    }

    @Test
    void mockSaltsAreStable() throws IOException {
        assertEquals(saltOf("nobody"), saltOf("nobody"));
        assertFalse(saltOf("nobody").equals(saltOf("nobody2")));
    }

    private static String saltOf(String role) throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            var challenge = (BackendMessage.AuthenticationSaslContinue)
                    client.logIn(ProtocolVersion.V3_0, role + "." + BRANCH, PASSWORD)
                            .get(1);
            return challenge.data().toUtf8().split(",")[1];
        }
    }

    @Test
    void messagesMayArriveByteByByte() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            for (var b : bytesOf(RawClient.startup(ProtocolVersion.V3_0, USER))) {
                client.send(b);
            }
            client.authenticate(PASSWORD);
            client.readUntilReady();
            var query = dev.howdah.wire.FrontendCodec.encode(
                    new dev.howdah.wire.FrontendMessage.Query("SELECT 'every byte alone'"));
            for (var b : bytesOf(query)) {
                client.send(b);
            }
            assertEquals(List.of("every byte alone"), RawClient.rows(client.readUntilReady()));
        }
    }

    private static byte[] bytesOf(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Test
    void slowLoginIsClosed() throws IOException {
        try (var hasty = TestProxy.inFrontOf(
                        postgres.address(), config -> config.withLoginTimeout(Duration.ofMillis(700)));
                var silent = RawClient.connect(hasty.direct());
                var stuck = RawClient.connect(hasty.direct());
                var slow = RawClient.connect(hasty.direct()).encrypted()) {
            slow.send(RawClient.startup(ProtocolVersion.V3_0, USER));
            slow.read();
            stuck.send(InitialCodec.encode(new InitialMessage.SslRequest()));
            assertEquals('S', stuck.readByte());
            stuck.send(new byte[] {0x16, 3, 1, 0, 100, 1});
            assertEquals("08006", fatal(silent.read()).diagnostic().code());
            assertTrue(silent.isClosed());
            stuck.readToTheEnd();
            assertEquals("08006", fatal(slow.read()).diagnostic().code());
        }
    }

    @Test
    void refusalsOfTheUserNameComeBeforeAnyPassword() throws IOException {
        assertEquals("28000 branch zzzzzzzzzzzz does not exist", refusal("app.zzzzzzzzzzzz"));
        assertEquals("28000 invalid user format: username must include branch (e.g., user.branch)", refusal("app"));
        assertTrue(refusal("howdah_admin." + BRANCH).startsWith("28000 "));
        assertTrue(refusal("howdah_replicator." + BRANCH).startsWith("28000 "));
    }

    private static String refusal(String user) throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.send(RawClient.startup(ProtocolVersion.V3_0, user));
            var error = fatal(client.read()).diagnostic();
            return error.code() + " " + error.message();
        }
    }
}
