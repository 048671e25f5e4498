package dev.howdah.proxy.io;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that owns its connections, sessions and pools; nothing it owns is locked, nothing on it may block. Others hand it work through
 * {@link #execute}, the one thread-safe method beside {@link #close()}. Durations are measured by the monotonic clock, never by the wall's.
 */
public final class EventLoop implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    /** Messages from other threads. Each sender has few under way, so a full queue means a loop that hangs: senders then wait. */
    private static final int MESSAGES_MAX = 1 << 16;

    private static final int MESSAGES_PER_PASS_MAX = 1024;
    private static final long IDLE_POLL_MILLIS = 10_000;
    private static final int CANCELLED_KEPT = 1_000;

    private final LoopBuffers buffers = new LoopBuffers();
    private final LoopClock clock = new LoopClock();
    private final IoEngine engine;
    private final Executor helpers;
    private final BlockingQueue<Runnable> messages = new LinkedBlockingQueue<>(MESSAGES_MAX);
    private final ArrayDeque<Runnable> own = new ArrayDeque<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(Comparator.comparingLong((Timer timer) -> timer.atNanos - EPOCH_NANOS));
    private final Thread thread;
    private int cancelled;
    private volatile boolean stopping;

    /** What {@link System#nanoTime} is counted from, so that timers compare well even where it wraps. */
    private static final long EPOCH_NANOS = System.nanoTime();

    /** Something to do later; cancelled or done at most once. */
    public final class Timer {
        private final long atNanos;
        private @Nullable Runnable work;

        private Timer(long atNanos, Runnable work) {
            this.atNanos = atNanos;
            this.work = work;
        }

        public void cancel() {
            if (work != null) {
                work = null;
                cancelled++;
                forgetCancelled();
            }
        }
    }

    /** Most timers are cancelled long before their time. They are thrown out when they are the greater part, so each costs little. */
    private void forgetCancelled() {
        if (cancelled > CANCELLED_KEPT && cancelled > timers.size() / 2) {
            timers.removeIf(timer -> timer.work == null);
            cancelled = 0;
        }
    }

    /** @param helpers runs what takes long: TLS handshake steps */
    public EventLoop(String name, Executor helpers, IoEngines engines) throws IOException {
        this.engine = engines.open(buffers);
        this.helpers = helpers;
        this.thread = Thread.ofPlatform()
                .name(name)
                .daemon()
                .uncaughtExceptionHandler((_, error) -> LOG.error("the loop has died with all its connections", error))
                .unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    public IoEngine engine() {
        return engine;
    }

    public LoopClock clock() {
        return clock;
    }

    public LoopBuffers buffers() {
        return buffers;
    }

    public Executor helpers() {
        return helpers;
    }

    public boolean isCurrent() {
        return Thread.currentThread().equals(thread);
    }

    @Override
    public void execute(Runnable message) {
        if (isCurrent()) {
            own.addLast(message);
            return;
        }
        try {
            messages.put(message);
        } catch (InterruptedException _) {
            // The message is not lost for an interrupted sender: it goes in unless the queue is full, and the interrupt
            // stays visible.
            Thread.currentThread().interrupt();
            if (!messages.offer(message)) {
                throw new IllegalStateException("the loop's queue is full");
            }
        }
        if (woken.compareAndSet(false, true)) {
            engine.wakeup();
        }
    }

    /** Runs {@code work} after {@code delay}, on this loop; called on it. */
    public Timer after(Duration delay, Runnable work) {
        var timer = new Timer(System.nanoTime() + delay.toNanos(), work);
        timers.add(timer);
        return timer;
    }

    private void run() {
        try {
            while (!stopping) {
                engine.poll(pollMillis(), clock);
                woken.set(false);
                runMessages();
                runTimers();
            }
        } catch (IOException e) {
            LOG.error("the loop cannot go on, its connections are closed", e);
        } finally {
            runMessages(); // sessions give back what they hold
            woken.set(true); // by nobody any more: the engine's descriptors may soon be another's
            engine.close();
        }
    }

    private long pollMillis() {
        if (!own.isEmpty() || !messages.isEmpty()) {
            return 0;
        }
        var next = timers.peek();
        while (next != null && next.work == null) {
            timers.poll();
            cancelled--;
            next = timers.peek();
        }
        if (next == null) {
            return IDLE_POLL_MILLIS;
        }
        var nanos = next.atNanos - System.nanoTime();
        return nanos <= 0 ? 0 : Math.min(IDLE_POLL_MILLIS, nanos / 1_000_000 + 1);
    }

    private void runMessages() {
        for (var i = 0; i < MESSAGES_PER_PASS_MAX; i++) {
            var message = own.isEmpty() ? messages.poll() : own.pollFirst();
            if (message == null) {
                return;
            }
            runSafely(message);
        }
    }

    private void runTimers() {
        for (var next = timers.peek();
                next != null && (next.work == null || next.atNanos - System.nanoTime() <= 0);
                next = timers.peek()) {
            timers.poll();
            var work = next.work;
            if (work == null) {
                cancelled--;
            } else {
                next.work = null;
                runSafely(work);
            }
        }
    }

    private static void runSafely(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            // The edge of one session's work: a bug met there, or memory that is short, must not end the neighbours.
            LOG.error("work of a session failed", e);
        }
    }

    /** Ends the thread and closes every connection of the loop; waits for it unless called from it. */
    @Override
    public void close() {
        stopping = true;
        if (thread.getState() == Thread.State.NEW) {
            engine.close();
            return;
        }
        engine.wakeup();
        if (!isCurrent()) {
            joinUninterrupted();
        }
    }

    private void joinUninterrupted() {
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
