package dev.howdah.proxy;

import dev.howdah.proxy.io.EventLoop;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Leaves a server with its client for a moment, though its transaction is over, because the server would have to be asked what is in its session: a
 * client that comes back at once needs no such question. Only where nobody waits for a server.
 */
final class Lingering {
    private static final Duration LENGTH = Duration.ofMillis(5);

    private final EventLoop loop;
    private final LongSupplier rounds;
    private final Runnable over;
    private EventLoop.@Nullable Timer timer;
    private long round;

    /**
     * @param rounds grows whenever the client does something
     * @param over once it has done nothing for the moment
     */
    Lingering(EventLoop loop, LongSupplier rounds, Runnable over) {
        this.loop = loop;
        this.rounds = rounds;
        this.over = over;
    }

    void begin() {
        if (timer == null) {
            round = rounds.getAsLong();
            timer = loop.after(LENGTH, this::look);
        }
    }

    void end() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void look() {
        timer = null;
        if (rounds.getAsLong() == round) {
            over.run();
        } else {
            begin();
        }
    }
}
