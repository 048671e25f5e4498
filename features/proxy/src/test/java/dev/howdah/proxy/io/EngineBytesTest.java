package dev.howdah.proxy.io;

import static dev.howdah.proxy.io.EngineBed.WAIT_SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.io.EngineBed.Echo;
import dev.howdah.proxy.io.EngineBed.Peer;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.SeededRandom;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What every engine does with bytes: all of them, in order, and no more than is wanted. */
@ParameterizedClass
@EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
class EngineBytesTest {
    private static final Duration WAIT = Duration.ofSeconds(WAIT_SECONDS);
    private static final int MB = 1 << 20;
    private static final int BULK_BYTES = 100 * MB;
    private static final int PIECE_BYTES = 200_000;

    private final IoEngineChoice kind;

    EngineBytesTest(IoEngineChoice kind) {
        this.kind = kind;
    }

    private static long seed() {
        return SeededRandom.create().seed();
    }

    @Test
    void echoesWhateverSizesAndSplits() throws Exception {
        var seed = seed();
        var random = new Random(seed);
        try (var bed = new EngineBed(kind, _ -> new Echo());
                var client = bed.connect()) {
            for (var round = 0; round < 300; round++) {
                var bytes = new byte[1 + random.nextInt(random.nextBoolean() ? 200 : PIECE_BYTES)];
                random.nextBytes(bytes);
                var writing = CompletableFuture.runAsync(() -> write(client, bytes, new Random(seed)));
                assertArrayEquals(bytes, client.getInputStream().readNBytes(bytes.length), "seed " + seed);
                writing.get(WAIT_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    private static void write(Socket to, byte[] bytes, Random random) {
        try {
            for (var from = 0; from < bytes.length; ) {
                var length = Math.min(bytes.length - from, 1 + random.nextInt(50_000));
                to.getOutputStream().write(bytes, from, length);
                from += length;
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSlowReaderGetsEverythingAndLittleWaitsForIt() throws Exception {
        var seed = seed();
        try (var bed = new EngineBed(kind, _ -> new Echo());
                var client = bed.connect()) {
            client.setReceiveBufferSize(64 * 1024);
            var echo = (Echo) bed.next();
            var sent = CompletableFuture.supplyAsync(() -> writeBulk(client, seed));
            assertEquals(
                    readBulk(client.getInputStream(), BULK_BYTES),
                    sent.get(WAIT_SECONDS, TimeUnit.SECONDS),
                    "seed " + seed);
            var waited = echo.unsentMax.get();
            assertTrue(waited <= Echo.UNSENT_BYTES_MAX + 2 * LoopBuffers.READ_BYTES, waited + " bytes waited");
        }
    }

    private static long writeBulk(Socket to, long seed) {
        var random = new Random(seed);
        var sum = new CRC32C();
        var piece = new byte[PIECE_BYTES];
        try {
            for (var left = BULK_BYTES; left > 0; ) {
                var length = Math.min(left, 1 + random.nextInt(PIECE_BYTES));
                random.nextBytes(piece);
                sum.update(piece, 0, length);
                to.getOutputStream().write(piece, 0, length);
                left -= length;
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return sum.getValue();
    }

    private static long readBulk(InputStream from, int length) throws IOException {
        var sum = new CRC32C();
        var piece = new byte[8 * 1024];
        for (var left = length; left > 0; ) {
            var read = from.read(piece, 0, Math.min(left, piece.length));
            if (read < 0) {
                throw new AssertionError(left + " bytes are missing");
            }
            sum.update(piece, 0, read);
            left -= read;
        }
        return sum.getValue();
    }

    /** Sends without being asked, as long as little waits. */
    private static final class Source extends Peer {
        private final ByteBuffer piece = ByteBuffer.allocateDirect(16 * 1024);
        final AtomicLong unsentMax = new AtomicLong();
        private int left = BULK_BYTES;

        void pump() {
            while (left > 0 && connection.unsent() < 64 * 1024) {
                var length = Math.min(left, piece.capacity());
                connection.send(piece.clear().limit(length));
                left -= length;
                unsentMax.accumulateAndGet(connection.unsent(), Math::max);
            }
        }

        @Override
        public void drained() {
            super.drained();
            pump();
        }
    }

    @Test
    void whoSendsIsToldWhenThereIsRoomAgain() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Source());
                var client = bed.connect()) {
            var source = (Source) bed.next();
            bed.run(source::pump);
            for (var left = BULK_BYTES; left > 0; ) {
                left -= client.getInputStream().readNBytes(Math.min(left, MB)).length;
            }
            assertTrue(source.unsentMax.get() > 0, "the client was not slow");
            assertTrue(source.unsentMax.get() <= 80 * 1024, source.unsentMax + " bytes waited");
            assertEquals(0, bed.onLoop(source.connection::unsent));
        }
    }

    @Test
    void aPausedConnectionReceivesNothingUntilItIsResumed() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = SocketChannel.open(bed.listening.address())) {
            var peer = bed.next();
            bed.run(() -> peer.connection.pauseReading());
            client.configureBlocking(false);
            var sent = writeUntilFull(client);
            assertEquals(0, peer.received.get());
            assertTrue(sent < 64L * MB, sent + " bytes went in");

            bed.run(() -> peer.connection.resumeReading());
            Eventually.until(WAIT, "everything has arrived", () -> peer.received.get() == sent);
            assertTrue(client.write(ByteBuffer.allocate(10)) > 0, "there is room again");
            Eventually.until(WAIT, "the rest has arrived", () -> peer.received.get() == sent + 10);
        }
    }

    /** Full is: nothing was taken for half a second. */
    private static long writeUntilFull(SocketChannel client) throws IOException {
        var piece = ByteBuffer.allocateDirect(64 * 1024);
        var sent = 0L;
        for (var last = System.nanoTime(); System.nanoTime() - last < 500_000_000 && sent < 64L * MB; ) {
            var length = client.write(piece.clear());
            sent += length;
            last = length > 0 ? System.nanoTime() : last;
        }
        return sent;
    }

    /** Pauses after each delivery, until it is asked to go on. */
    private static final class Sipping extends Peer {
        private final CRC32C sum = new CRC32C();
        private boolean paused;

        @Override
        public void received(ByteBuffer bytes) {
            if (paused) {
                throw new AssertionError("delivered while paused");
            }
            paused = true;
            connection.pauseReading();
            received.addAndGet(bytes.remaining());
            sum.update(bytes);
        }

        void goOn() {
            paused = false;
            connection.resumeReading();
        }
    }

    @Test
    void pausingAtEveryDeliveryLosesAndReordersNothing() throws Exception {
        var seed = seed();
        var length = 4 * MB;
        var bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        var sum = new CRC32C();
        sum.update(bytes);
        try (var bed = new EngineBed(kind, _ -> new Sipping());
                var client = bed.connect()) {
            var writing = CompletableFuture.runAsync(() -> write(client, bytes, new Random(seed)));
            var peer = (Sipping) bed.next();
            Eventually.until(WAIT, "everything has arrived", () -> {
                bed.run(peer::goOn);
                return peer.received.get() == length;
            });
            writing.get(WAIT_SECONDS, TimeUnit.SECONDS);
            assertEquals(sum.getValue(), bed.onLoop(peer.sum::getValue), "seed " + seed);
        }
    }

    @Test
    void pausedOverTheEndItIsToldAfterWhatCameBefore() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer())) {
            try (var client = bed.connect()) {
                var peer = bed.next();
                client.getOutputStream().write(new byte[10]);
                Eventually.until(WAIT, "the first bytes", () -> peer.received.get() == 10);
                bed.run(() -> peer.connection.pauseReading());
                client.getOutputStream().write(new byte[100_000]);
                client.shutdownOutput();
                bed.run(() -> {});
                assertTrue(!peer.ended.isDone(), "ended while paused");
                bed.run(() -> peer.connection.resumeReading());
                assertEquals(Optional.empty(), peer.awaitEnd());
                assertEquals(100_010, peer.received.get());
            }
        }
    }

    @Test
    void bytesInHeapBuffersAndSlicesAreSentAsWell() throws Exception {
        var bytes = new byte[3 * PIECE_BYTES];
        new Random(seed()).nextBytes(bytes);
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            var direct = ByteBuffer.allocateDirect(bytes.length).put(bytes);
            bed.run(() -> {
                peer.connection.send(ByteBuffer.wrap(bytes, 0, 1000));
                peer.connection.send(
                        ByteBuffer.wrap(bytes, 1000, bytes.length - 1000).slice());
                peer.connection.send(direct.slice(0, 10));
                peer.connection.send(direct.duplicate().position(10).limit(PIECE_BYTES));
                peer.connection.send(direct.position(PIECE_BYTES).asReadOnlyBuffer());
                peer.connection.send(ByteBuffer.allocate(0));
            });
            assertArrayEquals(bytes, client.getInputStream().readNBytes(bytes.length));
            // The direct ones are the same bytes once more.
            var again = client.getInputStream().readNBytes(bytes.length);
            assertArrayEquals(bytes, again);
        }
    }

    @Test
    void aBufferIsFreeOnceItIsSent() throws Exception {
        try (var bed = new EngineBed(kind, _ -> new Peer());
                var client = bed.connect()) {
            var peer = bed.next();
            var buffer = ByteBuffer.allocateDirect(100);
            bed.run(() -> {
                for (var i = 0; i < 100; i++) {
                    buffer.clear().put(new byte[100]).put(0, (byte) i).flip();
                    peer.connection.send(buffer);
                }
                buffer.clear().put(new byte[100]);
            });
            for (var i = 0; i < 100; i++) {
                assertEquals(i, client.getInputStream().readNBytes(100)[0]);
            }
        }
    }
}
