package dev.howdah.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Whatever arrives, a decoder answers with PROTOCOL_VIOLATION or with a value that encodes to something that decodes equal: no other exception,
 * no hang, no allocation that only a lying length asked for (the heap of the tests is too small for one). {@code -Dhowdah.verify=long} tries
 * twenty times as much, {@code -Dhowdah.seed=N} repeats a run.
 */
class FuzzTest {
    static final List<Decoding> ALL = Decoding.ALL;

    private static final long SEED = Long.getLong("howdah.seed", new Random().nextLong());
    private static final int INPUTS_PER_DECODING =
            150_000 * (System.getProperty("howdah.verify", "short").equals("long") ? 20 : 1);

    /** Lengths and counts that code gets wrong. */
    private static final int[] BAD_NUMBERS = {
        0, -1, -2, 1, 0x7FFF, 0xFFFF, 0x10000, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x3FFFFFFF
    };

    @ParameterizedTest
    @FieldSource("ALL")
    void randomBytes(Decoding decoding) {
        run(decoding, "random bytes", random -> {
            var bytes = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 2000 : 40)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) { // a known tag gets further than a random one
                bytes[0] = pick(decoding, random).get(0);
            }
            return bytes;
        });
    }

    @ParameterizedTest
    @FieldSource("ALL")
    void mutatedMessages(Decoding decoding) {
        run(decoding, "mutated messages", random -> {
            var bytes = bytesOf(pick(decoding, random));
            for (var i = random.nextInt(4); i >= 0; i--) {
                bytes = mutated(bytes, random);
            }
            return bytes;
        });
    }

    @ParameterizedTest
    @FieldSource("ALL")
    void messagesCutAtEveryByte(Decoding decoding) {
        for (var sample : decoding.samples()) {
            for (var length = 1; length < sample.remaining(); length++) {
                check(decoding, bytesOf(sample.slice(0, length)), "cut at " + length);
            }
        }
    }

    private static void run(Decoding decoding, String what, Function<Random, byte[]> input) {
        System.out.printf("%s of %s: seed %d%n", what, decoding, SEED);
        var random = new Random(SEED);
        assertTimeoutPreemptively(Duration.ofMinutes(5), () -> {
            for (var i = 0; i < INPUTS_PER_DECODING; i++) {
                check(decoding, input.apply(random), what + ", seed " + SEED + ", input " + i);
            }
        });
    }

    private static void check(Decoding decoding, byte[] bytes, String what) {
        try {
            var value = decoding.decode().apply(ByteBuffer.wrap(bytes));
            var again = decoding.decode().apply(decoding.encode().apply(value));
            if (!value.equals(again)) {
                assertEquals(value, again, () -> explain(decoding, bytes, what));
            }
        } catch (PlatformException e) {
            if (e.state() != SqlState.PROTOCOL_VIOLATION) {
                throw new AssertionError(explain(decoding, bytes, what), e);
            }
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            throw new AssertionError(explain(decoding, bytes, what), e);
        }
    }

    private static String explain(Decoding decoding, byte[] bytes, String what) {
        return "%s (%s): %s".formatted(decoding, what, HexFormat.of().formatHex(bytes));
    }

    private static ByteBuffer pick(Decoding decoding, Random random) {
        return decoding.samples().get(random.nextInt(decoding.samples().size()));
    }

    private static byte[] bytesOf(ByteBuffer buffer) {
        return ByteString.of(buffer).toByteArray();
    }

    private static byte[] mutated(byte[] bytes, Random random) {
        var at = random.nextInt(bytes.length);
        var other = ByteBuffer.wrap(bytes.clone());
        switch (random.nextInt(6)) {
            case 0 -> other.put(at, (byte) random.nextInt());
            case 1 -> other.put(at, (byte) (other.get(at) ^ 1 << random.nextInt(8)));
            case 2 -> putNumber(other, at, BAD_NUMBERS[random.nextInt(BAD_NUMBERS.length)]);
            case 3 -> {
                return bytesOf(other.slice(0, Math.max(1, at)));
            }
            case 4 -> {
                return bytesOf(ByteBuffer.allocate(bytes.length + 1)
                        .put(bytes, 0, at)
                        .put((byte) random.nextInt())
                        .put(bytes, at, bytes.length - at)
                        .flip());
            }
            default -> other.put(at, (byte) 0);
        }
        return bytesOf(other);
    }

    private static void putNumber(ByteBuffer buffer, int at, int number) {
        if (at + 4 <= buffer.limit()) {
            buffer.putInt(at, number);
        } else if (at + 2 <= buffer.limit()) {
            buffer.putShort(at, (short) number);
        }
    }
}
