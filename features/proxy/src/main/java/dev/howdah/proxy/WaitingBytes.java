package dev.howdah.proxy;

import dev.howdah.proxy.io.Pieces;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** Memory for what clients have sent before they have a server. Most of it is short, and its memory is used again and again. Used on one loop only. */
final class WaitingBytes {
    private static final int SHORT_BYTES = 1024;
    private static final int FREE_MAX = 1_000;

    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

    /** A copy of what is left of {@code bytes}. */
    ByteBuffer keep(ByteBuffer bytes) {
        if (bytes.remaining() > SHORT_BYTES) {
            return Pieces.join(null, bytes);
        }
        var kept = free.pollLast();
        return (kept == null ? ByteBuffer.allocate(SHORT_BYTES) : kept.clear())
                .put(bytes)
                .flip();
    }

    /** Nobody uses the copy any more. */
    void release(ByteBuffer kept) {
        if (kept.capacity() == SHORT_BYTES && free.size() < FREE_MAX) {
            free.addLast(kept);
        }
    }
}
