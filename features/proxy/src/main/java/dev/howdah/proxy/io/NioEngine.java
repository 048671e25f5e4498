package dev.howdah.proxy.io;

import dev.howdah.base.ServerAddress;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The portable engine: one {@link Selector}. */
final class NioEngine implements IoEngine {
    private static final int BACKLOG = 1024;
    private final Selector selector;
    private final LoopBuffers buffers;
    private final SessionEdge edge = new SessionEdge();
    private final AcceptPause pausedAccepts = new AcceptPause();
    private @Nullable LoopClock ticking;

    private record NioAccepted(SocketChannel channel, InetSocketAddress remote) implements Accepted {
        @Override
        public void close() {
            closeQuietly(channel);
        }
    }

    /** Leaves the old selector in its next pass; a channel may have keys of several until then. */
    record NioDetached(SocketChannel channel, ByteBuffer unsent) implements Detached {
        @Override
        public Connection attach(EventLoop loop, ConnectionHandler handler) throws IOException {
            return ((NioEngine) loop.engine()).attach(this, handler);
        }

        @Override
        public void close() {
            closeQuietly(channel);
        }
    }

    private record NioListening(NioEngine engine, ServerSocketChannel channel, InetSocketAddress address)
            implements Listening {
        @Override
        public void close() {
            closeQuietly(channel);
            // The kernel's socket lives until the selector has let go of it.
            engine.wakeup();
        }
    }

    NioEngine(LoopBuffers buffers) throws IOException {
        this.buffers = buffers;
        this.selector = Selector.open();
    }

    LoopBuffers buffers() {
        return buffers;
    }

    SessionEdge edge() {
        return edge;
    }

    @Override
    public Listening listen(InetSocketAddress address, Consumer<Accepted> accepted) throws IOException {
        var channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, BACKLOG);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_ACCEPT, accepted);
            return new NioListening(this, channel, (InetSocketAddress) channel.getLocalAddress());
        } catch (IOException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    @Override
    public Connection open(Accepted accepted, ConnectionHandler handler) throws IOException {
        return register(((NioAccepted) accepted).channel(), handler);
    }

    @Override
    public Connection connect(ServerAddress.UnixSocket address, ConnectionHandler handler) throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // A Unix socket connects at once or not at all, so this does not block while the server's backlog has room.
            channel.configureBlocking(false);
            if (!channel.connect(UnixDomainSocketAddress.of(address.socket()))) {
                throw new IOException("the server's queue of new connections is full");
            }
            return register(channel, handler);
        } catch (IOException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    private Connection attach(NioDetached detached, ConnectionHandler handler) throws IOException {
        if (detached.channel().keyFor(selector) != null) {
            // It has been here before, and the selector has had no pass yet to let go of it.
            selector.selectNow(this::dispatch);
        }
        var connection = register(detached.channel(), handler);
        connection.keep(detached.unsent());
        return connection;
    }

    private NioConnection register(SocketChannel channel, ConnectionHandler handler) throws IOException {
        var key = channel.register(selector, SelectionKey.OP_READ);
        var connection = new NioConnection(this, channel, key, handler);
        key.attach(connection);
        return connection;
    }

    @Override
    public void poll(long timeoutMillis, LoopClock clock) throws IOException {
        // The selector delivers from within its wait, so the time is that of the first delivery, or of the end.
        ticking = clock;
        if (timeoutMillis <= 0 || edge.hasEnds()) {
            selector.selectNow(this::dispatch);
        } else {
            selector.select(this::dispatch, pausedAccepts.limit(timeoutMillis));
        }
        tick();
        pausedAccepts.resumeDue();
        edge.tellEnds();
    }

    private void tick() {
        if (ticking != null) {
            ticking.tick();
            ticking = null;
        }
    }

    private void dispatch(SelectionKey key) {
        tick();
        if (!key.isValid()) {
            return;
        }
        if (key.attachment() instanceof NioConnection connection) {
            try {
                connection.ready();
            } catch (IOException e) {
                SessionEdge.end(connection, e);
            } catch (RuntimeException | Error e) {
                SessionEdge.failed(connection, e);
            }
        } else {
            accept(key);
        }
    }

    @SuppressWarnings("unchecked") // listen() attaches exactly this
    private void accept(SelectionKey key) {
        var accepted = (Consumer<Accepted>) key.attachment();
        try {
            for (var i = 0; i < AcceptPause.ACCEPTS_PER_PASS_MAX; i++) {
                var channel = ((ServerSocketChannel) key.channel()).accept();
                if (channel == null) {
                    return;
                }
                hand(channel, accepted);
            }
        } catch (IOException e) {
            AcceptPause.warn(e);
            acceptsIfValid(key, false);
            pausedAccepts.add(() -> acceptsIfValid(key, true));
        }
    }

    /** A key is no longer valid once its socket is closed. */
    private static void acceptsIfValid(SelectionKey key, boolean wanted) {
        if (key.isValid()) {
            key.interestOps(wanted ? SelectionKey.OP_ACCEPT : 0);
        }
    }

    private static void hand(SocketChannel channel, Consumer<Accepted> accepted) {
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            AcceptPause.hand(new NioAccepted(channel, (InetSocketAddress) channel.getRemoteAddress()), accepted);
        } catch (IOException _) {
            // The client went away between its connect and our accept.
            closeQuietly(channel);
        }
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public void close() {
        for (var key : selector.keys()) {
            closeQuietly(key.channel());
        }
        closeQuietly(selector);
    }

    private static void closeQuietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException _) {
            // Nothing depends on it any more.
        }
    }
}
