package dev.howdah.proxy.io;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Reads sockets that do not block into the loop's buffer. Belongs to one engine. */
final class SocketReader {
    /** A read this long is part of a bulk transfer: reading again fills the buffer, and so whole TLS records. */
    private static final int BULK_BYTES = 8 * 1024;

    private final LinuxCalls calls;
    private final ByteBuffer buffer;
    private final long address;
    private int filled;
    private boolean emptied;

    SocketReader(LinuxCalls calls, ByteBuffer buffer) {
        this.calls = calls;
        this.buffer = buffer;
        this.address = MemorySegment.ofBuffer(buffer.clear()).address();
    }

    /** How many bytes there are now, 0 at the stream's end, or an error. An end or an error behind bytes is met by the next read. */
    int read(int fd) {
        var capacity = buffer.capacity();
        var length = (int) calls.recv(fd, address, capacity);
        filled = Math.max(0, length);
        emptied = length < capacity;
        while (length >= BULK_BYTES && filled < capacity) {
            var wanted = capacity - filled;
            length = (int) calls.recv(fd, address + filled, wanted);
            filled += Math.max(0, length);
            emptied = length == -LinuxCalls.EAGAIN || (length > 0 && length < wanted);
        }
        return filled > 0 ? filled : length;
    }

    /** Whether the last read took all that the kernel had. */
    boolean emptied() {
        return emptied;
    }

    /** What the last read brought. */
    ByteBuffer bytes() {
        return buffer.clear().limit(filled);
    }
}
