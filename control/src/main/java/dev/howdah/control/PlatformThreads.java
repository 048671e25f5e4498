package dev.howdah.control;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Runs what talks JDBC on platform threads. junixsocket 2.10.1 can lose the wake-up of a virtual thread that waits for an answer (its issue 172),
 * and the thread then waits for ever, past every timeout; callers may be virtual all the same. How many run at once is for the callers to limit.
 */
final class PlatformThreads implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("control-", 0).factory());

    /** In this thread where it is a platform thread, else in one of these, waited for. */
    <T> T call(Supplier<T> work) {
        if (!Thread.currentThread().isVirtual()) {
            return work.get();
        }
        var result = threads.submit(work::get);
        try {
            return result.get();
        } catch (ExecutionException e) {
            throw unwrapped(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(
                    "interrupted while waiting for a server; what was asked for may be done", e);
        }
    }

    void execute(Runnable work) {
        threads.execute(work);
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
