package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Has work done on a loop by whoever may wait for it; on the loop itself it is done at once. */
final class OnLoop {
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private OnLoop() {}

    static <T> T get(EventLoop loop, Supplier<T> work) {
        return await(ask(loop, work));
    }

    static void run(EventLoop loop, Runnable work) {
        var _ = get(loop, () -> {
            work.run();
            return true;
        });
    }

    /** Has work done for which nobody waits. */
    static void begin(EventLoop loop, Runnable work) {
        if (loop.isCurrent()) {
            work.run();
        } else {
            loop.execute(work);
        }
    }

    /** To be {@link #await}ed, perhaps after others have been asked. */
    static <T> Future<T> ask(EventLoop loop, Supplier<T> work) {
        var answer = new CompletableFuture<T>();
        begin(loop, () -> {
            try {
                answer.complete(work.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    static <T> T await(Future<T> answer) {
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
}
