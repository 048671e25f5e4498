package dev.howdah.control;

import dev.howdah.base.PlatformException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes items from threads that must not wait and writes them from one thread of its own. While writing fails they stay in memory, the newest
 * {@code capacity} of them; older ones are dropped and counted. Thread-safe.
 */
final class BoundedWriter<T> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BoundedWriter.class);
    private static final int BATCH_MAX = 100;

    private final int capacity;
    private final Duration retry;
    private final Consumer<List<T>> sink;
    private final Deque<T> waiting = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread writer;
    private long dropped;
    private boolean closed;

    private BoundedWriter(String name, int capacity, Duration retry, Consumer<List<T>> sink) {
        this.capacity = capacity;
        this.retry = retry;
        this.sink = sink;
        this.writer = Thread.ofPlatform().daemon().name(name).unstarted(this::writeUntilClosed);
    }

    /** {@code sink} writes a batch whole or throws having written nothing of it. */
    static <T> BoundedWriter<T> start(String name, int capacity, Duration retry, Consumer<List<T>> sink) {
        var writer = new BoundedWriter<T>(name, capacity, retry, sink);
        writer.writer.start();
        return writer;
    }

    /** Never waits for the sink. */
    void offer(T item) {
        lock.lock();
        try {
            if (waiting.size() == capacity) {
                waiting.removeFirst();
                dropped++;
            }
            waiting.addLast(item);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the thread has ended; what cannot be written at once is lost then. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeUntilClosed() {
        try {
            var batch = nextBatch();
            while (!batch.isEmpty()) {
                if (!written(batch) && !putBackAndPause(batch)) {
                    return;
                }
                batch = nextBatch();
            }
        } catch (InterruptedException e) {
            log.debug("{} was interrupted", Thread.currentThread().getName());
        }
    }

    private boolean written(List<T> batch) {
        try {
            sink.accept(batch);
            return true;
        } catch (PlatformException e) {
            log.debug("{} writes later: {}", Thread.currentThread().getName(), e.message());
            return false;
        } catch (RuntimeException e) { // the edge of this thread: one bad batch must not end it
            log.error("{} dropped {} items", Thread.currentThread().getName(), batch.size(), e);
            count(batch.size());
            return true;
        }
    }

    private void count(int lost) {
        lock.lock();
        try {
            dropped += lost;
        } finally {
            lock.unlock();
        }
    }

    /** Empty only once this is closed and nothing is left. */
    private List<T> nextBatch() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.await();
            }
            var batch = new ArrayList<T>();
            while (batch.size() < BATCH_MAX && !waiting.isEmpty()) {
                batch.add(waiting.removeFirst());
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    /** False when this was closed meanwhile and it is no use to try again. */
    private boolean putBackAndPause(List<T> batch) throws InterruptedException {
        lock.lock();
        try {
            for (var i = batch.size() - 1; i >= 0; i--) {
                if (waiting.size() == capacity) {
                    dropped++;
                } else {
                    waiting.addFirst(batch.get(i));
                }
            }
            if (closed) {
                log.warn("{} items could not be written before the end", waiting.size());
                return false;
            }
            var left = retry.toNanos();
            while (left > 0 && !closed) {
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
