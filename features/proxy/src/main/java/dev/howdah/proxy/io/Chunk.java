package dev.howdah.proxy.io;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A piece of the loop's memory: bytes are added at its end and taken at its start. */
final class Chunk {
    final ByteBuffer bytes;
    final long address;
    private int start;
    private int end;
    /** Of the queue that this one is in. */
    @Nullable Chunk next;

    Chunk(int size) {
        bytes = ByteBuffer.allocateDirect(size);
        address = MemorySegment.ofBuffer(bytes).address();
    }

    int size() {
        return end - start;
    }

    int room() {
        return bytes.capacity() - end;
    }

    /** Where the first byte is. */
    long first() {
        return address + start;
    }

    /** Takes as many bytes as there is room for. */
    void add(ByteBuffer from) {
        var length = Math.min(room(), from.remaining());
        bytes.clear().put(end, from, from.position(), length);
        from.position(from.position() + length);
        end += length;
    }

    void taken(int length) {
        start += length;
    }

    /** The bytes, to be read. */
    ByteBuffer readable() {
        return bytes.limit(end).position(start);
    }

    void clear() {
        start = 0;
        end = 0;
        next = null;
        bytes.clear();
    }
}
