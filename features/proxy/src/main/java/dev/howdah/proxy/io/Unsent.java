package dev.howdah.proxy.io;

import static dev.howdah.proxy.io.LinuxCalls.MEMORY;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import org.jspecify.annotations.Nullable;

/** The bytes of one connection that wait, in order, in chunks borrowed from the loop. Holds no memory while it is empty. */
final class Unsent {
    /** What C calls {@code struct iovec}: an address and a length. */
    static final int VECTOR_BYTES = 2 * Long.BYTES;

    private static final int VECTORS_MAX = 64;

    private final LoopBuffers buffers;
    private @Nullable Chunk first;
    private @Nullable Chunk last;
    private int chunks;
    private int size;

    Unsent(LoopBuffers buffers) {
        this.buffers = buffers;
    }

    int size() {
        return size;
    }

    int chunks() {
        return chunks;
    }

    @Nullable Chunk first() {
        return first;
    }

    void add(ByteBuffer bytes) {
        size += bytes.remaining();
        while (bytes.hasRemaining()) {
            var to = last;
            if (to == null || to.room() == 0) {
                to = append(buffers.takeChunk(bytes.remaining()));
            }
            to.add(bytes);
        }
    }

    private Chunk append(Chunk chunk) {
        if (last == null) {
            first = chunk;
        } else {
            last.next = chunk;
        }
        last = chunk;
        chunks++;
        return chunk;
    }

    /** Writes as much as the kernel takes, in one gathered write. */
    void writeTo(GatheringByteChannel channel) throws IOException {
        var ready = new ByteBuffer[Math.min(chunks, VECTORS_MAX)];
        var chunk = first;
        for (var i = 0; i < ready.length && chunk != null; i++) {
            ready[i] = chunk.readable();
            chunk = chunk.next;
        }
        taken(channel.write(ready));
    }

    /** Describes the first chunks as vectors at an address, and returns how many there are. */
    int describe(long vectors, int vectorsMax) {
        var count = 0;
        for (var chunk = first; chunk != null && count < vectorsMax; chunk = chunk.next) {
            MEMORY.set(JAVA_LONG, vectors + (long) count * VECTOR_BYTES, chunk.first());
            MEMORY.set(JAVA_LONG, vectors + (long) count * VECTOR_BYTES + Long.BYTES, chunk.size());
            count++;
        }
        return count;
    }

    /** How many bytes the first chunks have together. */
    int sizeOf(int chunksMax) {
        if (chunks <= chunksMax) {
            return size;
        }
        var bytes = 0;
        var left = chunksMax;
        for (var chunk = first; chunk != null && left > 0; chunk = chunk.next) {
            bytes += chunk.size();
            left--;
        }
        return bytes;
    }

    /** So many of the first bytes need not wait any longer. */
    void taken(long length) {
        size -= Math.toIntExact(length);
        var left = length;
        for (var chunk = first; chunk != null && left >= chunk.size(); chunk = first) {
            left -= chunk.size();
            unlink(chunk);
            buffers.returnChunk(chunk);
        }
        if (first != null) {
            first.taken((int) left);
        }
    }

    private void unlink(Chunk chunk) {
        first = chunk.next;
        if (first == null) {
            last = null;
        }
        chunks--;
    }

    /** Takes the first chunk out; whoever does gives it back to the loop's buffers. Only where bytes are delivered and not sent. */
    @Nullable Chunk removeFirst() {
        var chunk = first;
        if (chunk != null) {
            size -= chunk.size();
            unlink(chunk);
        }
        return chunk;
    }

    /** Takes all bytes out, into memory that is no loop's. */
    ByteBuffer takeAll() {
        var all = ByteBuffer.allocate(size);
        for (var chunk = first; chunk != null; chunk = chunk.next) {
            all.put(chunk.readable());
        }
        discard();
        return all.flip();
    }

    void discard() {
        taken(size);
    }
}
