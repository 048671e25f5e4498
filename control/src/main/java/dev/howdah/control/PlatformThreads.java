package dev.howdah.control;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what talks JDBC on platform threads. junixsocket 2.10.1 can lose the wake-up of a virtual thread that waits for an answer (its issue 172),
 * and the thread then waits for ever, past every timeout; callers may be virtual all the same. How many run at once is for the callers to limit.
 */
final class PlatformThreads implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PlatformThreads.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final ExecutorService threads;

    /** Threads called {@code prefix} and a number. */
    PlatformThreads(String prefix) {
        this.threads = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name(prefix, 0).factory());
    }

    /** In this thread where it is a platform thread, else in one of these, waited for. */
    <T> T call(Supplier<T> work) {
        if (!Thread.currentThread().isVirtual()) {
            return work.get();
        }
        try {
            return threads.submit(work::get).get();
        } catch (ExecutionException e) {
            throw unwrapped(e);
        } catch (RejectedExecutionException e) {
            throw new PlatformException(
                    SqlState.CANNOT_CONNECT_NOW, "the platform is being stopped", "Start it with: howdah up", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException(
                    SqlState.TRANSACTION_RESOLUTION_UNKNOWN,
                    "the platform was stopped while this was under way; it may be done or not",
                    "Start it with howdah up, and look.",
                    e);
        }
    }

    /** Once this is closed nothing is begun any more. */
    void execute(Runnable work) {
        try {
            threads.execute(work);
        } catch (RejectedExecutionException e) {
            log.debug("not begun: this is closed");
        }
    }

    /** Waits for what is under way; what takes longer than {@link #PATIENCE} is interrupted. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private static RuntimeException unwrapped(ExecutionException failure) {
        return switch (failure.getCause()) {
            case RuntimeException cause -> cause;
            case Error cause -> throw cause;
            case null, default -> new IllegalStateException(failure);
        };
    }
}
