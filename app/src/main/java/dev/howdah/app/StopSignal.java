package dev.howdah.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ctrl-C, SIGTERM or the API asks for the end; the JVM then lives on until {@link #done}. Thread-safe. */
final class StopSignal {
    /** Longer than any server is given to stop. */
    private static final Duration END_AFTER = Duration.ofMinutes(2);

    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);

    StopSignal() {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("stop-signal").unstarted(this::holdTheJvm));
    }

    void request() {
        requested.countDown();
    }

    void await() throws InterruptedException {
        requested.await();
    }

    void done() {
        done.countDown();
    }

    private void holdTheJvm() {
        request();
        try {
            done.await(END_AFTER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
