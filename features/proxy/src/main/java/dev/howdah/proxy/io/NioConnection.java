package dev.howdah.proxy.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A socket of a {@link NioEngine}. */
final class NioConnection implements Connection, SessionEdge.Breakable {
    /** A read this long is part of a bulk transfer: reading again fills the buffer, and so whole TLS records. */
    private static final int BULK_READ_BYTES = 8 * 1024;

    private final NioEngine engine;
    private final SocketChannel channel;
    private final SelectionKey key;

    private ConnectionHandler handler;
    private @Nullable Unsent unsent;
    private boolean finishSending;
    private boolean finishing;
    private boolean ended;
    private boolean detached;

    NioConnection(NioEngine engine, SocketChannel channel, SelectionKey key, ConnectionHandler handler) {
        this.engine = engine;
        this.channel = channel;
        this.key = key;
        this.handler = handler;
    }

    @Override
    public void handler(ConnectionHandler next) {
        handler = next;
    }

    @Override
    public void send(ByteBuffer bytes) {
        if (!isOpen()) {
            bytes.position(bytes.limit());
            return;
        }
        try {
            if (unsent == null) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            bytes.position(bytes.limit());
            engine.edge().endLater(this, e);
            return;
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
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }
        kept.add(bytes);
    }

    @Override
    public int unsent() {
        return unsent == null ? 0 : unsent.size();
    }

    @Override
    public void pauseReading() {
        if (key.isValid()) {
            key.interestOpsAnd(~SelectionKey.OP_READ);
        }
    }

    @Override
    public void resumeReading() {
        if (key.isValid() && !ended) {
            key.interestOpsOr(SelectionKey.OP_READ);
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
        if (!isOpen()) {
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
        if (detached) {
            return;
        }
        ended = true;
        dropUnsent();
        key.cancel();
        try {
            channel.close();
        } catch (IOException _) {
            // A socket that cannot even be closed is gone all the same.
        }
    }

    @Override
    public boolean isOpen() {
        return !detached && channel.isOpen();
    }

    @Override
    public void detach(Consumer<Detached> then) {
        if (!isOpen()) {
            return;
        }
        detached = true;
        ended = true;
        key.cancel();
        var left = unsent == null ? ByteBuffer.allocate(0) : unsent.takeAll();
        unsent = null;
        then.accept(new NioEngine.NioDetached(channel, left));
    }

    /** The kernel has something for us or room for more. */
    void ready() throws IOException {
        var operations = key.readyOps();
        if ((operations & SelectionKey.OP_WRITE) != 0) {
            writable();
        }
        if ((operations & SelectionKey.OP_READ) != 0 && isOpen() && !ended) {
            readable();
        }
    }

    @Override
    public void fail(IOException failure) {
        var silent = finishing || !isOpen();
        close();
        if (!silent) {
            handler.ended(Optional.of(failure));
        }
    }

    private void readable() throws IOException {
        var buffer = engine.buffers().read.clear();
        var length = channel.read(buffer);
        if (length < 0) {
            end();
            return;
        }
        while (length >= BULK_READ_BYTES && buffer.hasRemaining()) {
            // The end of the stream, when it is met here, is met again by the next readiness.
            length = channel.read(buffer);
        }
        if (!finishing) {
            handler.received(buffer.flip());
        }
    }

    private void end() {
        ended = true;
        key.interestOpsAnd(~SelectionKey.OP_READ);
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
        waiting.writeTo(channel);
        if (waiting.size() > 0) {
            return;
        }
        unsent = null;
        key.interestOpsAnd(~SelectionKey.OP_WRITE);
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
        try {
            if (isOpen()) {
                channel.shutdownOutput();
            }
        } catch (IOException e) {
            engine.edge().endLater(this, e);
        }
    }

    private void dropUnsent() {
        if (unsent != null) {
            unsent.discard();
            unsent = null;
        }
    }
}
