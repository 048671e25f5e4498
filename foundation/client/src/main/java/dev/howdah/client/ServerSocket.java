package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connected socket whose reads and writes wait no longer than a limit. The JDK has no read timeout for Unix sockets, so the channel does
 * not block and a selector waits. {@link #close} may come from any thread and ends a wait.
 */
final class ServerSocket implements AutoCloseable {
    private final ServerAddress address;
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private volatile Duration timeout;

    private ServerSocket(ServerAddress address, SocketChannel channel, Selector selector, Duration timeout)
            throws IOException {
        this.address = address;
        this.channel = channel;
        this.selector = selector;
        this.timeout = timeout;
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_READ);
    }

    static ServerSocket connect(ServerAddress address, Duration timeout) throws IOException {
        var channel = connected(address, timeout);
        try {
            return new ServerSocket(address, channel, Selector.open(), timeout);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static SocketChannel connected(ServerAddress address, Duration timeout) throws IOException {
        return switch (address) {
            case ServerAddress.UnixSocket unix -> {
                var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                yield connectInTime(
                        channel, () -> channel.connect(UnixDomainSocketAddress.of(unix.socket())), address, timeout);
            }
            case ServerAddress.Tcp tcp -> {
                var channel = SocketChannel.open();
                yield connectInTime(channel, () -> channel.connect(local(tcp)), address, timeout);
            }
        };
    }

    /** Between hosts everything is TLS; until that is built, only this host is reached. */
    private static InetSocketAddress local(ServerAddress.Tcp tcp) throws IOException {
        var host = InetAddress.getByName(tcp.host());
        if (!host.isLoopbackAddress()) {
            throw new PlatformException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "cannot connect to the server at %s:%d: TLS to other hosts is not supported yet"
                            .formatted(tcp.host(), tcp.port()),
                    "Reach servers of this host through their Unix socket.");
        }
        return new InetSocketAddress(host, tcp.port());
    }

    private interface Connecting {
        void run() throws IOException;
    }

    /** A blocking connect waits for ever when the server is stopped and its queue is full; closing the channel ends the wait. */
    private static SocketChannel connectInTime(
            SocketChannel channel, Connecting connecting, ServerAddress address, Duration timeout) throws IOException {
        var done = new CountDownLatch(1);
        var watch = Thread.ofVirtual().name("connect-timeout").start(() -> closeUnless(done, channel, timeout));
        try {
            connecting.run();
            return channel;
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (AsynchronousCloseException e) {
            throw timedOut(address, timeout, e);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        } finally {
            done.countDown();
            watch.interrupt();
        }
    }

    private static void closeUnless(CountDownLatch done, SocketChannel channel, Duration timeout) {
        try {
            if (!done.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                channel.close();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // the connect is over, and so is this thread
        } catch (IOException e) {
            throw new IllegalStateException("closing a socket failed", e);
        }
    }

    ServerAddress address() {
        return address;
    }

    Duration timeout() {
        return timeout;
    }

    void timeout(Duration newTimeout) {
        timeout = newTimeout;
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    /** Reads at least one byte. Any failure closes the socket: nobody knows what was half-read. */
    void read(ByteBuffer into) throws IOException {
        try {
            int count;
            while ((count = channel.read(into)) == 0) {
                await(SelectionKey.OP_READ);
            }
            if (count < 0) {
                throw new EOFException("the server at %s closed the connection".formatted(this));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    void write(ByteBuffer from) throws IOException {
        try {
            while (from.hasRemaining()) {
                if (channel.write(from) == 0) {
                    await(SelectionKey.OP_WRITE);
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Sends a last message if that is possible at once; a server that is gone or stuck does not get it. */
    void sayGoodbye(ByteBuffer message) {
        try {
            channel.write(message);
        } catch (IOException _) {
            // the connection is closed next, whatever the server thinks of it
        }
    }

    /** Is there something to read within this time? */
    boolean awaitReadable(Duration patience) throws IOException {
        try {
            return select(SelectionKey.OP_READ, patience);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void await(int operation) throws IOException {
        if (!select(operation, timeout)) {
            throw timedOut(address, timeout, null);
        }
    }

    private boolean select(int operation, Duration patience) throws IOException {
        try {
            key.interestOps(operation);
            // Zero would mean for ever.
            var ready = selector.select(Math.max(1, patience.toMillis())) > 0;
            selector.selectedKeys().clear();
            if (Thread.currentThread().isInterrupted()) {
                throw new ClosedByInterruptException();
            }
            return ready;
        } catch (ClosedSelectorException | CancelledKeyException e) {
            var closed = new AsynchronousCloseException();
            closed.initCause(e);
            throw closed;
        }
    }

    private static SocketTimeoutException timedOut(ServerAddress address, Duration timeout, @Nullable Exception cause) {
        var failure = new SocketTimeoutException(
                "no answer from the server at %s within %d ms".formatted(name(address), timeout.toMillis()));
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }

    /** For messages: the socket's path, or host and port. */
    @Override
    public String toString() {
        return name(address);
    }

    private static String name(ServerAddress address) {
        return switch (address) {
            case ServerAddress.UnixSocket unix -> unix.socket().toString();
            case ServerAddress.Tcp tcp -> tcp.host() + ":" + tcp.port();
        };
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            selector.close(); // wakes whoever waits in it
        }
    }
}
