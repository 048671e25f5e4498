package dev.howdah.proxy.io;

/**
 * The monotonic time of a loop, read once per pass: good enough for statistics and limits, and free to ask per message. Used on its loop only.
 */
public final class LoopClock {
    private long nanos = System.nanoTime();

    /** A pass begins: the wait for something to do is over. */
    void tick() {
        nanos = System.nanoTime();
    }

    /** When the pass under way began, as {@link System#nanoTime} counts. */
    public long nanos() {
        return nanos;
    }
}
