package dev.howdah.proxy.io;

import static dev.howdah.proxy.io.LinuxCalls.MEMORY;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/** The buffers that the kernel puts into what arrives, each given back as soon as it has been delivered. They belong to one ring. */
final class ProvidedBuffers {
    static final int GROUP = 1;
    private static final int COUNT = 128;
    private static final int BYTES = 32 * 1024;
    private static final int ENTRY_BYTES = 16;
    private static final int DESCRIPTION_BYTES = 40;
    private static final int TAIL_AT = 14;
    private static final int PAGE_BYTES = 64 * 1024;
    private static final VarHandle SHORT = JAVA_SHORT.varHandle();

    private final ByteBuffer memory = ByteBuffer.allocateDirect(COUNT * BYTES);
    private final ByteBuffer[] buffers = new ByteBuffer[COUNT];
    private final long[] addresses = new long[COUNT];
    private final MemorySegment ring = Arena.ofAuto().allocate(COUNT * ENTRY_BYTES, PAGE_BYTES);

    private int tail;

    ProvidedBuffers(Uring uring) throws IOException {
        var start = MemorySegment.ofBuffer(memory).address();
        for (var i = 0; i < COUNT; i++) {
            buffers[i] = memory.slice(i * BYTES, BYTES);
            addresses[i] = start + (long) i * BYTES;
        }
        var description = Arena.ofAuto().allocate(DESCRIPTION_BYTES, Long.BYTES);
        description.set(JAVA_LONG, 0, ring.address());
        description.set(JAVA_INT, 8, COUNT);
        description.set(JAVA_INT, 12, GROUP);
        uring.registerBuffers(description);
        for (var i = 0; i < COUNT; i++) {
            giveBack(i);
        }
    }

    /** What one completion brought. */
    ByteBuffer filled(int buffer, int length) {
        return buffers[buffer].clear().limit(length);
    }

    void giveBack(int buffer) {
        var entry = ring.address() + (long) (tail & (COUNT - 1)) * ENTRY_BYTES;
        MEMORY.set(JAVA_LONG, entry, addresses[buffer]);
        MEMORY.set(JAVA_INT, entry + 8, BYTES);
        MEMORY.set(JAVA_SHORT, entry + 12, (short) buffer);
        tail++;
        SHORT.setRelease(MEMORY, ring.address() + TAIL_AT, (short) tail);
    }
}
