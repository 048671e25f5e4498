package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramePumpTest {
    /** Passes lower-case messages, looks at the others, replaces X by two Ys, drops Z, stops once in front of each W, and holds each U and J once. */
    private static final class Recorder implements FramePump.Filter {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final List<Integer> wholeLengths = new ArrayList<>();
        private boolean stopped;
        private boolean held;
        FramePump pump;

        Recorder() {
            pump = new FramePump(this);
        }

        @Override
        public FramePump.Take take(byte tag, int bodyBytes) {
            if (tag == 'W' && !stopped) {
                stopped = true;
                return FramePump.Take.STOP;
            }
            stopped = false;
            return switch (tag) {
                case 'H', 'J', 'K' -> FramePump.Take.HEAD;
                case 'V' -> FramePump.Take.DROP;
                default -> Character.isUpperCase(tag) ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
            };
        }

        private boolean holds(byte tag) {
            held = (tag == 'U' || tag == 'J') && !held;
            if (held) {
                pump.hold();
            }
            return held;
        }

        @Override
        public boolean whole(byte tag, ByteBuffer bytes, int from, int to) {
            if (holds(tag)) {
                return false;
            }
            wholeLengths.add(to - from);
            assertEquals(tag, bytes.get(from));
            assertEquals(to - from - 1, bytes.getInt(from + 1));
            switch (tag) {
                case 'X' -> {
                    pump.cut();
                    out.writeBytes(join(message('Y', 0), message('Y', 3)));
                }
                case 'Z' -> {
                    return false;
                }
                default -> {
                    return true;
                }
            }
            return false;
        }

        /** Puts a message in front of each K and another tag in place of it; lets H pass. */
        @Override
        public int head(byte tag, ByteBuffer bytes, int from, int to) {
            assertEquals(tag, bytes.get(from));
            assertEquals(Math.min(FramePump.HEAD_BYTES_MAX, 1 + bytes.getInt(from + 1)), to - from);
            if (holds(tag) || tag == 'H' || tag == 'J') {
                return 0;
            }
            pump.cut();
            out.writeBytes(message('y', 2));
            out.write('k');
            return 1;
        }

        @Override
        public void forward(ByteBuffer bytes, int from, int to) {
            for (var i = from; i < to; i++) {
                out.write(bytes.get(i));
            }
        }
    }

    @Test
    void messageThatIsLookedAtWholeMayBeLong() {
        var recorder = new Recorder();
        var pump = recorder.pump;
        var bytes = ByteBuffer.wrap(message('A', 300_000));
        while (bytes.hasRemaining()) {
            var piece = bytes.slice(bytes.position(), Math.min(7_001, bytes.remaining()));
            bytes.position(bytes.position() + piece.remaining());
            assertTrue(pump.pump(piece));
            assertEquals(!bytes.hasRemaining(), pump.holdsNothing());
        }
        assertArrayEquals(bytes.array(), recorder.out.toByteArray());
        assertTrue(pump.pump(ByteBuffer.wrap(new byte[] {'a', 0})));
        assertTrue(pump.atBoundary());
        assertFalse(pump.holdsNothing());
    }

    private static byte[] message(char tag, int bodyBytes) {
        var message = ByteBuffer.allocate(5 + bodyBytes).put((byte) tag).putInt(4 + bodyBytes);
        while (message.hasRemaining()) {
            message.put((byte) message.position());
        }
        return message.array();
    }

    private static byte[] join(byte[]... parts) {
        var joined = new ByteArrayOutputStream();
        for (var part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    /** Pumps pieces of random length, going on after each stop. */
    private static void pumpInPieces(FramePump pump, byte[] stream, RandomGenerator random) {
        for (var at = 0; at < stream.length; ) {
            var length = Math.min(stream.length - at, 1 + random.nextInt(random.nextBoolean() ? 3 : 200));
            var piece = ByteBuffer.wrap(stream, at, length);
            while (!pump.pump(piece)) {
                piece = ByteBuffer.allocate(piece.remaining()).put(piece).flip();
            }
            assertFalse(piece.hasRemaining());
            at += length;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyCutOfTheStreamGivesTheSameMessages(long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (var round = 0; round < 200; round++) {
            var sent = new ByteArrayOutputStream();
            var expected = new ByteArrayOutputStream();
            for (var i = 0; i < 20; i++) {
                var tag = "adXZWQHKVUJ".charAt(random.nextInt(11));
                var message =
                        message(tag, random.nextInt(3) == 0 ? 0 : random.nextInt(random.nextBoolean() ? 150 : 2500));
                sent.writeBytes(message);
                switch (tag) {
                    case 'X' -> expected.writeBytes(join(message('Y', 0), message('Y', 3)));
                    case 'Z', 'V' -> {}
                    case 'K' -> {
                        expected.writeBytes(message('y', 2));
                        expected.write('k');
                        expected.write(message, 1, message.length - 1);
                    }
                    default -> expected.writeBytes(message);
                }
            }
            var recorder = new Recorder();
            var pump = recorder.pump;
            pumpInPieces(pump, sent.toByteArray(), random);
            assertArrayEquals(expected.toByteArray(), recorder.out.toByteArray());
            assertTrue(pump.atBoundary());
            assertFalse(pump.midMessage());
        }
    }

    @Test
    void impossibleLengthIsRefused() {
        var pump = new Recorder().pump;
        assertThrows(
                FrameCursor.MalformedStreamException.class,
                () -> pump.pump(ByteBuffer.allocate(5).put((byte) 'a').putInt(3).flip()));
        var other = new Recorder().pump;
        assertThrows(
                FrameCursor.MalformedStreamException.class,
                () -> other.pump(
                        ByteBuffer.allocate(5).put((byte) 'a').putInt(-1).flip()));
    }

    @Test
    void partOfAMessageIsNoBoundary() {
        var pump = new Recorder().pump;
        assertTrue(pump.pump(ByteBuffer.wrap(message('a', 10), 0, 7)));
        assertFalse(pump.atBoundary());
        assertTrue(pump.midMessage());
    }
}
