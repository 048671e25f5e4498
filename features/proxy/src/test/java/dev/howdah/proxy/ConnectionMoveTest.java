package dev.howdah.proxy;

import static dev.howdah.proxy.MovingBed.WAIT_SECONDS;
import static dev.howdah.proxy.MovingBed.on;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.MovingBed.Encryption;
import dev.howdah.proxy.MovingBed.Peer;
import dev.howdah.proxy.io.Detached;
import dev.howdah.proxy.io.IoEngineChoice;
import dev.howdah.testkit.Eventually;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A stream goes from loop to loop and its peer notices nothing, with every engine, in clear and by either TLS. */
@ParameterizedClass
@MethodSource("ways")
class ConnectionMoveTest {
    private static final Duration WAIT = Duration.ofSeconds(WAIT_SECONDS);
    private static final int MUCH = 8 << 20;
    private static final int PIECES = 300;
    private static final byte[] BYE = {'b', 'y', 'e'};

    private final IoEngineChoice kind;
    private final Encryption encryption;

    ConnectionMoveTest(IoEngineChoice kind, Encryption encryption) {
        this.kind = kind;
        this.encryption = encryption;
    }

    static Stream<Arguments> ways() {
        return Arrays.stream(IoEngineChoice.values())
                .filter(kind -> kind != IoEngineChoice.AUTO)
                .flatMap(kind -> Arrays.stream(Encryption.values()).map(each -> Arguments.of(kind, each)));
    }

    private MovingBed bed() throws Exception {
        return new MovingBed(kind, encryption);
    }

    @Test
    void noByteIsLostOrOutOfPlaceWhileItBounces() throws Exception {
        var random = new Random(7);
        var pieces = new byte[PIECES][];
        for (var i = 0; i < PIECES; i++) {
            pieces[i] = new byte[1 + random.nextInt(random.nextBoolean() ? 30 : 20_000)];
            random.nextBytes(pieces[i]);
        }
        try (var bed = bed();
                var client = bed.connect()) {
            var peer = bed.next();
            bed.bounce(peer, Integer.MAX_VALUE);
            var writing = CompletableFuture.runAsync(() -> write(client, pieces, peer));
            for (var piece : pieces) {
                assertArrayEquals(piece, client.getInputStream().readNBytes(piece.length));
            }
            writing.get(WAIT_SECONDS, TimeUnit.SECONDS);
            assertTrue(peer.moves.get() >= (PIECES - 1) / 2, "moves: " + peer.moves);
            client.close();
            Eventually.until(WAIT, "its end is told", peer.ended::isDone);
        }
    }

    /** Not faster than the peer moves. */
    private static void write(Socket client, byte[][] pieces, Peer peer) {
        try {
            for (var i = 0; i < pieces.length; i++) {
                var wanted = i / 2;
                Eventually.until(WAIT, "the peer moves on", () -> peer.moves.get() >= wanted);
                client.getOutputStream().write(pieces[i]);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A TLS record that has come in part, by whatever part of it. */
    @Test
    void aRecordInPartsArrivesWhole() throws Exception {
        try (var bed = bed();
                var client = bed.connect()) {
            var peer = bed.next();
            for (var round = 1; round <= 40; round++) {
                client.getOutputStream().write(new byte[500 * round]);
                // Anywhere between the first byte and the last.
                bed.move(peer, bed.loops.get(round % bed.loops.size()));
                assertEquals(500 * round, client.getInputStream().readNBytes(500 * round).length);
            }
        }
    }

    @Test
    void whatIsUnsentGoesAlong() throws Exception {
        try (var bed = bed();
                var client = bed.connect()) {
            var peer = bed.next();
            on(bed.loops.getFirst(), () -> {
                peer.connection.send(ByteBuffer.allocateDirect(MUCH));
                assertTrue(peer.connection.unsent() > 0);
                return true;
            });
            bed.move(peer, bed.loops.get(1));
            bed.move(peer, bed.loops.get(2));
            assertEquals(0, peer.drained.get());
            on(bed.loops.get(2), () -> {
                peer.connection.send(ByteBuffer.wrap(BYE));
                return true;
            });
            assertEquals(MUCH, skip(client.getInputStream(), MUCH));
            assertArrayEquals(BYE, client.getInputStream().readNBytes(BYE.length));
            Eventually.until(WAIT, "it is told on the last loop", () -> peer.drained.get() > 0);
        }
    }

    private static int skip(InputStream in, int length) throws IOException {
        in.skipNBytes(length);
        return length;
    }

    @Test
    void theEndIsToldBehindWhatCameBeforeIt() throws Exception {
        try (var bed = bed();
                var client = bed.connect()) {
            var peer = bed.next();
            peer.silent = true;
            on(bed.loops.getFirst(), () -> {
                peer.connection.pauseReading();
                return true;
            });
            client.getOutputStream().write(new byte[100_000]);
            client.shutdownOutput();
            bed.move(peer, bed.loops.get(1));
            assertEquals(Optional.empty(), peer.ended.get(WAIT_SECONDS, TimeUnit.SECONDS));
            assertEquals(100_000, peer.received.get());
        }
    }

    @Test
    void untilItLeavesItMayBeFinishedAndWhenItHasClosed() throws Exception {
        try (var bed = bed();
                var client = bed.connect()) {
            var peer = bed.next();
            var left = new CompletableFuture<Detached>();
            var stayed = on(bed.loops.getFirst(), () -> {
                peer.connection.detach(left::complete);
                var open = peer.connection.isOpen();
                if (open) {
                    peer.connection.send(ByteBuffer.wrap(BYE));
                    peer.connection.finish();
                }
                return open;
            });
            if (stayed) {
                assertArrayEquals(BYE, client.getInputStream().readNBytes(BYE.length));
            } else {
                left.get(WAIT_SECONDS, TimeUnit.SECONDS).close();
            }
            assertTrue(endsOrBreaks(client));
            client.close();
            assertEquals(!stayed, left.isDone());
            assertFalse(peer.ended.isDone(), "the owner is done with it and hears nothing more");
            Eventually.until(WAIT, "the engine is released", () -> bed.tls.enginesInUse() == 0);
        }
    }

    @Test
    void closedWhileItLeavesItIsClosed() throws Exception {
        try (var bed = bed();
                var client = bed.connect()) {
            var peer = bed.next();
            var left = new CompletableFuture<Detached>();
            on(bed.loops.getFirst(), () -> {
                peer.connection.detach(left::complete);
                peer.connection.close();
                assertFalse(peer.connection.isOpen());
                return true;
            });
            var _ = left.thenAccept(Detached::close);
            assertTrue(endsOrBreaks(client));
            Eventually.until(WAIT, "the engine is released", () -> bed.tls.enginesInUse() == 0);
        }
    }

    private static boolean endsOrBreaks(Socket client) {
        try {
            return client.getInputStream().read() < 0;
        } catch (IOException _) {
            return true;
        }
    }

    /** The old connection does nothing any more to what is another's. */
    @Test
    void theConnectionThatWasLeftIsClosedForItsOwner() throws Exception {
        try (var bed = bed();
                var client = bed.connect()) {
            var peer = bed.next();
            var old = peer.connection;
            bed.move(peer, bed.loops.get(1));
            on(bed.loops.getFirst(), () -> {
                assertFalse(old.isOpen());
                old.send(ByteBuffer.wrap(BYE));
                old.pauseReading();
                old.resumeReading();
                old.finishSending();
                old.detach(_ -> peer.moves.addAndGet(100));
                old.finish();
                old.close();
                return true;
            });
            client.getOutputStream().write(new byte[1000]);
            assertArrayEquals(new byte[1000], client.getInputStream().readNBytes(1000));
            assertEquals(1, peer.moves.get());
        }
    }

    /** Clients that send, close, and break at any time of a move: each end is told once, and no file or TLS engine stays. */
    @Test
    void clientsThatComeAndGoLeaveNothingBehind() throws Exception {
        var random = new Random(20);
        try (var bed = bed()) {
            var before = MovingBed.files();
            for (var round = 0; round < 12; round++) {
                var clients = new ArrayList<Socket>();
                var all = new ArrayList<Peer>();
                for (var i = 0; i < 25; i++) {
                    clients.add(bed.connect());
                    var peer = bed.next();
                    all.add(peer);
                    bed.bounce(peer, random.nextInt(30));
                }
                for (var client : clients) {
                    leave(client, random);
                }
                all.forEach(peer -> Eventually.until(WAIT, "the end of each is told", peer.ended::isDone));
            }
            Eventually.until(WAIT, "the files are closed", () -> MovingBed.files() <= before);
            Eventually.until(WAIT, "the engines are released", () -> bed.tls.enginesInUse() == 0);
        }
    }

    private static void leave(Socket client, Random random) throws IOException {
        if (random.nextBoolean()) {
            client.getOutputStream().write(new byte[random.nextInt(100_000)]);
        }
        if (random.nextBoolean()) {
            client.setSoLinger(true, 0);
        }
        client.close();
    }
}
