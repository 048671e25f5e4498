package dev.howdah.proxy.io;

import dev.howdah.base.ServerAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/**
 * One loop's way to the kernel. Shaped by completion ("these bytes arrived", "everything is sent") and not by readiness, so that epoll and
 * io_uring fit behind it as well as {@code java.nio}. Everything but {@link #wakeup()} is called on the loop's thread only.
 */
public interface IoEngine extends AutoCloseable {
    /** Opens a listening socket; port 0 takes a free one. {@code accepted} gets every new connection, which may go to another loop's engine. */
    Listening listen(InetSocketAddress address, Consumer<Accepted> accepted) throws IOException;

    /** Takes over a connection that an engine of the same kind has accepted. */
    Connection open(Accepted accepted, ConnectionHandler handler) throws IOException;

    /** Connects to a server on this host; fails at once where nobody listens. */
    Connection connect(ServerAddress.UnixSocket address, ConnectionHandler handler) throws IOException;

    /** Waits for something to happen for at most {@code timeoutMillis}, and delivers it; {@code clock} is read when the wait is over. */
    void poll(long timeoutMillis, LoopClock clock) throws IOException;

    /** Ends a {@link #poll} under way, or the next one. Thread-safe. */
    void wakeup();

    @Override
    void close();

    /** A connection nobody owns yet. */
    interface Accepted {
        InetSocketAddress remote();

        void close();
    }

    /** A listening socket. */
    interface Listening {
        InetSocketAddress address();

        void close();
    }
}
