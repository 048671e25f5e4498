package dev.howdah.proxy.io;

import static dev.howdah.proxy.io.LinuxCalls.MEMORY;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * One io_uring: the two rings that are shared with the kernel, and the call that serves both. Requests are written by {@link #next} and the
 * setters after it; {@link #enter} submits them and waits for completions. One thread submits: the one that {@link #enable}s the ring.
 */
final class Uring implements AutoCloseable {
    static final int OP_POLL_ADD = 6;
    static final int OP_SENDMSG = 9;
    static final int OP_ACCEPT = 13;
    static final int OP_ASYNC_CANCEL = 14;
    static final int OP_SEND = 26;
    static final int OP_RECV = 27;

    /** Of a request: it takes one of the provided buffers. */
    static final int BUFFER_SELECT = 1 << 5;
    /** Of a completion: it brings a provided buffer, or the request goes on. */
    static final int HAS_BUFFER = 1;

    static final int HAS_MORE = 2;

    private static final long SETUP = 425;
    private static final long ENTER = 426;
    private static final long REGISTER = 427;
    private static final int SQ_ENTRIES = 512;
    private static final int CQ_ENTRIES = 8 * 1024;
    private static final int SETUP_CQ_SIZE = 1 << 3;
    private static final int SETUP_DISABLED = 1 << 6;
    private static final int SETUP_SUBMIT_ALL = 1 << 7;
    private static final int SETUP_SINGLE_ISSUER = 1 << 12;
    private static final int SETUP_DEFER_TASKRUN = 1 << 13;
    private static final int SETUP_NO_ARRAY = 1 << 16;
    private static final int NEEDED =
            SETUP_CQ_SIZE | SETUP_DISABLED | SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN;
    /** One mapping for both rings, completions that are never dropped, timeouts given to the call that waits. */
    private static final int FEATURES = 1 | 1 << 1 | 1 << 8;

    private static final int ENTER_GET_EVENTS = 1;
    private static final int ENTER_EXTENDED = 1 << 3;
    private static final int REGISTER_ENABLE = 12;
    private static final int REGISTER_BUFFERS = 22;

    private static final int PARAMETER_BYTES = 120;
    private static final int SQ_OFFSETS = 40;
    private static final int CQ_OFFSETS = 80;
    private static final int REQUEST_BYTES = 64;
    private static final int COMPLETION_BYTES = 16;
    private static final long REQUESTS_MAPPING = 0x10000000L;
    private static final int READ_WRITE = 3;
    private static final int SHARED_POPULATED = 1 | 0x8000;

    private static final VarHandle INT = JAVA_INT.varHandle();

    private final LinuxCalls calls;
    private final int fd;
    private final long rings;
    private final long ringsBytes;
    private final long requests;
    private final long requestsBytes;
    private final int requestMask;
    private final int requestCount;
    private final long requestHead;
    private final long requestTail;
    private final int completionMask;
    private final long completionHead;
    private final long completionTail;
    private final long completions;
    private final MemorySegment argument = Arena.ofAuto().allocate(24, Long.BYTES);
    private final MemorySegment time = Arena.ofAuto().allocate(16, Long.BYTES);

    private boolean enabled;
    private int tail;
    private int submitted;
    private int head;
    private long request;
    private long completion;

    Uring(LinuxCalls calls) throws IOException {
        this.calls = calls;
        var parameters = Arena.ofAuto().allocate(PARAMETER_BYTES, Long.BYTES);
        this.fd = setUp(parameters);
        try {
            var features = parameters.get(JAVA_INT, 20);
            if ((features & FEATURES) != FEATURES) {
                throw new IOException("the kernel's io_uring is too old");
            }
            this.requestCount = parameters.get(JAVA_INT, 0);
            var arrayAt = Integer.toUnsignedLong(parameters.get(JAVA_INT, SQ_OFFSETS + 24));
            var completionsAt = Integer.toUnsignedLong(parameters.get(JAVA_INT, CQ_OFFSETS + 20));
            this.ringsBytes = Math.max(
                    arrayAt + (long) requestCount * Integer.BYTES,
                    completionsAt + (long) parameters.get(JAVA_INT, 4) * COMPLETION_BYTES);
            this.rings = map(ringsBytes, 0);
            this.requestsBytes = (long) requestCount * REQUEST_BYTES;
            this.requests = map(requestsBytes, REQUESTS_MAPPING);
            this.requestHead = rings + parameters.get(JAVA_INT, SQ_OFFSETS);
            this.requestTail = rings + parameters.get(JAVA_INT, SQ_OFFSETS + 4);
            this.requestMask = MEMORY.get(JAVA_INT, rings + parameters.get(JAVA_INT, SQ_OFFSETS + 8));
            this.completionHead = rings + parameters.get(JAVA_INT, CQ_OFFSETS);
            this.completionTail = rings + parameters.get(JAVA_INT, CQ_OFFSETS + 4);
            this.completionMask = MEMORY.get(JAVA_INT, rings + parameters.get(JAVA_INT, CQ_OFFSETS + 8));
            this.completions = rings + completionsAt;
            if (arrayAt != 0) {
                nameRequestsInOrder(rings + arrayAt);
            }
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw e;
        }
    }

    private int setUp(MemorySegment parameters) throws IOException {
        var result = setUp(parameters, NEEDED | SETUP_NO_ARRAY);
        if (result == -LinuxCalls.EINVAL) {
            // Before Linux 6.6 requests are named by a second array.
            result = setUp(parameters, NEEDED);
        }
        if (result == -LinuxCalls.EINVAL) {
            throw new IOException("the kernel's io_uring is older than that of Linux 6.1");
        }
        return LinuxCalls.orFailure((int) result);
    }

    private long setUp(MemorySegment parameters, int flags) {
        parameters.fill((byte) 0);
        parameters.set(JAVA_INT, 4, CQ_ENTRIES);
        parameters.set(JAVA_INT, 8, flags);
        return calls.syscall(SETUP, SQ_ENTRIES, parameters.address(), 0, 0, 0, 0);
    }

    private long map(long length, long offset) throws IOException {
        var address = calls.map(length, READ_WRITE, SHARED_POPULATED, fd, offset);
        if (address < 0) {
            throw LinuxCalls.failure(address);
        }
        return address;
    }

    private void nameRequestsInOrder(long array) {
        for (var i = 0; i < requestCount; i++) {
            MEMORY.set(JAVA_INT, array + (long) i * Integer.BYTES, i);
        }
    }

    /** Makes the calling thread the one that submits. Does nothing the next time. */
    void enable() throws IOException {
        if (!enabled) {
            LinuxCalls.orFailure((int) calls.syscall(REGISTER, fd, REGISTER_ENABLE, 0, 0, 0, 0));
            enabled = true;
        }
    }

    /** Gives the kernel a ring of buffers, described by a {@code struct io_uring_buf_reg}. */
    void registerBuffers(MemorySegment description) throws IOException {
        LinuxCalls.orFailure((int) calls.syscall(REGISTER, fd, REGISTER_BUFFERS, description.address(), 1, 0, 0));
    }

    /** How many requests wait to be submitted. */
    int pending() {
        return tail - submitted;
    }

    /** Whether there is room for one more request. */
    boolean hasRoom() {
        return tail - (int) INT.getAcquire(MEMORY, requestHead) < requestCount;
    }

    /** Begins a request, for which there must be room. Its data is what the completion will bring. */
    void next(int operation, int onFd, long data) {
        request = requests + (long) (tail & requestMask) * REQUEST_BYTES;
        for (var at = 0; at < REQUEST_BYTES; at += Long.BYTES) {
            MEMORY.set(JAVA_LONG, request + at, 0);
        }
        MEMORY.set(JAVA_INT, request, operation);
        MEMORY.set(JAVA_INT, request + 4, onFd);
        MEMORY.set(JAVA_LONG, request + 32, data);
        tail++;
    }

    void options(int flags, int priority, int group) {
        MEMORY.set(JAVA_INT, request, MEMORY.get(JAVA_INT, request) | flags << 8 | priority << 16);
        MEMORY.set(JAVA_INT, request + 40, group);
    }

    void memory(long address, int length) {
        MEMORY.set(JAVA_LONG, request + 16, address);
        MEMORY.set(JAVA_INT, request + 24, length);
    }

    void operationFlags(int flags) {
        MEMORY.set(JAVA_INT, request + 28, flags);
    }

    /** Submits what is pending and waits until there are so many completions, or the time is over. */
    void enter(int completionsMin, long timeoutMillis) throws IOException {
        INT.setRelease(MEMORY, requestTail, tail);
        argument.set(JAVA_LONG, 16, completionsMin == 0 ? 0 : time.address());
        time.set(JAVA_LONG, 0, timeoutMillis / 1000);
        time.set(JAVA_LONG, 8, timeoutMillis % 1000 * 1_000_000);
        var result = calls.syscall(
                ENTER,
                fd,
                pending(),
                completionsMin,
                ENTER_GET_EVENTS | ENTER_EXTENDED,
                argument.address(),
                argument.byteSize());
        submitted = (int) INT.getAcquire(MEMORY, requestHead);
        if (result < 0 && !passes((int) -result)) {
            throw LinuxCalls.failure(result);
        }
    }

    /** A wait that ended early is an ordinary one, and what could not be submitted is submitted by the next call. */
    private static boolean passes(int error) {
        return error == LinuxCalls.ETIME
                || error == LinuxCalls.EINTR
                || error == LinuxCalls.EAGAIN
                || error == LinuxCalls.EBUSY;
    }

    /** Goes to the next completion; false when there is none. */
    boolean advance() {
        if (head == (int) INT.getAcquire(MEMORY, completionTail)) {
            return false;
        }
        completion = completions + (long) (head & completionMask) * COMPLETION_BYTES;
        return true;
    }

    long data() {
        return MEMORY.get(JAVA_LONG, completion);
    }

    int result() {
        return MEMORY.get(JAVA_INT, completion + 8);
    }

    int flags() {
        return MEMORY.get(JAVA_INT, completion + 12);
    }

    /** Gives the completion's place back. */
    void seen() {
        head++;
        INT.setRelease(MEMORY, completionHead, head);
    }

    @Override
    public void close() {
        LinuxCalls.unmap(requests, requestsBytes);
        LinuxCalls.unmap(rings, ringsBytes);
        LinuxCalls.close(fd);
    }
}
