package dev.howdah.proxy.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The system calls of one engine, on 64-bit Linux. Results are as the kernel gives them: a negative one is the error's number with its sign
 * turned. Pointers are plain addresses, which a C function takes like any other 64-bit number, so that nothing is made per call. The static
 * methods are thread-safe, the others are not.
 *
 * <p>Calls that are frequent and cannot block leave the thread's state alone ({@link Linker.Option#critical}); a safepoint waits for them.
 */
final class LinuxCalls {
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int EBUSY = 16;
    static final int EINVAL = 22;
    static final int ETIME = 62;
    static final int ECONNABORTED = 103;
    static final int ENOBUFS = 105;
    static final int ECANCELED = 125;

    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    private static final int SHUT_WR = 1;
    private static final int F_SETFL = 4;
    private static final int CLOEXEC = 0x80000;
    static final int NONBLOCK = 0x800;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final Linker.Option CANNOT_BLOCK = Linker.Option.critical(false);
    private static final long ERRNO_AT =
            Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    /** The C library's recv and send are points where a thread can be cancelled, which costs two atomic operations; syscall is none. */
    private static final MethodHandle QUICK_SYSCALL =
            call("syscall", "LLLLLLL", JAVA_LONG, ERRNO, CANNOT_BLOCK, Linker.Option.firstVariadicArg(1));

    private static final MethodHandle EPOLL_CTL = call("epoll_ctl", "iiiL", JAVA_INT, ERRNO, CANNOT_BLOCK);
    private static final MethodHandle EPOLL_WAIT = call("epoll_wait", "iLii", JAVA_INT, ERRNO);
    private static final MethodHandle EPOLL_LOOK = call("epoll_wait", "iLii", JAVA_INT, ERRNO, CANNOT_BLOCK);
    private static final MethodHandle ACCEPT = call("accept4", "iLLi", JAVA_INT, ERRNO, CANNOT_BLOCK);
    private static final MethodHandle GETPEERNAME = call("getpeername", "iLL", JAVA_INT, ERRNO, CANNOT_BLOCK);
    private static final MethodHandle EPOLL_CREATE = call("epoll_create1", "i", JAVA_INT, ERRNO);
    private static final MethodHandle EVENTFD = call("eventfd", "ii", JAVA_INT, ERRNO);
    private static final MethodHandle SOCKET = call("socket", "iii", JAVA_INT, ERRNO);
    private static final MethodHandle BIND = call("bind", "iLi", JAVA_INT, ERRNO);
    private static final MethodHandle LISTEN = call("listen", "ii", JAVA_INT, ERRNO);
    private static final MethodHandle CONNECT = call("connect", "iLi", JAVA_INT, ERRNO);
    private static final MethodHandle SETSOCKOPT = call("setsockopt", "iiiLi", JAVA_INT, ERRNO);
    private static final MethodHandle GETSOCKNAME = call("getsockname", "iLL", JAVA_INT, ERRNO);
    private static final MethodHandle SHUTDOWN = call("shutdown", "ii", JAVA_INT, ERRNO);
    private static final MethodHandle FCNTL = call("fcntl", "iii", JAVA_INT, ERRNO, Linker.Option.firstVariadicArg(2));
    private static final MethodHandle MMAP = call("mmap", "LLiiiL", JAVA_LONG, ERRNO);
    private static final MethodHandle SYSCALL =
            call("syscall", "LLLLLLL", JAVA_LONG, ERRNO, Linker.Option.firstVariadicArg(1));
    private static final MethodHandle CLOSE = call("close", "i", JAVA_INT);
    private static final MethodHandle WRITE = call("write", "iLL", JAVA_LONG);
    private static final MethodHandle MUNMAP = call("munmap", "LL", JAVA_INT);
    private static final MethodHandle STRERROR = call("strerror", "i", JAVA_LONG);

    private static final boolean IS_AMD64 = System.getProperty("os.arch", "").equals("amd64");
    private static final long SENDTO = IS_AMD64 ? 44 : 206;
    private static final long RECVFROM = IS_AMD64 ? 45 : 207;
    private static final long SENDMSG = IS_AMD64 ? 46 : 211;

    /** All of the process's memory, for addresses that the kernel and we agree on. */
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1);

    private final MemorySegment state = Arena.ofAuto().allocate(Linker.Option.captureStateLayout());

    /**
     * Bound to where errors go, so that each is compiled by itself with that place as a constant. Inlined into its callers, the slice that every
     * such call makes of that place is not always removed, and a loop would make garbage with each call.
     */
    private final MethodHandle quickSyscall = QUICK_SYSCALL.bindTo(state);

    private final MethodHandle epollControl = EPOLL_CTL.bindTo(state);
    private final MethodHandle epollWait = EPOLL_WAIT.bindTo(state);
    private final MethodHandle epollLook = EPOLL_LOOK.bindTo(state);
    private final MethodHandle blockingSyscall = SYSCALL.bindTo(state);

    /** A call that is not made often enough to need a method without a lambda. */
    private interface Call {
        long result() throws Throwable;
    }

    /** @param parameters one letter each: {@code i} is an int, {@code L} a long or a pointer */
    private static MethodHandle call(String name, String parameters, ValueLayout result, Linker.Option... options) {
        var layouts = parameters
                .chars()
                .mapToObj(letter -> letter == 'i' ? JAVA_INT : JAVA_LONG)
                .toArray(ValueLayout[]::new);
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, layouts), options);
    }

    long recv(int fd, long address, long length) {
        return quickly(RECVFROM, fd, address, length, 0);
    }

    long send(int fd, long address, long length) {
        return quickly(SENDTO, fd, address, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    long sendMessage(int fd, long message) {
        return quickly(SENDMSG, fd, message, MSG_NOSIGNAL | MSG_DONTWAIT, 0);
    }

    /** For calls on sockets that cannot block. */
    private long quickly(long number, long fd, long b, long c, long d) {
        try {
            return orError((long) quickSyscall.invokeExact(number, fd, b, c, d, 0L, 0L));
        } catch (Throwable impossible) {
            throw impossible(impossible);
        }
    }

    int epollControl(int epoll, int operation, int fd, long event) {
        try {
            return orError((int) epollControl.invokeExact(epoll, operation, fd, event));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    int epollWait(int epoll, long events, int eventsMax, int timeoutMillis) {
        try {
            return timeoutMillis == 0
                    ? orError((int) epollLook.invokeExact(epoll, events, eventsMax, 0))
                    : orError((int) epollWait.invokeExact(epoll, events, eventsMax, timeoutMillis));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** May block: made for calls that wait for what another thread or the network does. */
    long syscall(long number, long a, long b, long c, long d, long e, long f) {
        try {
            return orError((long) blockingSyscall.invokeExact(number, a, b, c, d, e, f));
        } catch (Throwable impossible) {
            throw impossible(impossible);
        }
    }

    /** @param flags {@link #NONBLOCK} or nothing */
    int accept(int fd, long address, long addressLength, int flags) {
        try {
            return orError((int) ACCEPT.invokeExact(state, fd, address, addressLength, CLOEXEC | flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    int peerName(int fd, long address, long addressLength) {
        try {
            return orError((int) GETPEERNAME.invokeExact(state, fd, address, addressLength));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    int epollCreate() {
        return number(() -> (int) EPOLL_CREATE.invokeExact(state, CLOEXEC));
    }

    int eventFd() {
        return number(() -> (int) EVENTFD.invokeExact(state, 0, CLOEXEC | NONBLOCK));
    }

    int socket(int family, int type) {
        return number(() -> (int) SOCKET.invokeExact(state, family, type | CLOEXEC | NONBLOCK, 0));
    }

    int bind(int fd, long address, int length) {
        return number(() -> (int) BIND.invokeExact(state, fd, address, length));
    }

    int listen(int fd, int backlog) {
        return number(() -> (int) LISTEN.invokeExact(state, fd, backlog));
    }

    int connect(int fd, long address, int length) {
        return number(() -> (int) CONNECT.invokeExact(state, fd, address, length));
    }

    int setOption(int fd, int level, int option, long value) {
        return number(() -> (int) SETSOCKOPT.invokeExact(state, fd, level, option, value, Integer.BYTES));
    }

    int socketName(int fd, long address, long addressLength) {
        return number(() -> (int) GETSOCKNAME.invokeExact(state, fd, address, addressLength));
    }

    int shutdownOutput(int fd) {
        return number(() -> (int) SHUTDOWN.invokeExact(state, fd, SHUT_WR));
    }

    /** Calls on it wait from now on; it must not be a listening socket's. */
    int makeBlocking(int fd) {
        return number(() -> (int) FCNTL.invokeExact(state, fd, F_SETFL, 0));
    }

    long map(long length, int protection, int flags, int fd, long offset) {
        return result(() -> (long) MMAP.invokeExact(state, 0L, length, protection, flags, fd, offset));
    }

    static void unmap(long address, long length) {
        try {
            var _ = (int) MUNMAP.invokeExact(address, length);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static void close(int fd) {
        try {
            // A descriptor is gone even where closing it reports an error.
            var _ = (int) CLOSE.invokeExact(fd);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Wakes who waits for an {@link #eventFd}. */
    static void signal(int eventFd) {
        try {
            var _ = (long) WRITE.invokeExact(eventFd, ONE.address(), (long) Long.BYTES);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** What a negative result means. */
    static IOException failure(long result) {
        try {
            var text = (long) STRERROR.invokeExact((int) -result);
            return new IOException(MEMORY.getString(text));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int orFailure(int result) throws IOException {
        if (result < 0) {
            throw failure(result);
        }
        return result;
    }

    private int number(Call call) {
        return (int) result(call);
    }

    private long result(Call call) {
        try {
            return orError(call.result());
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    private long orError(long result) {
        return result == -1 ? -state.get(JAVA_INT, ERRNO_AT) : result;
    }

    private int orError(int result) {
        return result == -1 ? -state.get(JAVA_INT, ERRNO_AT) : result;
    }

    /** A C function throws nothing; what comes is a bug here, or the JVM's own. */
    private static RuntimeException impossible(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }
}
