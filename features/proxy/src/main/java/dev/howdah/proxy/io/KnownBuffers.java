package dev.howdah.proxy.io;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Where the loop's buffers are in memory, so that sending from them needs no look-up that allocates. */
final class KnownBuffers {
    private final ByteBuffer[] buffers;
    private final long[] addresses;

    KnownBuffers(ByteBuffer... buffers) {
        this.buffers = buffers;
        this.addresses = new long[buffers.length];
        for (var i = 0; i < buffers.length; i++) {
            addresses[i] =
                    MemorySegment.ofBuffer(buffers[i].duplicate().clear()).address();
        }
    }

    /** The address of the first byte of a direct buffer, wherever its position is. */
    @SuppressWarnings("ReferenceEquality") // the very buffer is meant, not one with the same bytes
    long address(ByteBuffer buffer) {
        for (var i = 0; i < buffers.length; i++) {
            if (buffers[i] == buffer) {
                return addresses[i];
            }
        }
        return MemorySegment.ofBuffer(buffer).address() - buffer.position();
    }
}
