package dev.howdah.proxy;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Hashes bytes that clients choose. Everything is multiplied by a secret of the process, and both halves of the product count, so that nobody can
 * find bytes that fall into one slot of a table and make its searches long for all.
 */
final class ByteHash {
    private final long start;
    private final long factor;

    /** @param seed the secret */
    ByteHash(long seed) {
        var random = new SplittableRandom(seed);
        start = random.nextLong();
        factor = random.nextLong() | 1;
    }

    /** @param salt what else tells one from another */
    int of(ByteBuffer bytes, int from, int to, long salt) {
        var hash = fold(start ^ salt);
        var i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            hash = fold(hash ^ bytes.getLong(i));
        }
        var tail = (long) (to - from);
        for (; i < to; i++) {
            tail = (tail << Byte.SIZE) | (bytes.get(i) & 0xff);
        }
        hash = fold(hash ^ tail);
        return (int) (hash ^ (hash >>> 32));
    }

    private long fold(long value) {
        return Math.unsignedMultiplyHigh(value, factor) ^ (value * factor);
    }
}
