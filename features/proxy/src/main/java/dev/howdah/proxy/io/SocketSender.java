package dev.howdah.proxy.io;

import static dev.howdah.proxy.io.LinuxCalls.MEMORY;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Hands bytes to the kernel without waiting, from wherever they are. Belongs to one engine. */
final class SocketSender {
    static final int VECTORS_MAX = 64;
    /** What C calls {@code struct msghdr}. */
    static final int MESSAGE_BYTES = 56;

    private static final int VECTORS_AT = 16;
    private static final int VECTOR_COUNT_AT = 24;
    private static final int SCRATCH_BYTES = 16 * 1024;

    private final LinuxCalls calls;
    private final KnownBuffers known;
    private final MemorySegment message = Arena.ofAuto().allocate(MESSAGE_BYTES, Long.BYTES);
    private final MemorySegment vectors = Arena.ofAuto().allocate((long) VECTORS_MAX * Unsent.VECTOR_BYTES, Long.BYTES);
    private final Chunk scratch = new Chunk(SCRATCH_BYTES);

    SocketSender(LinuxCalls calls, KnownBuffers known) {
        this.calls = calls;
        this.known = known;
    }

    /** Writes a message of the first chunks that wait, its vectors elsewhere; both are addresses. */
    static void describe(Unsent waiting, long message, long vectors) {
        MEMORY.set(JAVA_LONG, message + VECTORS_AT, vectors);
        MEMORY.set(JAVA_LONG, message + VECTOR_COUNT_AT, waiting.describe(vectors, VECTORS_MAX));
    }

    /** Sends what the kernel takes; the rest remains in the buffer. Returns an error, or nothing that is negative. */
    long send(int fd, ByteBuffer bytes) {
        return bytes.isDirect() ? sendDirect(fd, bytes) : sendCopy(fd, bytes);
    }

    private long sendDirect(int fd, ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return 0;
        }
        var sent = calls.send(fd, known.address(bytes) + bytes.position(), bytes.remaining());
        if (sent > 0) {
            bytes.position(bytes.position() + (int) sent);
        }
        return sent == -LinuxCalls.EAGAIN ? 0 : sent;
    }

    private long sendCopy(int fd, ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            scratch.clear();
            var from = bytes.position();
            scratch.add(bytes);
            var sent = calls.send(fd, scratch.address, scratch.size());
            if (sent < scratch.size()) {
                bytes.position(from + (int) Math.max(0, sent));
                return sent == -LinuxCalls.EAGAIN ? 0 : sent;
            }
        }
        return 0;
    }

    /** Sends of what waits until the kernel takes no more. */
    void send(int fd, Unsent waiting) throws IOException {
        while (waiting.size() > 0) {
            describe(waiting, message.address(), vectors.address());
            var sent = calls.sendMessage(fd, message.address());
            if (sent == -LinuxCalls.EAGAIN) {
                return;
            }
            if (sent < 0) {
                throw LinuxCalls.failure(sent);
            }
            waiting.taken(sent);
        }
    }
}
