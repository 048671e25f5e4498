package dev.howdah.proxy.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A socket of an {@link EpollEngine}. The kernel tells each arrival once (edge-triggered), so the connection remembers whether there may be
 * something to read; pausing costs nothing that way.
 */
final class EpollConnection implements Connection, EpollEngine.Watched {
    private static final int CLOSED = -1;

    private final EpollEngine engine;
    private final int generation;
    private int fd;

    private ConnectionHandler handler;
    private @Nullable Unsent unsent;
    private boolean readable;
    private boolean hungUp;
    private boolean paused;
    private boolean queued;
    private boolean finishSending;
    private boolean finishing;
    private boolean ended;

    EpollConnection(EpollEngine engine, int fd, int generation, ConnectionHandler handler) {
        this.engine = engine;
        this.fd = fd;
        this.generation = generation;
        this.handler = handler;
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public int generation() {
        return generation;
    }

    @Override
    public void handler(ConnectionHandler next) {
        handler = next;
    }

    @Override
    public void send(ByteBuffer bytes) {
        if (fd == CLOSED) {
            bytes.position(bytes.limit());
            return;
        }
        if (unsent == null) {
            var error = engine.sender().send(fd, bytes);
            if (error < 0) {
                bytes.position(bytes.limit());
                engine.edge().endLater(this, LinuxCalls.failure(error));
                return;
            }
        }
        keep(bytes);
    }

    /** Has these wait until the kernel has room. */
    void keep(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return;
        }
        var kept = unsent;
        if (kept == null) {
            kept = new Unsent(engine.buffers());
            unsent = kept;
            engine.watchRoom(this, true);
        }
        kept.add(bytes);
    }

    @Override
    public int unsent() {
        return unsent == null ? 0 : unsent.size();
    }

    @Override
    public void pauseReading() {
        paused = true;
    }

    @Override
    public void resumeReading() {
        paused = false;
        readAgain();
    }

    /** Has the connection looked at in the next pass, when there may be something left to read. */
    private void readAgain() {
        if (readable && !paused && !ended && !queued) {
            queued = true;
            engine.again(this);
        }
    }

    @Override
    public void finishSending() {
        finishSending = true;
        if (unsent == null) {
            shutdownOutput();
        }
    }

    @Override
    public void finish() {
        if (fd == CLOSED) {
            return;
        }
        finishing = true;
        if (ended) {
            // The peer will send nothing that could be thrown away, so nothing is to be waited for but the unsent
            // bytes.
            if (unsent == null) {
                close();
            }
            return;
        }
        resumeReading();
        finishSending();
    }

    @Override
    public void close() {
        ended = true;
        if (unsent != null) {
            unsent.discard();
            unsent = null;
        }
        if (fd != CLOSED) {
            engine.close(this);
            fd = CLOSED;
        }
    }

    @Override
    public boolean isOpen() {
        return fd != CLOSED;
    }

    @Override
    public void detach(Consumer<Detached> then) {
        if (fd == CLOSED) {
            return;
        }
        engine.letGo(this);
        var left = unsent == null ? ByteBuffer.allocate(0) : unsent.takeAll();
        var detached = new EpollEngine.EpollDetached(fd, left);
        unsent = null;
        ended = true;
        fd = CLOSED;
        then.accept(detached);
    }

    @Override
    public void ready(int events) throws IOException {
        if ((events & ~(EpollEngine.IN | EpollEngine.PEER_ENDED)) != 0) {
            writable();
        }
        if ((events & ~EpollEngine.OUT) != 0) {
            readable = true;
            hungUp = hungUp || (events & ~(EpollEngine.IN | EpollEngine.OUT)) != 0;
            readOn();
        }
    }

    /** Reads what was left. */
    void readRest() throws IOException {
        queued = false;
        readOn();
    }

    @Override
    public void fail(IOException failure) {
        var silent = finishing || fd == CLOSED;
        close();
        if (!silent) {
            handler.ended(Optional.of(failure));
        }
    }

    private void readOn() throws IOException {
        if (readable && !paused && !ended) {
            read();
            readAgain();
        }
    }

    private void read() throws IOException {
        var reader = engine.reader();
        var length = reader.read(fd);
        if (length == 0) {
            end();
            return;
        }
        // Less than asked for means that the kernel had no more, and that the next arrival will be told; but an end may
        // have been
        // told already.
        readable = hungUp || !reader.emptied();
        if (length > 0 && !finishing) {
            handler.received(reader.bytes());
        } else if (length < 0 && length != -LinuxCalls.EAGAIN) {
            throw LinuxCalls.failure(length);
        }
    }

    private void end() {
        ended = true;
        if (!finishing) {
            handler.ended(Optional.empty());
        } else if (unsent == null) {
            close();
        }
    }

    private void writable() throws IOException {
        var waiting = unsent;
        if (waiting == null) {
            return;
        }
        engine.sender().send(fd, waiting);
        if (waiting.size() > 0) {
            return;
        }
        unsent = null;
        engine.watchRoom(this, false);
        if (finishSending) {
            shutdownOutput();
        }
        if (finishing && ended) {
            close();
        } else if (!finishing) {
            handler.drained();
        }
    }

    private void shutdownOutput() {
        if (fd == CLOSED) {
            return;
        }
        var result = engine.calls().shutdownOutput(fd);
        if (result < 0) {
            engine.edge().endLater(this, LinuxCalls.failure(result));
        }
    }
}
