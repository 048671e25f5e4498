package dev.howdah.proxy.io;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listening socket of an {@link EpollEngine}. */
final class EpollListening implements IoEngine.Listening, EpollEngine.Watched {
    private static final Logger LOG = LoggerFactory.getLogger(EpollListening.class);
    private static final int CLOSED = -1;

    private final EpollEngine engine;
    private final LinuxSockets sockets;
    private final int generation;
    private final InetSocketAddress address;
    private final Consumer<IoEngine.Accepted> accepted;
    private int fd;

    EpollListening(
            EpollEngine engine,
            LinuxSockets sockets,
            int fd,
            int generation,
            InetSocketAddress address,
            Consumer<IoEngine.Accepted> accepted) {
        this.engine = engine;
        this.sockets = sockets;
        this.fd = fd;
        this.generation = generation;
        this.address = address;
        this.accepted = accepted;
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
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public void ready(int events) throws IOException {
        for (var i = 0; i < AcceptPause.ACCEPTS_PER_PASS_MAX && fd != CLOSED; i++) {
            var connection = sockets.accept(fd, LinuxCalls.NONBLOCK);
            if (connection == -LinuxCalls.EAGAIN) {
                return;
            }
            if (connection >= 0) {
                AcceptPause.hand(new LinuxSockets.Accepted(connection, sockets.lastRemote()), accepted);
            } else if (connection != -LinuxCalls.ECONNABORTED && connection != -LinuxCalls.EINTR) {
                AcceptPause.warn(LinuxCalls.failure(connection));
                engine.pauseAccepting(this);
                return;
            }
        }
    }

    void resume() {
        try {
            if (fd != CLOSED) {
                engine.resumeAccepting(this);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    @Override
    public void fail(IOException failure) {
        LOG.error("the proxy no longer listens on {}", address, failure);
        close();
    }

    @Override
    public void close() {
        if (fd != CLOSED) {
            engine.close(this);
            fd = CLOSED;
        }
    }
}
