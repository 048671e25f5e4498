package dev.howdah.proxy.io;

import dev.howdah.base.ServerAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The portable engine: one {@link Selector}. */
public final class NioEngine implements IoEngine {
    private static final Logger LOG = LoggerFactory.getLogger(NioEngine.class);
    private static final int BACKLOG = 1024;
    /** Connections taken from one listening socket in one pass, so that a flood of new ones does not starve the old. */
    private static final int ACCEPTS_PER_PASS_MAX = 64;

    /** Without a file descriptor left, accepting again at once would only burn the processor. */
    private static final long ACCEPT_PAUSE_MILLIS = 100;

    private final Selector selector;
    private final LoopBuffers buffers;
    private final ArrayDeque<Broken> broken = new ArrayDeque<>();
    private final ArrayDeque<SelectionKey> pausedAccepts = new ArrayDeque<>();
    private long acceptAgainNanos;
    private @Nullable LoopClock ticking;

    private record Broken(NioConnection connection, IOException failure) {}

    private record NioAccepted(SocketChannel channel, InetSocketAddress remote) implements Accepted {
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

    public NioEngine(LoopBuffers buffers) throws IOException {
        this.buffers = buffers;
        this.selector = Selector.open();
    }

    public LoopBuffers buffers() {
        return buffers;
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

    private Connection register(SocketChannel channel, ConnectionHandler handler) throws IOException {
        var key = channel.register(selector, SelectionKey.OP_READ);
        var connection = new NioConnection(this, channel, key, handler);
        key.attach(connection);
        return connection;
    }

    /** Has the connection told of its end once the call under way has returned. */
    public void broken(NioConnection connection, IOException failure) {
        broken.addLast(new Broken(connection, failure));
    }

    @Override
    public void poll(long timeoutMillis, LoopClock clock) throws IOException {
        // The selector delivers from within its wait, so the time is that of the first delivery, or of the end.
        ticking = clock;
        if (timeoutMillis <= 0 || !broken.isEmpty()) {
            selector.selectNow(this::dispatch);
        } else {
            selector.select(
                    this::dispatch,
                    pausedAccepts.isEmpty() ? timeoutMillis : Math.min(timeoutMillis, ACCEPT_PAUSE_MILLIS));
        }
        tick();
        acceptAgain();
        for (var next = broken.pollFirst(); next != null; next = broken.pollFirst()) {
            tellEnd(next.connection(), next.failure());
        }
    }

    private void tick() {
        if (ticking != null) {
            ticking.tick();
            ticking = null;
        }
    }

    private void acceptAgain() {
        if (!pausedAccepts.isEmpty() && System.nanoTime() - acceptAgainNanos >= 0) {
            pausedAccepts.stream()
                    .filter(SelectionKey::isValid)
                    .forEach(key -> key.interestOps(SelectionKey.OP_ACCEPT));
            pausedAccepts.clear();
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
                tellEnd(connection, e);
            } catch (RuntimeException | Error e) {
                // The edge of one session's work: a bug met there, or memory that is short, ends that session and not
                // its neighbours.
                LOG.error("a session failed and is closed", e);
                tellEnd(connection, new IOException("internal error", e));
            }
        } else {
            accept(key);
        }
    }

    private static void tellEnd(NioConnection connection, IOException failure) {
        try {
            connection.fail(failure);
        } catch (RuntimeException | Error e) {
            LOG.error("a session failed while it was closed", e);
        }
    }

    @SuppressWarnings("unchecked") // listen() attaches exactly this
    private void accept(SelectionKey key) {
        var accepted = (Consumer<Accepted>) key.attachment();
        try {
            for (var i = 0; i < ACCEPTS_PER_PASS_MAX; i++) {
                var channel = ((ServerSocketChannel) key.channel()).accept();
                if (channel == null) {
                    return;
                }
                hand(channel, accepted);
            }
        } catch (IOException e) {
            LOG.warn(
                    "a connection could not be accepted, the next try is in {} ms: {}",
                    ACCEPT_PAUSE_MILLIS,
                    e.getMessage());
            if (key.isValid()) {
                key.interestOps(0);
                pausedAccepts.addLast(key);
                acceptAgainNanos = System.nanoTime() + ACCEPT_PAUSE_MILLIS * 1_000_000;
            }
        }
    }

    private static void hand(SocketChannel channel, Consumer<Accepted> accepted) {
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            accepted.accept(new NioAccepted(channel, (InetSocketAddress) channel.getRemoteAddress()));
        } catch (IOException _) {
            // The client went away between its connect and our accept.
            closeQuietly(channel);
        } catch (RuntimeException | Error e) {
            // The edge of one session's work, like dispatch.
            LOG.error("a new connection failed and is closed", e);
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

    private static void closeQuietly(java.io.Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException _) {
            // Nothing depends on it any more.
        }
    }
}
