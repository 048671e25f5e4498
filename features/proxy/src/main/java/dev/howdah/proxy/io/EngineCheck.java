package dev.howdah.proxy.io;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether an engine really works: a kernel may offer a call and lack, or forbid, a part of it. One connection over loopback is
 * accepted, read, answered and ended. Runs on the calling thread.
 */
final class EngineCheck implements ConnectionHandler {
    private static final Duration TIME_MAX = Duration.ofSeconds(2);
    private static final long POLL_MILLIS = 100;
    private static final byte[] WORD = "howdah".getBytes(StandardCharsets.US_ASCII);

    private final IoEngine engine;
    private final long startNanos = System.nanoTime();
    private final LoopClock clock = new LoopClock();
    private final ByteBuffer arrived = ByteBuffer.allocateDirect(WORD.length);
    private @Nullable Connection connection;
    private @Nullable IOException failure;
    private boolean ended;

    private EngineCheck(IoEngine engine) {
        this.engine = engine;
    }

    static void run(IoEngine engine) throws IOException {
        new EngineCheck(engine).run();
    }

    private void run() throws IOException {
        var listening = engine.listen(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), this::accepted);
        try (var client =
                new Socket(listening.address().getAddress(), listening.address().getPort())) {
            client.setSoTimeout((int) TIME_MAX.toMillis());
            client.getOutputStream().write(WORD);
            while (arrived.hasRemaining()) {
                poll("nothing arrives");
            }
            // Ends the next wait, so that a wake-up that does not work is seen as well.
            engine.wakeup();
            poll("");
            if (!Arrays.equals(client.getInputStream().readNBytes(WORD.length), WORD)) {
                throw new IOException("what it sent arrived wrongly");
            }
            client.shutdownOutput();
            while (!ended) {
                poll("the end of a stream is not seen");
            }
        } finally {
            listening.close();
        }
    }

    private void poll(String otherwise) throws IOException {
        if (System.nanoTime() - startNanos > TIME_MAX.toNanos()) {
            throw new IOException(otherwise);
        }
        engine.poll(POLL_MILLIS, clock);
        if (failure != null) {
            throw failure;
        }
    }

    private void accepted(IoEngine.Accepted next) {
        if (connection != null) {
            next.close();
            return;
        }
        try {
            connection = engine.open(next, this);
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    public void received(ByteBuffer bytes) {
        while (bytes.hasRemaining() && arrived.hasRemaining()) {
            arrived.put(bytes.get());
        }
        if (!arrived.hasRemaining() && connection != null) {
            connection.send(arrived.duplicate().flip());
            bytes.position(bytes.limit());
        }
    }

    @Override
    public void drained() {}

    @Override
    public void ended(Optional<IOException> cause) {
        ended = true;
        failure = cause.orElse(null);
        if (connection != null) {
            connection.close();
        }
    }
}
