package dev.howdah.control;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** A thread that does the same round again and again until it is closed. A round that fails is logged, once per reason, and tried again. */
final class Reconciler implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reconciler.class);

    /** One round; returns how long to rest after it. */
    interface Round {
        Duration run();
    }

    private final Round round;
    private final Duration restAfterFailure;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;
    private String lastFailure = "";

    private Reconciler(String name, Duration restAfterFailure, Round round) {
        this.round = round;
        this.restAfterFailure = restAfterFailure;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::runUntilClosed);
    }

    static Reconciler start(String name, Duration restAfterFailure, Round round) {
        var reconciler = new Reconciler(name, restAfterFailure, round);
        reconciler.thread.start();
        return reconciler;
    }

    /** Waits for the round under way. */
    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void runUntilClosed() {
        try {
            var rest = Duration.ZERO;
            while (!closed.await(rest.toMillis(), TimeUnit.MILLISECONDS)) {
                rest = runOnce();
            }
        } catch (InterruptedException e) {
            log.debug("{} was interrupted", Thread.currentThread().getName());
        }
    }

    private Duration runOnce() {
        try {
            var rest = round.run();
            lastFailure = "";
            return rest;
        } catch (PlatformException e) {
            logOnce(e);
            return restAfterFailure;
        } catch (
                RuntimeException
                        e) { // the edge of this thread; a bug in one round must not end what keeps branches alive
            log.error("{} failed and goes on", Thread.currentThread().getName(), e);
            return restAfterFailure;
        }
    }

    private void logOnce(PlatformException failure) {
        if (failure.message().equals(lastFailure)) {
            return;
        }
        lastFailure = failure.message();
        // That the control database is away is said once, by whoever watches it, and at every start it is for a moment.
        var level = failure.state() == SqlState.CANNOT_CONNECT_NOW ? Level.DEBUG : Level.WARN;
        log.atLevel(level).log("{} waits: {}", Thread.currentThread().getName(), lastFailure);
    }
}
