package dev.howdah.proxy.io;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * The buffers of one loop. Connections borrow them for one pass and own none while idle. {@link #plain} and {@link #encrypted} hold what comes
 * out of one full {@link #read} buffer, so that a pass ends in one write.
 */
public final class LoopBuffers {
    public static final int READ_BYTES = 64 * 1024;
    /** Five TLS records of 16 kB with their overhead: a whole read buffer and the rest of the record before. */
    private static final int TLS_BYTES = 5 * (16 * 1024 + 512);

    private static final int CHUNK_BYTES = 32 * 1024;
    private static final int FREE_CHUNKS_MAX = 128;

    public final ByteBuffer read = ByteBuffer.allocateDirect(READ_BYTES);
    public final ByteBuffer plain = ByteBuffer.allocateDirect(TLS_BYTES);
    public final ByteBuffer encrypted = ByteBuffer.allocateDirect(TLS_BYTES);

    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

    /** A cleared buffer for bytes that must wait. */
    public ByteBuffer takeChunk() {
        var chunk = free.pollLast();
        return chunk == null ? ByteBuffer.allocateDirect(CHUNK_BYTES) : chunk.clear();
    }

    public void returnChunk(ByteBuffer chunk) {
        if (free.size() < FREE_CHUNKS_MAX) {
            free.addLast(chunk);
        }
    }
}
