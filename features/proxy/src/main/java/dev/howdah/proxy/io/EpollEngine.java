package dev.howdah.proxy.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.howdah.base.ServerAddress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The engine over Linux's epoll: what {@link NioEngine} does, without what lies between it and the kernel. */
final class EpollEngine implements IoEngine {
    static final int IN = 0x1;
    static final int OUT = 0x4;
    /** The peer has said that it sends nothing more. */
    static final int PEER_ENDED = 0x2000;

    private static final int EDGES = 1 << 31;

    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int CHANGE = 3;
    private static final int EVENTS_MAX = 256;
    private static final ValueLayout.OfInt FLAGS = JAVA_INT;
    /** On x86-64 alone the structure has no padding. */
    private static final int DATA_AT = System.getProperty("os.arch").equals("amd64") ? 4 : 8;

    private static final int EVENT_BYTES = DATA_AT + Long.BYTES;
    private static final int FIRST_TABLE_SIZE = 256;

    private final LinuxCalls calls = new LinuxCalls();
    private final LinuxSockets sockets = new LinuxSockets(calls);
    private final LoopBuffers buffers;
    private final SocketReader reader;
    private final SocketSender sender;
    private final int epoll;
    private final int wakeups;
    private final MemorySegment events = Arena.ofAuto().allocate((long) EVENTS_MAX * EVENT_BYTES, Long.BYTES);
    private final MemorySegment asked = Arena.ofAuto().allocate(EVENT_BYTES, Long.BYTES);
    private final SessionEdge edge = new SessionEdge();
    private final ArrayDeque<EpollConnection> again = new ArrayDeque<>();
    private final AcceptPause pausedAccepts = new AcceptPause();
    private @Nullable Watched[] watched = new Watched[FIRST_TABLE_SIZE];
    private int generation;

    /** What the kernel tells about. It is found by its descriptor; the generation tells it from an earlier one of the same number. */
    interface Watched extends SessionEdge.Breakable {
        int fd();

        int generation();

        void ready(int events) throws IOException;
    }

    /** The kernel tells the next engine at once of what has arrived. */
    record EpollDetached(int fd, ByteBuffer unsent) implements Detached {
        @Override
        public Connection attach(EventLoop loop, ConnectionHandler handler) throws IOException {
            var connection = ((EpollEngine) loop.engine()).open(fd, handler);
            connection.keep(unsent);
            return connection;
        }

        @Override
        public void close() {
            LinuxCalls.close(fd);
        }
    }

    EpollEngine(LoopBuffers buffers) throws IOException {
        this.buffers = buffers;
        this.reader = new SocketReader(calls, buffers.read);
        this.sender = new SocketSender(calls, new KnownBuffers(buffers.read, buffers.encrypted, buffers.plain));
        this.epoll = LinuxCalls.orFailure(calls.epollCreate());
        var eventFd = calls.eventFd();
        if (eventFd < 0) {
            LinuxCalls.close(epoll);
            throw LinuxCalls.failure(eventFd);
        }
        this.wakeups = eventFd;
        // Told by its edges, it need never be read.
        control(ADD, wakeups, 0, IN | EDGES);
    }

    LoopBuffers buffers() {
        return buffers;
    }

    LinuxCalls calls() {
        return calls;
    }

    SocketReader reader() {
        return reader;
    }

    SocketSender sender() {
        return sender;
    }

    SessionEdge edge() {
        return edge;
    }

    @Override
    public Listening listen(InetSocketAddress address, Consumer<Accepted> accepted) throws IOException {
        var fd = sockets.listen(address);
        try {
            var listening = new EpollListening(this, sockets, fd, ++generation, sockets.localAddress(fd), accepted);
            watch(listening, IN);
            return listening;
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw e;
        }
    }

    @Override
    public Connection open(Accepted accepted, ConnectionHandler handler) throws IOException {
        return open(((LinuxSockets.Accepted) accepted).fd(), handler);
    }

    @Override
    public Connection connect(ServerAddress.UnixSocket address, ConnectionHandler handler) throws IOException {
        var fd = sockets.connect(address);
        try {
            return open(fd, handler);
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw e;
        }
    }

    private EpollConnection open(int fd, ConnectionHandler handler) throws IOException {
        var connection = new EpollConnection(this, fd, ++generation, handler);
        watch(connection, IN | PEER_ENDED | EDGES);
        return connection;
    }

    private void watch(Watched target, int flags) throws IOException {
        if (target.fd() >= watched.length) {
            watched = Arrays.copyOf(watched, Math.max(target.fd() + 1, watched.length * 2));
        }
        control(ADD, target.fd(), target.generation(), flags);
        watched[target.fd()] = target;
    }

    private void control(int operation, int fd, int ofGeneration, int flags) throws IOException {
        asked.set(FLAGS, 0, flags);
        asked.set(JAVA_LONG_UNALIGNED, DATA_AT, ((long) ofGeneration << Integer.SIZE) | fd);
        LinuxCalls.orFailure(calls.epollControl(epoll, operation, fd, asked.address()));
    }

    /** Whether the connection is told when the kernel has room for more bytes of it. A Unix socket would be told after each read of its peer's. */
    void watchRoom(EpollConnection connection, boolean wanted) {
        try {
            var room = wanted ? OUT : 0;
            control(CHANGE, connection.fd(), connection.generation(), IN | PEER_ENDED | EDGES | room);
        } catch (IOException e) {
            edge.endLater(connection, e);
        }
    }

    /** Reads the connection in the next pass, whatever the kernel tells. */
    void again(EpollConnection connection) {
        again.addLast(connection);
    }

    void close(Watched target) {
        watched[target.fd()] = null;
        LinuxCalls.close(target.fd());
    }

    /** Forgets the connection, whose socket lives on. */
    void letGo(EpollConnection connection) {
        var _ = calls.epollControl(epoll, REMOVE, connection.fd(), asked.address());
        watched[connection.fd()] = null;
    }

    /** A listening socket is not asked for a while. */
    void pauseAccepting(EpollListening listening) throws IOException {
        control(CHANGE, listening.fd(), listening.generation(), 0);
        pausedAccepts.add(listening::resume);
    }

    void resumeAccepting(EpollListening listening) throws IOException {
        control(CHANGE, listening.fd(), listening.generation(), IN);
    }

    /** Unlike a connection, it would be told of without end as long as a child process that is just being started holds a copy. */
    void close(EpollListening listening) {
        var _ = calls.epollControl(epoll, REMOVE, listening.fd(), asked.address());
        close((Watched) listening);
    }

    @Override
    public void poll(long timeoutMillis, LoopClock clock) throws IOException {
        var leftOver = again.size();
        var timeout = leftOver > 0 || edge.hasEnds() ? 0 : pausedAccepts.limit(timeoutMillis);
        var count = calls.epollWait(epoll, events.address(), EVENTS_MAX, (int) Math.max(0, timeout));
        if (count < 0 && count != -LinuxCalls.EINTR) {
            throw LinuxCalls.failure(count);
        }
        clock.tick();
        for (var i = 0; i < count; i++) {
            dispatch(
                    events.get(JAVA_LONG_UNALIGNED, (long) i * EVENT_BYTES + DATA_AT),
                    events.get(FLAGS, (long) i * EVENT_BYTES));
        }
        for (var i = 0; i < leftOver; i++) {
            readRest(again.removeFirst());
        }
        pausedAccepts.resumeDue();
        edge.tellEnds();
    }

    private void dispatch(long data, int flags) {
        var fd = (int) data;
        var target = fd < watched.length ? watched[fd] : null;
        if (target == null || target.generation() != (int) (data >>> Integer.SIZE)) {
            // The wake-up, or closed by what was dispatched before it.
            return;
        }
        try {
            target.ready(flags);
        } catch (IOException e) {
            SessionEdge.end(target, e);
        } catch (RuntimeException | Error e) {
            SessionEdge.failed(target, e);
        }
    }

    private static void readRest(EpollConnection connection) {
        try {
            connection.readRest();
        } catch (IOException e) {
            SessionEdge.end(connection, e);
        } catch (RuntimeException | Error e) {
            SessionEdge.failed(connection, e);
        }
    }

    @Override
    public void wakeup() {
        LinuxCalls.signal(wakeups);
    }

    @Override
    public void close() {
        for (var target : watched) {
            if (target != null) {
                LinuxCalls.close(target.fd());
            }
        }
        Arrays.fill(watched, null);
        LinuxCalls.close(wakeups);
        LinuxCalls.close(epoll);
    }
}
