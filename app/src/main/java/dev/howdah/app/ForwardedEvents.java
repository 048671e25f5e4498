package dev.howdah.app;

import dev.howdah.ha.ClusterEvent;
import dev.howdah.ha.ClusterEvents;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the agent's events to control, which starts after it. Thread-safe. */
final class ForwardedEvents implements ClusterEvents {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardedEvents.class);
    private static final int WAITING_MAX = 1_000;

    private final List<ClusterEvent> waiting = new ArrayList<>();
    private @Nullable ClusterEvents target;

    @Override
    public synchronized void happened(ClusterEvent event) {
        LOG.info("{} {}: {}", event.instance(), event.kind(), event.message());
        if (target != null) {
            target.happened(event);
        } else if (waiting.size() < WAITING_MAX) {
            waiting.add(event);
        }
    }

    synchronized void forwardTo(ClusterEvents events) {
        target = events;
        waiting.forEach(events::happened);
        waiting.clear();
    }
}
