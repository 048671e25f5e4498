package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.Detached;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.proxy.io.IoEngine;
import dev.howdah.proxy.io.IoEngineChoice;
import dev.howdah.proxy.io.IoEngines;
import dev.howdah.proxy.io.TlsConnection;
import dev.howdah.testkit.TestDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Assumptions;

/** Some loops of one engine, the first of which listens; its peers, in clear or by TLS, send everything back, and can be moved. */
final class MovingBed implements AutoCloseable {
    static final int WAIT_SECONDS = 60;
    private static final int LOOPS = 3;
    private static final Duration STAY = Duration.ofMillis(1);

    final List<EventLoop> loops = new ArrayList<>();
    final TlsEngines tls;
    private final Encryption encryption;
    private final TestDirectory directory = TestDirectory.create();
    private final IoEngine.Listening listening;
    private final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();

    /** What lies between client and peer. */
    enum Encryption {
        NONE,
        JDK,
        BORINGSSL
    }

    MovingBed(IoEngineChoice kind, Encryption encryption) throws Exception {
        this.encryption = encryption;
        var certificates = EdgeCertificates.open(directory.resolve("tls"), Optional.empty(), InstantSource.system());
        tls = TlsEngines.open(encryption == Encryption.BORINGSSL ? TlsChoice.BORINGSSL : TlsChoice.JDK, certificates);
        for (var i = 0; i < LOOPS; i++) {
            var loop = new EventLoop("test-loop-" + i, Runnable::run, engines(kind));
            loops.add(loop);
            loop.start();
        }
        var anyPort = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        listening = on(loops.getFirst(), () -> loops.getFirst().engine().listen(anyPort, this::accepted));
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

    private void accepted(IoEngine.Accepted accepted) {
        var peer = new Peer(loops.getFirst());
        try {
            peer.connection = peer.loop.engine().open(accepted, peer);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        if (encryption == Encryption.NONE) {
            peers.add(peer);
        } else {
            peer.connection = new TlsConnection(
                    peer.loop, peer.connection, tls.newHandshake().engine(), peer, _ -> peers.add(peer));
        }
    }

    /** Its fields belong to the loop that it is on. */
    static final class Peer implements ConnectionHandler {
        final AtomicLong received = new AtomicLong();
        final AtomicLong drained = new AtomicLong();
        final AtomicInteger moves = new AtomicInteger();
        final CompletableFuture<Optional<IOException>> ended = new CompletableFuture<>();
        volatile EventLoop loop;

        @SuppressWarnings("NullAway.Init") // set before anything is told
        volatile Connection connection;

        volatile boolean silent;

        Peer(EventLoop loop) {
            this.loop = loop;
        }

        @Override
        public void received(ByteBuffer bytes) {
            requireOwn();
            received.addAndGet(bytes.remaining());
            if (silent) {
                bytes.position(bytes.limit());
            } else {
                connection.send(bytes);
            }
        }

        @Override
        public void drained() {
            requireOwn();
            drained.incrementAndGet();
        }

        @Override
        public void ended(Optional<IOException> failure) {
            requireOwn();
            if (!ended.complete(failure)) {
                throw new AssertionError("the end was told twice");
            }
            connection.finish();
        }

        private void requireOwn() {
            if (!loop.isCurrent()) {
                throw new AssertionError("told on a loop that has let go");
            }
        }

        /** On its loop. */
        void moveTo(EventLoop next, Runnable then) {
            if (connection.isOpen() && !ended.isDone()) {
                connection.detach(left -> next.execute(() -> arrive(next, left, then)));
            }
        }

        private void arrive(EventLoop next, Detached left, Runnable then) {
            loop = next;
            try {
                connection = left.attach(next, this);
            } catch (IOException e) {
                left.close();
                ended.complete(Optional.of(e));
                return;
            }
            moves.incrementAndGet();
            then.run();
        }
    }

    /** From loop to loop, so many times. In between each loop has time to deliver what came along, or nothing would ever be told. */
    void bounce(Peer peer, int times) {
        peer.loop.execute(() -> hop(peer, times));
    }

    private void hop(Peer peer, int left) {
        if (left > 0) {
            var next = loops.get((loops.indexOf(peer.loop) + 1) % loops.size());
            peer.moveTo(next, () -> next.after(STAY, () -> hop(peer, left - 1)));
        }
    }

    Socket connect() throws Exception {
        var socket =
                new Socket(listening.address().getAddress(), listening.address().getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(WAIT_SECONDS));
        if (encryption == Encryption.NONE) {
            return socket;
        }
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new RawClient.TrustEverybody()}, new SecureRandom());
        var encrypted = (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", 0, true);
        encrypted.startHandshake();
        return encrypted;
    }

    Peer next() throws InterruptedException {
        var peer = peers.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (peer == null) {
            throw new AssertionError("no connection was accepted");
        }
        return peer;
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

    /** Moves the peer, whose loop it is known to stay on, and returns when it is there. */
    void move(Peer peer, EventLoop next) throws Exception {
        var there = new CompletableFuture<Boolean>();
        peer.loop.execute(() -> peer.moveTo(next, () -> there.complete(true)));
        there.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Open files of this process. */
    static long files() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    @Override
    public void close() {
        loops.forEach(EventLoop::close);
        tls.close();
        directory.close();
    }
}
