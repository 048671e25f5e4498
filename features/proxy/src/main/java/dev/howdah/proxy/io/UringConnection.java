package dev.howdah.proxy.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A socket of a {@link UringEngine}. One request receives for as long as it can, at most one sends. What is short to be sent waits for the end
 * of the pass, when it goes to the kernel together with what other sockets send; to the owner that is as good as sent. The socket is closed,
 * or given up to another loop, once the kernel has no request of it any more.
 */
final class UringConnection implements Connection, UringEngine.Target {
    /** So much is not worth waiting for company: it is sent at once, from where it is. */
    private static final int AT_ONCE_BYTES = 16 * 1024;

    private final UringEngine engine;
    private final int fd;
    private int slot;

    private ConnectionHandler handler;
    private final Unsent out;
    /** What arrived while reading was paused or the connection on its way out, before the kernel had stopped. */
    private @Nullable Unsent held;

    private boolean receiving;
    private boolean stopping;
    private boolean sending;
    private boolean refused;
    private int offered;
    private boolean marked;
    private boolean queued;
    private boolean paused;
    private boolean finishSending;
    private boolean finishing;
    private boolean ended;
    private boolean endHeld;
    private @Nullable IOException failureHeld;
    private boolean closed;
    /** Who gets the stream once the kernel has let go of it. */
    private @Nullable Consumer<Detached> leaving;

    UringConnection(UringEngine engine, int fd, ConnectionHandler handler) {
        this.engine = engine;
        this.fd = fd;
        this.handler = handler;
        this.out = new Unsent(engine.buffers());
    }

    void begin(int ownSlot) {
        slot = ownSlot;
        receiveOn();
    }

    /** Begins with what another loop's connection has left. */
    void goOn(int ownSlot, UringEngine.UringDetached left) {
        slot = ownSlot;
        if (left.arrived().hasRemaining()) {
            hold(left.arrived());
            deliverLater();
        } else {
            receiveOn();
        }
        if (left.unsent().hasRemaining()) {
            out.add(left.unsent());
            mark();
        }
    }

    int slot() {
        return slot;
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public void handler(ConnectionHandler next) {
        handler = next;
    }

    // Sending

    @Override
    public void send(ByteBuffer bytes) {
        if (closed) {
            bytes.position(bytes.limit());
            return;
        }
        if (!sending && !refused && out.size() + bytes.remaining() >= AT_ONCE_BYTES) {
            sendNow(bytes);
        }
        if (bytes.hasRemaining()) {
            out.add(bytes);
            mark();
        }
    }

    private void mark() {
        if (!sending && !marked) {
            marked = true;
            engine.sendLater(this);
        }
    }

    private void sendNow(ByteBuffer bytes) {
        flush();
        if (refused) {
            return;
        }
        var error = engine.sender().send(fd, bytes);
        if (error < 0) {
            bytes.position(bytes.limit());
            engine.edge().endLater(this, LinuxCalls.failure(error));
        }
        refused = bytes.hasRemaining();
    }

    /** Hands the kernel what waits for the end of the pass, as far as it takes it. */
    private void flush() {
        if (sending || out.size() == 0) {
            return;
        }
        try {
            engine.sender().send(fd, out);
        } catch (IOException e) {
            out.discard();
            engine.edge().endLater(this, e);
        }
        refused = out.size() > 0;
        if (refused) {
            mark();
        }
    }

    /** At the end of a pass. */
    void sendAlone() {
        marked = false;
        if (!closed && leaving == null) {
            if (refused) {
                submit();
            } else {
                flush();
                if (out.size() == 0) {
                    allSent();
                }
            }
        }
    }

    /** At the end of a pass in which others send as well. */
    void submit() {
        marked = false;
        if (closed || sending || leaving != null || out.size() == 0) {
            return;
        }
        sending = true;
        offered = engine.submitSend(this, out);
    }

    @Override
    public void sent(int result) {
        sending = false;
        if (closed) {
            out.discard();
            closeWhenIdle();
            return;
        }
        if (result < 0 && result != -LinuxCalls.ECANCELED) {
            fail(LinuxCalls.failure(result));
            return;
        }
        var taken = Math.max(0, result);
        out.taken(taken);
        refused = taken < offered;
        if (leaving != null) {
            leaveWhenIdle();
            return;
        }
        if (out.size() > 0) {
            mark();
        } else {
            allSent();
        }
        if (!refused && !finishing && !closed) {
            handler.drained();
        }
    }

    private void allSent() {
        if (finishSending) {
            shutdownOutput();
        }
        if (finishing && ended) {
            close();
        }
    }

    @Override
    public int unsent() {
        return sending || refused ? out.size() : 0;
    }

    @Override
    public void finishSending() {
        if (closed) {
            return;
        }
        finishSending = true;
        flush();
        if (out.size() == 0) {
            shutdownOutput();
        }
    }

    private void shutdownOutput() {
        var result = engine.calls().shutdownOutput(fd);
        if (result < 0) {
            engine.edge().endLater(this, LinuxCalls.failure(result));
        }
    }

    // Receiving

    private void receiveOn() {
        if (!receiving && !paused && !ended && !closed && leaving == null) {
            receiving = true;
            engine.submitReceive(this);
        }
    }

    @Override
    public void received(int result, @Nullable ByteBuffer bytes, boolean more) {
        receiving = more;
        stopping = stopping && more;
        if (closed) {
            closeWhenIdle();
            return;
        }
        if (bytes != null && result > 0) {
            arrived(bytes);
        } else if (result == 0) {
            ended();
        } else if (result != -LinuxCalls.ENOBUFS && result != -LinuxCalls.ECANCELED && result != -LinuxCalls.EINTR) {
            end(LinuxCalls.failure(result));
        }
        receiveOn();
        leaveWhenIdle();
    }

    private void arrived(ByteBuffer bytes) {
        if (finishing) {
            return;
        }
        if (!paused && leaving == null && isNothingHeld()) {
            handler.received(bytes);
            return;
        }
        hold(bytes);
        if (receiving && !stopping) {
            stopping = true;
            engine.stopReceiving(this);
        }
    }

    private void hold(ByteBuffer bytes) {
        if (held == null) {
            held = new Unsent(engine.buffers());
        }
        held.add(bytes);
    }

    private boolean isNothingHeld() {
        return held == null || held.size() == 0;
    }

    /** Whoever takes the stream over meets its end again, behind what arrived before it. */
    private void ended() {
        if (leaving == null) {
            end(null);
        }
    }

    private void end(@Nullable IOException failure) {
        if (leaving != null && failure != null) {
            fail(failure);
            return;
        }
        ended = true;
        endHeld = true;
        failureHeld = failure;
        if ((!paused && isNothingHeld()) || finishing) {
            tellEnd();
        }
    }

    private void tellEnd() {
        endHeld = false;
        if (failureHeld != null) {
            fail(failureHeld);
        } else if (!finishing) {
            handler.ended(Optional.empty());
        } else if (out.size() == 0) {
            close();
        }
    }

    @Override
    public void pauseReading() {
        paused = true;
    }

    @Override
    public void resumeReading() {
        paused = false;
        if (closed) {
            return;
        }
        if (!isNothingHeld() || endHeld) {
            deliverLater();
        } else {
            receiveOn();
        }
    }

    private void deliverLater() {
        if (!queued) {
            queued = true;
            engine.again(this);
        }
    }

    /** Delivers what was held, in a pass after reading was resumed. */
    void deliverHeld() {
        queued = false;
        for (var chunk = nextHeld(); chunk != null; chunk = nextHeld()) {
            deliver(chunk);
        }
        if (paused || closed || leaving != null) {
            return;
        }
        if (endHeld) {
            tellEnd();
        } else {
            receiveOn();
        }
    }

    private @Nullable Chunk nextHeld() {
        return paused || closed || leaving != null || held == null ? null : held.removeFirst();
    }

    private void deliver(Chunk chunk) {
        try {
            if (!finishing) {
                handler.received(chunk.readable());
            }
        } finally {
            engine.buffers().returnChunk(chunk);
        }
    }

    // Ending

    @Override
    public void finish() {
        if (closed) {
            return;
        }
        leaving = null;
        finishing = true;
        flush();
        if (ended) {
            // The peer will send nothing that could be thrown away, so nothing is to be waited for but the unsent
            // bytes.
            if (out.size() == 0) {
                close();
            }
            return;
        }
        resumeReading();
        finishSending();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        leaving = null;
        flush();
        closed = true;
        ended = true;
        if (held != null) {
            held.discard();
        }
        if (!sending) {
            out.discard();
        }
        if (receiving || sending) {
            engine.cancel(this);
        } else {
            engine.closeSocket(this);
        }
    }

    private void closeWhenIdle() {
        if (!receiving && !sending) {
            engine.closeSocket(this);
        }
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void detach(Consumer<Detached> then) {
        if (closed) {
            return;
        }
        leaving = then;
        flush();
        if (sending) {
            engine.cancel(this);
        } else if (receiving && !stopping) {
            stopping = true;
            engine.stopReceiving(this);
        }
        leaveWhenIdle();
    }

    private void leaveWhenIdle() {
        var then = leaving;
        if (then == null || receiving || sending) {
            return;
        }
        leaving = null;
        closed = true;
        ended = true;
        engine.letGo(this);
        var arrived = held == null ? ByteBuffer.allocate(0) : held.takeAll();
        then.accept(new UringEngine.UringDetached(fd, arrived, out.takeAll()));
    }

    @Override
    public void fail(IOException failure) {
        var silent = finishing || closed;
        close();
        if (!silent) {
            handler.ended(Optional.of(failure));
        }
    }
}
