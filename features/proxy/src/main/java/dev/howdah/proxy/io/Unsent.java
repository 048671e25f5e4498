package dev.howdah.proxy.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayDeque;

/** The bytes of one connection that the kernel did not take, in order, in chunks borrowed from the loop. Exists only while there are some. */
public final class Unsent {
    private final LoopBuffers buffers;
    /** All but the last are ready to be read; the last one is being filled. */
    private final ArrayDeque<ByteBuffer> chunks = new ArrayDeque<>();

    private int size;

    public Unsent(LoopBuffers buffers) {
        this.buffers = buffers;
    }

    public int size() {
        return size;
    }

    public void add(ByteBuffer bytes) {
        size += bytes.remaining();
        while (bytes.hasRemaining()) {
            var last = chunks.peekLast();
            if (last == null || !last.hasRemaining()) {
                last = buffers.takeChunk();
                chunks.addLast(last);
            }
            var length = Math.min(last.remaining(), bytes.remaining());
            last.put(last.position(), bytes, bytes.position(), length);
            last.position(last.position() + length);
            bytes.position(bytes.position() + length);
        }
    }

    /** Writes as much as the kernel takes, in one gathered write. */
    public void writeTo(GatheringByteChannel channel) throws IOException {
        var ready = new ByteBuffer[chunks.size()];
        var i = 0;
        for (var chunk : chunks) {
            ready[i++] = chunk.flip();
        }
        try {
            size -= Math.toIntExact(channel.write(ready));
        } finally {
            for (var chunk : ready) {
                chunk.compact();
            }
        }
        while (!chunks.isEmpty() && chunks.getFirst().position() == 0) {
            buffers.returnChunk(chunks.removeFirst());
        }
    }

    public void discard() {
        chunks.forEach(buffers::returnChunk);
        chunks.clear();
        size = 0;
    }
}
