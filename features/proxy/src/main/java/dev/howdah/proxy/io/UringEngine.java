package dev.howdah.proxy.io;

import dev.howdah.base.ServerAddress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The engine over Linux's io_uring. The kernel accepts and receives by itself into buffers it was given; what the sessions of one pass send
 * goes to it in the one call that waits for the next pass.
 */
final class UringEngine implements IoEngine {
    private static final int RECEIVED = 0;
    private static final int SENT = 1;
    private static final int OTHER = 2;
    private static final int KIND_BITS = 2;
    private static final int FIRST_TABLE_SIZE = 256;
    /** Fewer than these are sent by calls of their own: those end in the same wait, where completions of sends would end it at once. */
    private static final int BATCH_MIN = 3;

    private static final int MESSAGES_MAX = 32;
    private static final int MESSAGE_BYTES =
            SocketSender.MESSAGE_BYTES + SocketSender.VECTORS_MAX * Unsent.VECTOR_BYTES + Long.BYTES;

    private static final int POLL_MULTIPLE = 1;
    private static final int POLL_IN = 1;
    private static final int RECEIVE_MULTIPLE = 2;
    private static final int ACCEPT_MULTIPLE = 1;
    private static final int ACCEPT_CLOEXEC = 0x80000;
    private static final int CANCEL_ALL_OF_FD = 1 | 2;
    private static final int CANCEL_EVERYTHING = 1 | 4;
    private static final int QUIET = 1 << 6;
    private static final int NOBODY = 0;

    private final LinuxCalls calls = new LinuxCalls();
    private final LinuxSockets sockets = new LinuxSockets(calls);
    private final LoopBuffers buffers;
    private final SocketSender sender;
    private final Uring uring;
    private final ProvidedBuffers provided;
    private final int wakeups;
    private final MemorySegment messages = Arena.ofAuto().allocate((long) MESSAGES_MAX * MESSAGE_BYTES, Long.BYTES);
    private final SessionEdge edge = new SessionEdge();
    private final ArrayDeque<UringConnection> again = new ArrayDeque<>();
    private final ArrayDeque<UringConnection> toSend = new ArrayDeque<>();
    private final ArrayDeque<Waiting> waitingAccepts = new ArrayDeque<>();
    private final AcceptPause pausedAccepts = new AcceptPause();
    private @Nullable Target[] slots = new Target[FIRST_TABLE_SIZE];
    private int[] freeSlots = new int[FIRST_TABLE_SIZE];
    private int freeCount;
    private int slotCount = 1;
    private int messageCount;
    private boolean begun;

    /** Whom completions are for. */
    interface Target extends SessionEdge.Breakable {
        int fd();

        /** @param more whether the kernel goes on receiving */
        void received(int result, @Nullable ByteBuffer bytes, boolean more);

        void sent(int result);
    }

    /** Nothing of it is under way in any ring. */
    record UringDetached(int fd, ByteBuffer arrived, ByteBuffer unsent) implements Detached {
        @Override
        public Connection attach(EventLoop loop, ConnectionHandler handler) throws IOException {
            return ((UringEngine) loop.engine()).attach(this, handler);
        }

        @Override
        public void close() {
            LinuxCalls.close(fd);
        }
    }

    private record Waiting(UringListening listening, int fd) {}

    UringEngine(LoopBuffers buffers) throws IOException {
        this.buffers = buffers;
        this.sender = new SocketSender(calls, new KnownBuffers(buffers.encrypted, buffers.plain, buffers.read));
        this.wakeups = LinuxCalls.orFailure(calls.eventFd());
        Uring opened = null;
        try {
            opened = new Uring(calls);
            this.uring = opened;
            this.provided = new ProvidedBuffers(uring);
        } catch (IOException e) {
            LinuxCalls.close(wakeups);
            if (opened != null) {
                opened.close();
            }
            throw e;
        }
    }

    LoopBuffers buffers() {
        return buffers;
    }

    LinuxCalls calls() {
        return calls;
    }

    SocketSender sender() {
        return sender;
    }

    SessionEdge edge() {
        return edge;
    }

    @Override
    public Listening listen(InetSocketAddress address, Consumer<Accepted> accepted) throws IOException {
        begin();
        var fd = sockets.listen(address);
        try {
            LinuxCalls.orFailure(calls.makeBlocking(fd));
            var listening = new UringListening(this, sockets, fd, sockets.localAddress(fd), accepted);
            listening.begin(takeSlot(listening));
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
        // The kernel would not wait for a socket that says it does not block.
        calls.makeBlocking(fd);
        try {
            return open(fd, handler);
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw e;
        }
    }

    private Connection attach(UringDetached detached, ConnectionHandler handler) throws IOException {
        begin();
        var connection = new UringConnection(this, detached.fd(), handler);
        connection.goOn(takeSlot(connection), detached);
        return connection;
    }

    private Connection open(int fd, ConnectionHandler handler) throws IOException {
        begin();
        var connection = new UringConnection(this, fd, handler);
        connection.begin(takeSlot(connection));
        return connection;
    }

    /** The first call on the loop's thread makes that thread the ring's. */
    private void begin() throws IOException {
        if (!begun) {
            begun = true;
            uring.enable();
            awaitWakeup();
        }
    }

    private void awaitWakeup() {
        request(Uring.OP_POLL_ADD, wakeups, data(NOBODY, OTHER));
        uring.memory(0, POLL_MULTIPLE);
        uring.operationFlags(POLL_IN);
    }

    private int takeSlot(Target target) {
        var slot = freeCount > 0 ? freeSlots[--freeCount] : slotCount++;
        if (slot >= slots.length) {
            slots = Arrays.copyOf(slots, slots.length * 2);
            freeSlots = Arrays.copyOf(freeSlots, slots.length);
        }
        slots[slot] = target;
        return slot;
    }

    private void freeSlot(int slot) {
        slots[slot] = null;
        freeSlots[freeCount++] = slot;
    }

    private static long data(int slot, int kind) {
        return (long) slot << KIND_BITS | kind;
    }

    // Requests

    private void request(int operation, int fd, long data) {
        while (!uring.hasRoom()) {
            submitOnly();
        }
        uring.next(operation, fd, data);
    }

    private void submitOnly() {
        try {
            uring.enter(0, 0);
            messageCount = 0;
        } catch (IOException e) {
            throw new IllegalStateException("the kernel takes no requests", e);
        }
    }

    void submitReceive(UringConnection connection) {
        request(Uring.OP_RECV, connection.fd(), data(connection.slot(), RECEIVED));
        uring.options(Uring.BUFFER_SELECT, RECEIVE_MULTIPLE, ProvidedBuffers.GROUP);
    }

    /** What has arrived until the kernel has done it, still arrives. */
    void stopReceiving(UringConnection connection) {
        cancelRequest(connection.slot(), RECEIVED);
    }

    private void cancelRequest(int slot, int kind) {
        request(Uring.OP_ASYNC_CANCEL, -1, data(NOBODY, SENT));
        uring.memory(data(slot, kind), 0);
        uring.options(QUIET, 0, 0);
    }

    /** Ends all requests of a connection; each of them completes. */
    void cancel(UringConnection connection) {
        request(Uring.OP_ASYNC_CANCEL, connection.fd(), data(NOBODY, SENT));
        uring.operationFlags(CANCEL_ALL_OF_FD);
        uring.options(QUIET, 0, 0);
    }

    /** Returns how many bytes the kernel was offered. */
    int submitSend(UringConnection connection, Unsent bytes) {
        var first = bytes.first();
        if (first == null) {
            throw new IllegalStateException("there is nothing to send");
        }
        if (bytes.chunks() == 1 || messageCount == MESSAGES_MAX) {
            request(Uring.OP_SEND, connection.fd(), data(connection.slot(), SENT));
            uring.memory(first.first(), first.size());
            uring.operationFlags(LinuxCalls.MSG_NOSIGNAL);
            return first.size();
        }
        request(Uring.OP_SENDMSG, connection.fd(), data(connection.slot(), SENT));
        var message = messages.address() + (long) messageCount++ * MESSAGE_BYTES;
        SocketSender.describe(bytes, message, message + SocketSender.MESSAGE_BYTES);
        uring.memory(message, 1);
        uring.operationFlags(LinuxCalls.MSG_NOSIGNAL);
        return bytes.sizeOf(SocketSender.VECTORS_MAX);
    }

    void submitAccept(UringListening listening) {
        request(Uring.OP_ACCEPT, listening.fd(), data(listening.slot(), RECEIVED));
        uring.options(0, ACCEPT_MULTIPLE, 0);
        uring.operationFlags(ACCEPT_CLOEXEC);
    }

    void stopAccepting(UringListening listening) {
        cancelRequest(listening.slot(), RECEIVED);
    }

    void closeSocket(UringConnection connection) {
        letGo(connection);
        LinuxCalls.close(connection.fd());
    }

    /** Forgets the connection, whose socket lives on; the kernel has no request of it. */
    void letGo(UringConnection connection) {
        freeSlot(connection.slot());
    }

    void closeSocket(UringListening listening) {
        freeSlot(listening.slot());
        LinuxCalls.close(listening.fd());
    }

    // What waits for a later moment

    void sendLater(UringConnection connection) {
        toSend.addLast(connection);
    }

    void again(UringConnection connection) {
        again.addLast(connection);
    }

    /** Hands a connection on in this pass, or in a later one when there were many. */
    void acceptLater(UringListening listening, int fd) {
        waitingAccepts.addLast(new Waiting(listening, fd));
    }

    void pauseAccepting(Runnable resume) {
        pausedAccepts.add(resume);
    }

    // The pass

    @Override
    public void poll(long timeoutMillis, LoopClock clock) throws IOException {
        begin();
        sendAll();
        var waits = timeoutMillis > 0 && again.isEmpty() && !edge.hasEnds() && waitingAccepts.isEmpty();
        uring.enter(waits ? 1 : 0, pausedAccepts.limit(timeoutMillis));
        clock.tick();
        messageCount = 0;
        var leftOver = again.size();
        while (uring.advance()) {
            var data = uring.data();
            var result = uring.result();
            var flags = uring.flags();
            uring.seen();
            dispatch(data, result, flags);
        }
        for (var i = 0; i < leftOver; i++) {
            deliverHeld(again.removeFirst());
        }
        for (var i = 0; i < AcceptPause.ACCEPTS_PER_PASS_MAX && !waitingAccepts.isEmpty(); i++) {
            var next = waitingAccepts.removeFirst();
            next.listening().hand(next.fd());
        }
        pausedAccepts.resumeDue();
        edge.tellEnds();
    }

    private void sendAll() {
        if (toSend.size() < BATCH_MIN) {
            for (var count = toSend.size(); count > 0; count--) {
                toSend.removeFirst().sendAlone();
            }
        }
        for (var next = toSend.pollFirst(); next != null; next = toSend.pollFirst()) {
            next.submit();
        }
    }

    private void dispatch(long data, int result, int flags) {
        var target = slots[(int) (data >>> KIND_BITS)];
        var more = (flags & Uring.HAS_MORE) != 0;
        if (target == null) {
            // The wake-up, or a cancellation that came too late.
            if ((data & OTHER) != 0 && !more) {
                awaitWakeup();
            }
            return;
        }
        try {
            if ((data & SENT) != 0) {
                target.sent(result);
            } else if ((flags & Uring.HAS_BUFFER) != 0) {
                received(target, result, flags >>> 16, more);
            } else {
                target.received(result, null, more);
            }
        } catch (RuntimeException | Error e) {
            SessionEdge.failed(target, e);
        }
    }

    private void received(Target target, int result, int buffer, boolean more) {
        try {
            target.received(result, provided.filled(buffer, Math.max(0, result)), more);
        } finally {
            provided.giveBack(buffer);
        }
    }

    private static void deliverHeld(UringConnection connection) {
        try {
            connection.deliverHeld();
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
        for (var next = toSend.pollFirst(); next != null; next = toSend.pollFirst()) {
            next.sendAlone();
        }
        waitingAccepts.forEach(next -> LinuxCalls.close(next.fd()));
        if (begun) {
            // A socket lives as long as a request of it.
            request(Uring.OP_ASYNC_CANCEL, -1, data(NOBODY, SENT));
            uring.operationFlags(CANCEL_EVERYTHING);
            submitOnly();
        }
        uring.close();
        for (var target : slots) {
            if (target != null) {
                LinuxCalls.close(target.fd());
            }
        }
        Arrays.fill(slots, null);
        LinuxCalls.close(wakeups);
    }
}
