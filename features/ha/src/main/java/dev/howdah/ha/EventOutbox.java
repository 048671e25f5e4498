package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands events to the sink from a thread of its own, so that a slow sink never holds up an agent. Thread-safe. */
final class EventOutbox implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventOutbox.class);
    private static final int WAITING_MAX = 1000;
    private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

    private final ClusterEvents sink;
    private final InstantSource clock;
    // Empty = the end.
    private final BlockingQueue<Optional<ClusterEvent>> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final Thread thread;

    EventOutbox(ClusterEvents sink, InstantSource clock) {
        this.sink = sink;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("cluster-events").start(this::deliver);
    }

    void add(InstanceId instance, ClusterEvent.Kind kind, String message) {
        LOG.info("{} {}: {}", instance, kind, message);
        var event = new ClusterEvent(instance.branch(), instance, kind, message, clock.instant());
        if (!waiting.offer(Optional.of(event))) {
            LOG.warn("dropped an event, {} are waiting: {}", WAITING_MAX, event);
        }
    }

    private void deliver() {
        try {
            for (var next = waiting.take(); next.isPresent(); next = waiting.take()) {
                tell(next.get());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // close gave up waiting for the sink
        }
    }

    private void tell(ClusterEvent event) {
        try {
            sink.happened(event);
        } catch (RuntimeException e) {
            // The sink's fault, for instance a database that is down: one lost event must not lose the next ones.
            LOG.error("the event could not be kept: {}", event, e);
        }
    }

    /** Delivers what waits, for a short time. */
    @Override
    public void close() {
        try {
            if (!waiting.offer(Optional.empty()) || !thread.join(CLOSE_MAX)) {
                thread.interrupt();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
