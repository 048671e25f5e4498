package dev.howdah.proxy.io;

import static dev.howdah.proxy.io.EngineBed.WAIT_SECONDS;
import static dev.howdah.proxy.io.EngineBed.loopback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.ServerAddress;
import dev.howdah.proxy.io.EngineBed.Echo;
import dev.howdah.proxy.io.EngineBed.Peer;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How every engine listens, accepts, connects and wakes up. */
@ParameterizedClass
@EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
class EngineConnectsTest {
    private static final Duration WAIT = Duration.ofSeconds(WAIT_SECONDS);
    private static final int MANY = 2_000;

    private final IoEngineChoice kind;

    EngineConnectsTest(IoEngineChoice kind) {
        this.kind = kind;
    }

    private static void echo(Socket client, int value) throws IOException {
        client.getOutputStream().write(value);
        assertEquals(value, client.getInputStream().read());
    }

    @Test
    void twoThousandConnectionsAreAllServed() throws Exception {
        var clients = new ArrayList<Socket>();
        try (var bed = new EngineBed(kind, _ -> new Echo())) {
            for (var i = 0; i < MANY; i++) {
                clients.add(bed.connect());
            }
            for (var round = 0; round < 3; round++) {
                for (var client : clients) {
                    client.getOutputStream().write(round);
                }
                for (var client : clients) {
                    assertEquals(round, client.getInputStream().read());
                }
            }
        } finally {
            for (var client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aFloodOfConnectionsDoesNotKeepAnOldOneFromBeingServed() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Echo());
                var old = bed.connect()) {
            echo(old, 1);
            var flood = CompletableFuture.supplyAsync(() -> {
                var served = 0;
                for (var i = 0; i < 1_000; i++) {
                    try (var client = bed.connect()) {
                        echo(client, 2);
                        served++;
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }
                return served;
            });
            for (var i = 0; i < 1_000 || !flood.isDone(); i++) {
                echo(old, i % 100);
            }
            assertEquals(1_000, flood.get(WAIT_SECONDS, TimeUnit.SECONDS));
        }
    }

    @Test
    void theRemoteAddressIsTheClients() throws Exception {
        try (var loop = EngineBed.loop(kind)) {
            for (var host : new String[] {"127.0.0.1", "::1", "0.0.0.0", "::"}) {
                var remotes = new CompletableFuture<InetSocketAddress>();
                var address = new InetSocketAddress(InetAddress.ofLiteral(host), 0);
                var listening = EngineBed.on(
                        loop,
                        () -> loop.engine().listen(address, accepted -> {
                            remotes.complete(accepted.remote());
                            accepted.close();
                        }));
                var target = host.equals("::1") ? "::1" : "127.0.0.1";
                try (var client = new Socket(
                        InetAddress.ofLiteral(target), listening.address().getPort())) {
                    assertEquals(client.getLocalSocketAddress(), remotes.get(WAIT_SECONDS, TimeUnit.SECONDS), host);
                    assertEquals(-1, client.getInputStream().read());
                }
                assertNotEquals(0, listening.address().getPort());
            }
        }
    }

    @Test
    void anAddressInUseIsRefusedAndAClosedOneIsFreeAgain() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Echo())) {
            var address = bed.listening.address();
            var refused = assertThrows(
                    ExecutionException.class,
                    () -> bed.onLoop(() -> bed.loop.engine().listen(address, _ -> {})));
            assertInstanceOf(IOException.class, refused.getCause());
            bed.run(bed.listening::close);
            Eventually.until(WAIT, "the port is free", () -> {
                var again = bed.onLoop(() -> bed.loop.engine().listen(address, IoEngine.Accepted::close));
                bed.run(again::close);
                return true;
            });
        }
    }

    @Test
    void oneLoopAcceptsAndAnotherServes() throws Exception {
        try (var accepting = EngineBed.loop(kind);
                var serving = EngineBed.loop(kind)) {
            var listening = EngineBed.on(
                    accepting,
                    () -> accepting
                            .engine()
                            .listen(
                                    loopback(0),
                                    accepted -> serving.execute(() -> {
                                        var echo = new Echo();
                                        try {
                                            echo.connection = serving.engine().open(accepted, echo);
                                        } catch (IOException e) {
                                            throw new AssertionError(e);
                                        }
                                    })));
            try (var client = new Socket(
                    listening.address().getAddress(), listening.address().getPort())) {
                echo(client, 42);
            }
        }
    }

    @Test
    void connectsToUnixSocketsAndFailsAtOnceWhereNobodyListens() throws Exception {
        try (var directory = TestDirectory.create();
                var bed = new EngineBed(kind, _ -> new Peer());
                var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            var address = new ServerAddress.UnixSocket(directory.path(), 5432);
            assertConnectFails(bed, address);
            assertConnectFails(bed, new ServerAddress.UnixSocket(Path.of("/" + "x".repeat(200)), 5432));
            server.bind(UnixDomainSocketAddress.of(address.socket()));
            var peer = new Peer();
            peer.connection = bed.onLoop(() -> bed.loop.engine().connect(address, peer));
            try (var accepted = server.accept()) {
                bed.run(() -> peer.connection.send(ByteBuffer.allocate(5)));
                assertEquals(5, accepted.read(ByteBuffer.allocate(10)));
                accepted.write(ByteBuffer.allocate(7));
                Eventually.until(WAIT, "the answer has arrived", () -> peer.received.get() == 7);
            }
            assertTrue(peer.awaitEnd().isEmpty());
            server.close();
            assertConnectFails(bed, address);
        }
    }

    private static void assertConnectFails(EngineBed bed, ServerAddress.UnixSocket address) {
        var failure = assertThrows(
                ExecutionException.class,
                () -> bed.onLoop(() -> bed.loop.engine().connect(address, new Peer())));
        assertInstanceOf(IOException.class, failure.getCause());
    }

    @Test
    void messagesOfOtherThreadsAllRunAndWakeALoopThatWaits() throws Exception {
        try (var loop = EngineBed.loop(kind)) {
            var count = new AtomicLong();
            var senders = new ArrayList<CompletableFuture<Void>>();
            for (var sender = 0; sender < 4; sender++) {
                senders.add(CompletableFuture.runAsync(() -> {
                    for (var i = 0; i < 10_000; i++) {
                        loop.execute(count::incrementAndGet);
                    }
                }));
            }
            for (var sender : senders) {
                sender.get(WAIT_SECONDS, TimeUnit.SECONDS);
            }
            Eventually.until(WAIT, "all have run", () -> count.get() == 40_000);
            // Each of these finds the loop waiting, for ten seconds if nothing wakes it.
            var start = System.nanoTime();
            for (var i = 0; i < 100; i++) {
                EngineBed.on(loop, count::incrementAndGet);
            }
            assertTrue(System.nanoTime() - start < 5_000_000_000L, "the loop slept");
        }
    }

    @Test
    void timersEndAWait() throws Exception {
        try (var loop = EngineBed.loop(kind)) {
            var fired = new CompletableFuture<Long>();
            var start = System.nanoTime();
            loop.execute(() -> loop.after(Duration.ofMillis(50), () -> fired.complete(System.nanoTime() - start)));
            var nanos = fired.get(WAIT_SECONDS, TimeUnit.SECONDS);
            assertTrue(nanos >= 50_000_000 && nanos < 5_000_000_000L, nanos + " ns");
        }
    }
}
