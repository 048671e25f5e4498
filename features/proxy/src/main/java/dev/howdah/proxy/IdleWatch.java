package dev.howdah.proxy;

import dev.howdah.proxy.io.EventLoop;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Notices that a client keeps a server and does nothing with it. Costs one timer per client that keeps one, and no work per message. */
final class IdleWatch {
    private final EventLoop loop;
    private final Duration limit;
    private final BooleanSupplier keepsIdle;
    private final Runnable action;
    private EventLoop.@Nullable Timer timer;
    private long sinceNanos;

    /**
     * @param keepsIdle whether a server is kept and nothing is under way
     * @param action once that has been so for {@code limit}
     */
    IdleWatch(EventLoop loop, Duration limit, BooleanSupplier keepsIdle, Runnable action) {
        this.loop = loop;
        this.limit = limit;
        this.keepsIdle = keepsIdle;
        this.action = action;
    }

    /** Something has just ended, and the server is kept. */
    void begin() {
        sinceNanos = System.nanoTime();
        if (timer == null) {
            timer = loop.after(limit, this::check);
        }
    }

    void end() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void check() {
        timer = null;
        var left = limit.minusNanos(keepsIdle.getAsBoolean() ? System.nanoTime() - sinceNanos : 0);
        if (left.isPositive()) {
            timer = loop.after(left, this::check);
        } else {
            action.run();
        }
    }
}
