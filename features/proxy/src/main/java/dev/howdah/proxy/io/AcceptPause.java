package dev.howdah.proxy.io;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the engines accept: not too many at once, and not for a while after it failed. */
final class AcceptPause {
    /** Connections taken from one listening socket in one pass, so that a flood of new ones does not starve the old. */
    static final int ACCEPTS_PER_PASS_MAX = 64;

    private static final Logger LOG = LoggerFactory.getLogger(AcceptPause.class);
    /** Without a file descriptor left, accepting again at once would only burn the processor. */
    private static final long PAUSE_MILLIS = 100;

    private final ArrayDeque<Runnable> paused = new ArrayDeque<>();
    private long resumeNanos;

    static void warn(IOException failure) {
        LOG.warn(
                "a connection could not be accepted, the next try is in {} ms: {}", PAUSE_MILLIS, failure.getMessage());
    }

    /** Gives a connection to its owner. */
    static void hand(IoEngine.Accepted connection, Consumer<IoEngine.Accepted> owner) {
        try {
            owner.accept(connection);
        } catch (RuntimeException | Error e) {
            // The edge of one session's work: its failure is not its neighbours'.
            LOG.error("a new connection failed and is closed", e);
            connection.close();
        }
    }

    void add(Runnable resume) {
        paused.addLast(resume);
        resumeNanos = System.nanoTime() + PAUSE_MILLIS * 1_000_000;
    }

    /** No longer than it takes until something is to be resumed. */
    long limit(long timeoutMillis) {
        return paused.isEmpty() ? timeoutMillis : Math.min(timeoutMillis, PAUSE_MILLIS);
    }

    void resumeDue() {
        if (!paused.isEmpty() && System.nanoTime() - resumeNanos >= 0) {
            for (var count = paused.size(); count > 0; count--) {
                paused.removeFirst().run();
            }
        }
    }
}
