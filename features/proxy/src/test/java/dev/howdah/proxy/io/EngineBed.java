package dev.howdah.proxy.io;

import dev.howdah.base.PlatformException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Assumptions;

/** A loop over the engine under test, with a listening socket; what it accepts is kept for the test, in order. */
final class EngineBed implements AutoCloseable {
    static final long WAIT_SECONDS = 60;

    final EventLoop loop;
    final IoEngine.Listening listening;
    private final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();

    /** One accepted connection and what it was told. Written by the loop, read by tests through what is thread-safe. */
    static class Peer implements ConnectionHandler {
        final AtomicLong received = new AtomicLong();
        final AtomicLong drained = new AtomicLong();
        final CompletableFuture<Optional<IOException>> ended = new CompletableFuture<>();

        @SuppressWarnings("NullAway.Init") // set before anything is told
        volatile Connection connection;

        @Override
        public void received(ByteBuffer bytes) {
            received.addAndGet(bytes.remaining());
            bytes.position(bytes.limit());
        }

        @Override
        public void drained() {
            drained.incrementAndGet();
        }

        @Override
        public void ended(Optional<IOException> failure) {
            if (!ended.complete(failure)) {
                throw new AssertionError("the end was told twice");
            }
        }

        Optional<IOException> awaitEnd() throws Exception {
            return ended.get(WAIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Sends everything back, and reads no more while too much of it waits. */
    static final class Echo extends Peer {
        static final int UNSENT_BYTES_MAX = 128 * 1024;
        final AtomicLong unsentMax = new AtomicLong();

        @Override
        public void received(ByteBuffer bytes) {
            received.addAndGet(bytes.remaining());
            connection.send(bytes);
            if (bytes.hasRemaining()) {
                throw new AssertionError("send left bytes");
            }
            unsentMax.accumulateAndGet(connection.unsent(), Math::max);
            if (connection.unsent() > UNSENT_BYTES_MAX) {
                connection.pauseReading();
            }
        }

        @Override
        public void drained() {
            super.drained();
            connection.resumeReading();
        }

        @Override
        public void ended(Optional<IOException> failure) {
            super.ended(failure);
            connection.finish();
        }
    }

    EngineBed(IoEngineChoice kind, Function<Integer, Peer> peerOf) throws Exception {
        loop = loop(kind);
        listening = onLoop(() -> loop.engine().listen(loopback(0), new Opening(peerOf)::accepted));
    }

    private final class Opening {
        private final Function<Integer, Peer> peerOf;
        private int count;

        Opening(Function<Integer, Peer> peerOf) {
            this.peerOf = peerOf;
        }

        void accepted(IoEngine.Accepted accepted) {
            var peer = peerOf.apply(count++);
            try {
                peer.connection = loop.engine().open(accepted, peer);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            peers.add(peer);
        }
    }

    static EventLoop loop(IoEngineChoice kind) throws IOException {
        var loop = new EventLoop("test-loop", Runnable::run, engines(kind));
        loop.start();
        return loop;
    }

    /** Skips the test where the kernel lacks the engine. */
    static IoEngines engines(IoEngineChoice kind) {
        try {
            return IoEngines.choose(kind);
        } catch (PlatformException e) {
            if (Boolean.getBoolean("howdah.strict")) {
                throw e;
            }
            return Assumptions.abort(e.message());
        }
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    Socket connect() throws IOException {
        var socket = new Socket();
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(WAIT_SECONDS));
        socket.connect(listening.address());
        return socket;
    }

    Peer next() throws InterruptedException {
        var peer = peers.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (peer == null) {
            throw new AssertionError("no connection was accepted");
        }
        return peer;
    }

    <T> T onLoop(Callable<T> work) throws Exception {
        return on(loop, work);
    }

    static <T> T on(EventLoop loop, Callable<T> work) throws Exception {
        var answer = new CompletableFuture<T>();
        loop.execute(() -> {
            try {
                answer.complete(work.call());
            } catch (Exception e) { // the test's thread gets it
                answer.completeExceptionally(e);
            }
        });
        return answer.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    void run(Runnable work) throws Exception {
        onLoop(() -> {
            work.run();
            return true;
        });
    }

    @Override
    public void close() {
        loop.close();
    }
}
