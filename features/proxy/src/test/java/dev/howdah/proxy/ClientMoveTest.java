package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.io.IoEngineChoice;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage.AuthenticationSasl;
import dev.howdah.wire.BackendMessage.AuthenticationSaslContinue;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.ProtocolVersion;
import dev.howdah.wire.ScramClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A pooled client that goes to its branch's loop, and whatever it does meanwhile; with every engine, in clear and by TLS. Clients come to the
 * loops in turns, so of three that follow each other two move.
 */
@ParameterizedClass
@MethodSource("ways")
class ClientMoveTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String USER = "app." + BRANCH;
    private static final int LOOPS = 3;

    private static TestPostgres postgres;

    private final IoEngineChoice kind;
    private final boolean encrypted;

    ClientMoveTest(IoEngineChoice kind, boolean encrypted) {
        this.kind = kind;
        this.encrypted = encrypted;
    }

    static Stream<Arguments> ways() {
        return Arrays.stream(IoEngineChoice.values())
                .filter(kind -> kind != IoEngineChoice.AUTO)
                .flatMap(kind -> Stream.of(Arguments.of(kind, false), Arguments.of(kind, true)));
    }

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private TestProxy proxy(Duration loginTimeout) {
        MovingBed.engines(kind);
        return TestProxy.inFrontOf(
                postgres.address(),
                config -> (encrypted ? config : config.withPlainForBenchmarks())
                        .withLoops(LOOPS)
                        .withIoEngine(kind)
                        .withLoginTimeout(loginTimeout));
    }

    private TestProxy proxy() {
        return proxy(Duration.ofSeconds(60));
    }

    private RawClient connect(InetSocketAddress address) throws IOException {
        var client = RawClient.connect(address);
        return encrypted ? client.encrypted() : client;
    }

    private static byte[] bytes(ByteBuffer... buffers) {
        var all = ByteBuffer.allocate(
                Arrays.stream(buffers).mapToInt(ByteBuffer::remaining).sum());
        for (var buffer : buffers) {
            all.put(buffer);
        }
        return all.array();
    }

    /** The first answer of SCRAM depends on nothing, so a hasty client may send of it what it likes. */
    @Test
    void bytesBehindTheStartupMessageArriveInTheirPlace() throws Exception {
        try (var proxy = proxy()) {
            var startup = bytes(RawClient.startup(ProtocolVersion.V3_0, USER));
            for (var early = 0; ; early += 3) {
                var scram = new ScramClient(PASSWORD, Optional.empty(), new SecureRandom());
                var first = bytes(FrontendCodec.encode(scram.start(List.of("SCRAM-SHA-256"))));
                if (early >= first.length) {
                    return;
                }
                try (var client = connect(proxy.pooled())) {
                    var hasty = bytes(ByteBuffer.wrap(startup), ByteBuffer.wrap(first, 0, early));
                    var cut = 1 + (early * 7) % (hasty.length - 1);
                    client.send(Arrays.copyOf(hasty, cut));
                    client.send(Arrays.copyOfRange(hasty, cut, hasty.length));
                    assertTrue(client.read() instanceof AuthenticationSasl, "early: " + early);
                    client.send(Arrays.copyOfRange(first, early, first.length));
                    var challenge = (AuthenticationSaslContinue) client.read();
                    client.send(FrontendCodec.encode(scram.respond(challenge.data())));
                    client.readUntilReady();
                    assertEquals(List.of("app"), RawClient.rows(client.query("SELECT current_user")));
                }
            }
        }
    }

    /** Whole answers before the question are against the protocol, wherever the client is when they come. */
    @Test
    void wholeMessagesBehindTheStartupMessageAreRefusedOrAnswered() throws Exception {
        try (var proxy = proxy()) {
            var startup = RawClient.startup(ProtocolVersion.V3_0, USER);
            for (var i = 0; i < 30; i++) {
                var scram = new ScramClient(PASSWORD, Optional.empty(), new SecureRandom());
                var first = FrontendCodec.encode(scram.start(List.of("SCRAM-SHA-256")));
                try (var client = connect(proxy.pooled())) {
                    if (i % 2 == 0) {
                        client.send(bytes(startup.duplicate(), first));
                    } else {
                        client.send(startup.duplicate());
                        client.send(first);
                    }
                    var answer = client.read() instanceof ErrorResponse error ? error : client.read();
                    if (answer instanceof ErrorResponse(var error)) {
                        assertEquals("08P01", error.code());
                        assertTrue(client.isClosed());
                    } else {
                        assertTrue(answer instanceof AuthenticationSaslContinue, answer::toString);
                    }
                }
            }
            assertNothingLeft(proxy);
        }
    }

    private static void assertNothingLeft(TestProxy proxy) {
        Eventually.until(
                SOON, "nobody is logging in", () -> proxy.proxy.counters().unauthenticated() == 0);
        Eventually.until(
                SOON, "no session is left", () -> proxy.proxy.sessions().isEmpty());
        Eventually.until(
                SOON,
                "no client is counted",
                () -> proxy.proxy.pooler().summary().lists().usedClients() == 0);
        Eventually.until(SOON, "no TLS engine is left", () -> proxy.proxy.tlsEnginesInUse() == 0);
    }

    /** The time for the login begins with the connection and not anew with the loop. */
    @Test
    void aSlowClientHasNoMoreTimeForItsMove() throws Exception {
        var timeout = Duration.ofSeconds(3);
        try (var proxy = proxy(timeout);
                var dribbling = Executors.newFixedThreadPool(LOOPS)) {
            var startup = bytes(RawClient.startup(ProtocolVersion.V3_0, USER));
            var took = new ArrayList<Future<Duration>>();
            for (var i = 0; i < LOOPS; i++) {
                took.add(dribbling.submit(() -> {
                    var begun = System.nanoTime();
                    try (var client = connect(proxy.pooled())) {
                        for (var b : startup) {
                            client.send(b);
                            TimeUnit.NANOSECONDS.sleep(timeout.toNanos() * 2 / 3 / startup.length);
                        }
                        assertTrue(client.read() instanceof AuthenticationSasl);
                        assertEquals("08006", RawClient.code(List.of(client.read())));
                        return Duration.ofNanos(System.nanoTime() - begun);
                    }
                }));
            }
            for (var each : took) {
                var time = each.get(SOON.toSeconds(), TimeUnit.SECONDS);
                assertTrue(time.compareTo(timeout.multipliedBy(3).dividedBy(2)) < 0, time::toString);
            }
            assertNothingLeft(proxy);
        }
    }

    @Test
    void whoeverComesAndGoesDuringAMoveLeavesNothingBehind() throws Exception {
        try (var proxy = proxy()) {
            try (var first = connect(proxy.pooled())) {
                first.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
                assertEquals(List.of("1"), RawClient.rows(first.query("SELECT 1")));
            }
            assertNothingLeft(proxy);
            var before = MovingBed.files();
            storm(proxy, encrypted ? 300 : 900);
            assertNothingLeft(proxy);
            Eventually.until(SOON, "the files are closed", () -> MovingBed.files() <= before + SERVERS_MAX);
            try (var last = connect(proxy.pooled())) {
                last.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
                assertEquals(List.of("1"), RawClient.rows(last.query("SELECT 1")));
            }
        }
    }

    /** Of the pool, which has these open when the storm is over. */
    private static final int SERVERS_MAX = 20;

    private void storm(TestProxy proxy, int clients) throws Exception {
        try (var threads = Executors.newFixedThreadPool(6)) {
            var all = new ArrayList<Future<?>>();
            for (var i = 0; i < clients; i++) {
                var seed = i;
                all.add(threads.submit(() -> {
                    comeAndGo(proxy.pooled(), new Random(seed));
                    return true;
                }));
            }
            for (var each : all) {
                each.get(SOON.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }

    private void comeAndGo(InetSocketAddress address, Random random) throws IOException {
        var socket = new Socket(address.getAddress(), address.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) SOON.toMillis());
        if (random.nextBoolean()) {
            socket.setSoLinger(true, 0); // it breaks rather than ends
        }
        try (var plain = RawClient.over(socket);
                var client = encrypted ? plain.encrypted() : plain) {
            var startup = bytes(RawClient.startup(ProtocolVersion.V3_0, USER));
            switch (random.nextInt(6)) {
                case 0 -> client.send(Arrays.copyOf(startup, random.nextInt(startup.length)));
                case 1 -> client.send(startup);
                case 2 -> client.send(bytes(ByteBuffer.wrap(startup), ByteBuffer.allocate(random.nextInt(100))));
                case 3 -> {
                    client.send(startup);
                    client.send(new byte[random.nextInt(30_000)]);
                }
                case 4 -> {
                    client.send(startup);
                    client.send((byte) 'p');
                    client.read();
                }
                default -> {
                    client.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
                    assertEquals(List.of("1"), RawClient.rows(client.query("SELECT 1")));
                }
            }
        } catch (IOException _) {
            // A client that breaks its stream cannot be told politely.
        }
    }

    @Test
    void aProxyThatClosesClosesWhoIsOnTheWay() throws Exception {
        var before = Long.MAX_VALUE;
        for (var round = 0; round < 4; round++) {
            before = round == 1 ? MovingBed.files() : before; // the first opens what stays open: jars
            var proxy = proxy();
            try (var threads = Executors.newFixedThreadPool(4)) {
                var going = new ArrayList<Future<?>>();
                for (var i = 0; i < 4; i++) {
                    going.add(threads.submit(() -> comeUntilClosed(proxy.pooled())));
                }
                Eventually.until(
                        SOON, "clients come", () -> proxy.proxy.counters().accepted() > 60);
                proxy.close();
                for (var each : going) {
                    each.get(SOON.toSeconds(), TimeUnit.SECONDS);
                }
                assertEquals(0, proxy.proxy.counters().unauthenticated());
                Eventually.until(SOON, "no TLS engine is left", () -> proxy.proxy.tlsEnginesInUse() == 0);
            }
        }
        var most = before;
        Eventually.until(SOON, "the files are closed", () -> MovingBed.files() <= most);
    }

    private void comeUntilClosed(InetSocketAddress address) {
        while (true) {
            try (var plain = RawClient.connect(address);
                    var client = encrypted ? plain.encrypted() : plain) {
                client.send(RawClient.startup(ProtocolVersion.V3_0, USER));
                client.read();
            } catch (IOException _) {
                return; // the proxy is closed
            }
        }
    }
}
