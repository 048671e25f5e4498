package dev.howdah.proxy.io;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * The buffers of one loop. Connections borrow them for one pass and own none while idle. {@link #plain} and {@link #encrypted} hold what comes
 * out of one full {@link #read} buffer, so that a pass ends in one write.
 */
public final class LoopBuffers {
    public static final int READ_BYTES = 64 * 1024;
    private static final int RECORD_BYTES = 16 * 1024 + 512;
    /** Five TLS records of 16 kB with their overhead: a whole read buffer and the rest of the record before. */
    private static final int TLS_BYTES = 5 * RECORD_BYTES;

    private static final int CHUNK_BYTES = 32 * 1024;
    private static final int FREE_CHUNKS_MAX = 128;
    /** Most of what waits is one short message. */
    private static final int SMALL_CHUNK_BYTES = 2 * 1024;

    private static final int FREE_SMALL_CHUNKS_MAX = 2 * 1024;

    public final ByteBuffer read = ByteBuffer.allocateDirect(READ_BYTES);
    public final ByteBuffer plain = ByteBuffer.allocateDirect(TLS_BYTES);
    public final ByteBuffer encrypted = ByteBuffer.allocateDirect(TLS_BYTES);
    /** For one TLS record that came in parts, or for bytes of the heap on their way into one. */
    public final ByteBuffer record = ByteBuffer.allocateDirect(RECORD_BYTES);

    private final ArrayDeque<Chunk> free = new ArrayDeque<>();
    private final ArrayDeque<Chunk> freeSmall = new ArrayDeque<>();

    /** An empty piece of memory for bytes that must wait, for so many of them or the first part of them. */
    Chunk takeChunk(int length) {
        var small = length <= SMALL_CHUNK_BYTES;
        var chunk = (small ? freeSmall : free).pollLast();
        return chunk == null ? new Chunk(small ? SMALL_CHUNK_BYTES : CHUNK_BYTES) : chunk;
    }

    void returnChunk(Chunk chunk) {
        var small = chunk.bytes.capacity() == SMALL_CHUNK_BYTES;
        var kept = small ? freeSmall : free;
        if (kept.size() < (small ? FREE_SMALL_CHUNKS_MAX : FREE_CHUNKS_MAX)) {
            chunk.clear();
            kept.addLast(chunk);
        }
    }
}
