package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.testkit.VerifyScale;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds of the endpoints whichever TLS they use. */
class TlsEndpointTest {
    private static final String USER = "postgres." + BRANCH;
    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestProxy proxy(TlsChoice choice) {
        return TestProxy.inFrontOf(postgres.address(), config -> config.withTls(choice));
    }

    /** What is written leaves in pieces of a few bytes to a few records. */
    private static final class ChoppedSocket extends Socket {
        private final Random random;

        ChoppedSocket(InetSocketAddress address, Random random) throws IOException {
            this.random = random;
            setTcpNoDelay(true);
            setSoTimeout(20_000);
            connect(address);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    for (var at = 0; at < length; ) {
                        var piece = Math.min(length - at, 1 + random.nextInt(1 << random.nextInt(16)));
                        out.write(bytes, from + at, piece);
                        at += piece;
                    }
                }
            };
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void driversBindTheChannelAndNegotiateDirectly(TlsChoice choice) throws SQLException {
        try (var proxy = proxy(choice)) {
            for (var address : List.of(proxy.direct(), proxy.pooled())) {
                for (var negotiation : List.of("postgres", "direct")) {
                    try (var client = proxy.connect(
                            address, USER, PASSWORD, "channelBinding", "require", "sslNegotiation", negotiation)) {
                        assertEquals("1", TestProxy.queryOne(client, "SELECT 1"));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void anotherProtocolThanPostgresIsNotSpoken(TlsChoice choice) throws IOException {
        try (var proxy = proxy(choice);
                var client = RawClient.connect(proxy.direct())) {
            try {
                client.handshake(Optional.of("http/1.1"));
                client.send(RawClient.startup(ProtocolVersion.V3_0, USER));
                assertTrue(client.isClosed());
            } catch (IOException refused) {
                assertTrue(
                        String.valueOf(refused.getMessage()).contains("no_application_protocol"), refused.getMessage());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void recordsArriveInAnyPiecesAndComeBackWhole(TlsChoice choice) throws IOException {
        var seed = new Random().nextLong();
        var random = new Random(seed);
        try (var proxy = proxy(choice)) {
            for (var address : List.of(proxy.direct(), proxy.pooled())) {
                try (var client =
                        RawClient.over(new ChoppedSocket(address, random)).encrypted()) {
                    client.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
                    for (var round = 0; round < VerifyScale.current().choose(30, 300); round++) {
                        var text = "x".repeat(random.nextInt(1 << random.nextInt(18)));
                        var rows = RawClient.rows(client.query("SELECT '" + text + "'"));
                        assertEquals(List.of(text), rows, "seed " + seed);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aRecordThatIsNotTheClientsEndsTheSession(TlsChoice choice) throws IOException {
        try (var proxy = proxy(choice)) {
            var socket = new ChoppedSocket(proxy.direct(), new Random(1));
            try (var client = RawClient.over(socket).encrypted()) {
                client.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
                writeBadRecord(socket);
                assertTrue(client.isClosed());
            }
            Eventually.until(
                    SOON, "the session is gone", () -> proxy.proxy.sessions().isEmpty());
            Eventually.until(SOON, "its engine is released", () -> proxy.proxy.tlsEnginesInUse() == 0);
        }
    }

    private static void writeBadRecord(Socket socket) throws IOException {
        var record = new byte[5 + 64];
        record[0] = 23;
        record[1] = 3;
        record[2] = 3;
        record[4] = 64;
        socket.getOutputStream().write(record);
    }

    /** TLS 1.3 ends each direction for itself. BoringSSL, as Netty has it, ends both, as TLS 1.2 does. */
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void theLastWordIsAnsweredOrEndsTheSession(TlsChoice choice) throws IOException {
        try (var proxy = proxy(choice)) {
            try (var client = RawClient.connect(proxy.direct()).encrypted()) {
                client.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
                client.send(new Query("SELECT 'late' FROM pg_sleep(0.3)"));
                client.finishSending();
                if (choice == TlsChoice.JDK) {
                    assertEquals(List.of("late"), RawClient.rows(client.readUntilReady()));
                }
                assertTrue(client.isClosed());
            }
            Eventually.until(
                    SOON, "the session is gone", () -> proxy.proxy.sessions().isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void everyEngineIsReleasedHoweverItsConnectionEnds(TlsChoice choice) throws IOException {
        try (var proxy = proxy(choice)) {
            for (var i = 0; i < VerifyScale.current().choose(300, 5_000); i++) {
                end(i % 6, proxy);
            }
            Eventually.until(SOON, "all engines are released", () -> proxy.proxy.tlsEnginesInUse() == 0);
            Eventually.until(
                    SOON, "nobody logs in", () -> proxy.proxy.counters().unauthenticated() == 0);
        }
    }

    private static void end(int how, TestProxy proxy) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(20_000);
        socket.connect(proxy.direct());
        try (var client = RawClient.over(socket)) {
            if (how == 0) {
                client.send(InitialCodec.encode(new InitialMessage.SslRequest())); // and no hello
            } else if (how == 1) {
                client.send(InitialCodec.encode(new InitialMessage.SslRequest()));
                assertEquals('S', client.readByte());
                client.send("\u0016\u0003\u0001\u0000\u0005 no hello".getBytes(StandardCharsets.ISO_8859_1));
                readToTheEnd(client);
            } else if (how == 2) {
                client.encrypted().finishSending();
            } else if (how == 3) {
                client.encrypted();
                writeBadRecord(socket);
            } else if (how == 4) {
                client.encrypted();
                socket.setSoLinger(true, 0);
                socket.close();
            } else {
                client.encrypted().send(RawClient.startup(ProtocolVersion.V3_0, "nobody"));
                readToTheEnd(client);
            }
        }
    }

    /** An alert or an error, then the end, be it a reset. */
    private static void readToTheEnd(RawClient client) throws IOException {
        try {
            client.readToTheEnd();
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException _) {
            // What it had not read of ours came back as a reset.
        }
    }
}
