package dev.howdah.proxy.io;

import static dev.howdah.proxy.io.EngineBed.WAIT_SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.io.EngineBed.Echo;
import dev.howdah.proxy.io.EngineBed.Peer;
import dev.howdah.testkit.Eventually;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How a stream ends with every engine, by the peer, by us and by accident. */
@ParameterizedClass
@EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
class EngineEndsTest {
    private static final Duration WAIT = Duration.ofSeconds(WAIT_SECONDS);
    private static final int MUCH = 8 << 20;

    private final IoEngineChoice kind;

    EngineEndsTest(IoEngineChoice kind) {
        this.kind = kind;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String read(Socket client, int length) throws IOException {
        return new String(client.getInputStream().readNBytes(length), StandardCharsets.US_ASCII);
    }

    @Test
    void whatIsSentAfterThePeersEndStillArrives() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            client.getOutputStream().write(new byte[100]);
            client.shutdownOutput();
            assertEquals(Optional.empty(), peer.awaitEnd());
            assertEquals(100, peer.received.get());
            bed.run(() -> {
                assertTrue(peer.connection.isOpen());
                peer.connection.send(ByteBuffer.allocate(MUCH));
                peer.connection.finish();
            });
            assertEquals(MUCH, client.getInputStream().readAllBytes().length);
            Eventually.until(WAIT, "the connection is closed", () -> !peer.connection.isOpen());
        }
    }

    @Test
    void afterFinishSendingReadingGoesOn() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            bed.run(() -> {
                peer.connection.send(ByteBuffer.allocate(MUCH));
                peer.connection.finishSending();
            });
            assertEquals(MUCH, client.getInputStream().readAllBytes().length);
            client.getOutputStream().write(new byte[1000]);
            Eventually.until(WAIT, "it is still read", () -> peer.received.get() == 1000);
            client.close();
            assertEquals(Optional.empty(), peer.awaitEnd());
        }
    }

    @Test
    void finishSendsWhatIsLeftAndThrowsAwayWhatComes() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            bed.run(() -> {
                peer.connection.send(ByteBuffer.allocate(MUCH));
                assertTrue(peer.connection.unsent() > 0);
                peer.connection.finish();
            });
            client.getOutputStream().write(new byte[1000]);
            assertEquals(MUCH, client.getInputStream().readAllBytes().length);
            assertTrue(peer.connection.isOpen(), "it waits for the peer's end");
            client.close();
            Eventually.until(WAIT, "the connection is closed", () -> !peer.connection.isOpen());
            assertEquals(0, peer.received.get());
            assertFalse(peer.ended.isDone(), "the owner is done with it and hears nothing more");
        }
    }

    @Test
    void aFinishedConnectionThatWasPausedStillSeesTheEnd() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            bed.run(() -> peer.connection.pauseReading());
            client.getOutputStream().write(new byte[1000]);
            bed.run(() -> {
                peer.connection.send(bytes("bye"));
                peer.connection.finish();
            });
            assertEquals("bye", read(client, 10));
            client.close();
            Eventually.until(WAIT, "the connection is closed", () -> !peer.connection.isOpen());
        }
    }

    @Test
    void whatWasSentBeforeCloseArrives() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            bed.run(() -> {
                peer.connection.send(bytes("one"));
                peer.connection.send(bytes("two"));
                peer.connection.close();
                assertFalse(peer.connection.isOpen());
                peer.connection.send(bytes("three"));
                peer.connection.pauseReading();
                peer.connection.resumeReading();
                peer.connection.finishSending();
                peer.connection.finish();
                peer.connection.close();
            });
            assertEquals("onetwo", read(client, 100));
        }
    }

    @Test
    void aResetIsToldAsAFailure() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            client.getOutputStream().write(new byte[10]);
            Eventually.until(WAIT, "the bytes are there", () -> peer.received.get() == 10);
            client.setSoLinger(true, 0);
            client.close();
            assertTrue(peer.awaitEnd().isPresent());
            assertFalse(peer.connection.isOpen());
        }
    }

    @Test
    void aResetOfAPeerThatIsSentToIsToldOnce() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            bed.run(() -> peer.connection.send(ByteBuffer.allocate(MUCH)));
            client.setSoLinger(true, 0);
            client.close();
            assertTrue(peer.awaitEnd().isPresent());
            assertEquals(0, bed.onLoop(peer.connection::unsent));
        }
    }

    @Test
    void sendingToAPeerThatIsGoneIsToldAfterTheCall() throws Exception {
        var inCall = new boolean[1];
        var peer = new Peer() {
            @Override
            public void ended(Optional<IOException> failure) {
                assertFalse(inCall[0], "told from inside a call");
                if (failure.isPresent()) {
                    super.ended(failure);
                }
            }
        };
        try (var bed = new EngineBed(kind, _ -> peer);
                var client = bed.connect()) {
            bed.next();
            client.close();
            Eventually.until(WAIT, "the failure is told", () -> {
                bed.run(() -> {
                    inCall[0] = true;
                    peer.connection.send(ByteBuffer.allocate(100_000));
                    inCall[0] = false;
                });
                return peer.ended.isDone();
            });
            assertTrue(peer.awaitEnd().isPresent());
        }
    }

    @Test
    void whatFailsInOneSessionEndsThatOneOnly() throws Exception {
        var throwing = new Peer() {
            @Override
            public void received(ByteBuffer bytes) {
                throw new IllegalStateException("a bug, on purpose");
            }
        };
        try (var bed = new EngineBed(kind, count -> count == 0 ? throwing : new Echo());
                var first = bed.connect();
                var second = bed.connect()) {
            bed.next();
            bed.next();
            first.getOutputStream().write(1);
            assertTrue(throwing.awaitEnd().isPresent());
            assertFalse(throwing.connection.isOpen());
            second.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
            assertEquals("hello", read(second, 5));
        }
    }

    @Test
    void closedInsideItsOwnDeliveryItHearsNothingMore() throws Exception {
        var closing = new Peer() {
            @Override
            public void received(ByteBuffer bytes) {
                super.received(bytes);
                connection.close();
            }
        };
        try (var bed = new EngineBed(kind, _ -> closing);
                var client = bed.connect()) {
            bed.next();
            client.getOutputStream().write(new byte[100_000]);
            Eventually.until(WAIT, "the client is cut off", () -> endsOrBreaks(client));
            assertFalse(closing.ended.isDone());
            assertTrue(closing.received.get() <= 100_000);
        }
    }

    private static boolean endsOrBreaks(Socket client) {
        try {
            return client.getInputStream().read() < 0;
        } catch (IOException _) {
            return true; // bytes it had not read make the kernel reset the stream
        }
    }

    @Test
    void anEngineThatClosesClosesItsConnections() throws Exception {
        var bed = new EngineBed(kind, _ -> new Peer());
        try (var client = bed.connect();
                var other = bed.connect()) {
            var peer = bed.next();
            bed.next();
            bed.run(() -> peer.connection.send(bytes("last words")));
            bed.close();
            assertEquals("last words", read(client, 100));
            assertTrue(endsOrBreaks(other));
            assertThrows(IOException.class, bed::connect);
        }
    }
}
