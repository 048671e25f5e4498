package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Has work done on a loop by whoever may wait for it; on the loop itself it is done at once. */
final class OnLoop {
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private OnLoop() {}

    static <T> T get(EventLoop loop, Supplier<T> work) {
        if (loop.isCurrent()) {
            return work.get();
        }
        var answer = new CompletableFuture<T>();
        loop.execute(() -> {
            try {
                answer.complete(work.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(ANSWER.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the proxy's loop was asked", e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("the proxy's loop does not answer", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PlatformException refusal) {
                throw refusal;
            }
            throw new IllegalStateException("the proxy's loop failed", e);
        }
    }

    static void run(EventLoop loop, Runnable work) {
        var _ = get(loop, () -> {
            work.run();
            return true;
        });
    }
}
