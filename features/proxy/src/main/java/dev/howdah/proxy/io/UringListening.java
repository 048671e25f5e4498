package dev.howdah.proxy.io;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listening socket of a {@link UringEngine}: one request accepts for as long as it can. */
final class UringListening implements IoEngine.Listening, UringEngine.Target {
    private static final Logger LOG = LoggerFactory.getLogger(UringListening.class);

    private final UringEngine engine;
    private final LinuxSockets sockets;
    private final int fd;
    private final InetSocketAddress address;
    private final Consumer<IoEngine.Accepted> accepted;
    private int slot;
    private boolean accepting;
    private boolean closed;

    UringListening(
            UringEngine engine,
            LinuxSockets sockets,
            int fd,
            InetSocketAddress address,
            Consumer<IoEngine.Accepted> accepted) {
        this.engine = engine;
        this.sockets = sockets;
        this.fd = fd;
        this.address = address;
        this.accepted = accepted;
    }

    void begin(int ownSlot) {
        slot = ownSlot;
        accept();
    }

    private void accept() {
        if (!accepting && !closed) {
            accepting = true;
            engine.submitAccept(this);
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
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public void received(int result, @Nullable ByteBuffer bytes, boolean more) {
        accepting = more;
        if (result >= 0) {
            engine.acceptLater(this, result);
        }
        if (closed) {
            closeWhenIdle();
        } else if (result < 0
                && result != -LinuxCalls.ECONNABORTED
                && result != -LinuxCalls.ECANCELED
                && result != -LinuxCalls.EINTR) {
            AcceptPause.warn(LinuxCalls.failure(result));
            engine.pauseAccepting(this::accept);
        } else {
            accept();
        }
    }

    /** Gives a new connection to its owner. */
    void hand(int connection) {
        try {
            AcceptPause.hand(new LinuxSockets.Accepted(connection, sockets.remoteAddress(connection)), accepted);
        } catch (IOException _) {
            // The client went away between its connect and our accept.
            LinuxCalls.close(connection);
        }
    }

    @Override
    public void sent(int result) {
        throw new IllegalStateException("a listening socket sends nothing");
    }

    @Override
    public void fail(IOException failure) {
        LOG.error("the proxy no longer listens on {}", address, failure);
        close();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (accepting) {
            engine.stopAccepting(this);
        }
        closeWhenIdle();
    }

    private void closeWhenIdle() {
        if (!accepting) {
            engine.closeSocket(this);
        }
    }
}
