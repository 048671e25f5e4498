package dev.howdah.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition instead of for a time. */
public final class Eventually {
    private static final Duration PAUSE = Duration.ofMillis(5);

    private Eventually() {}

    /** A condition that may fail in any way; a failure counts as "not yet". */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    /** Returns as soon as the condition holds; an {@link AssertionError} that names {@code what} when it does not in time. */
    public static void until(Duration limit, String what, Condition condition) {
        var start = System.nanoTime();
        var last = new Exception("the condition was false");
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting until " + what, e);
            } catch (Exception e) { // not yet: it is the cause when the time is up
                last = e;
            }
            if (System.nanoTime() - start > limit.toNanos()) {
                throw new AssertionError("not within %s: %s".formatted(limit, what), last);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }
}
