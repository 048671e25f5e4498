package dev.howdah.app;

import dev.howdah.control.BranchEvent.Severity;
import dev.howdah.control.Events;
import dev.howdah.ha.ClusterEvent;
import dev.howdah.ha.ClusterEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the agent's events to control, which starts after it. Thread-safe. */
final class ForwardedEvents implements ClusterEvents {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardedEvents.class);
    private static final int WAITING_MAX = 1_000;

    private final List<ClusterEvent> waiting = new ArrayList<>();
    private @Nullable Events target;

    @Override
    public synchronized void happened(ClusterEvent event) {
        LOG.info("{} {}: {}", event.instance(), event.kind(), event.message());
        if (target != null) {
            forward(target, event);
        } else if (waiting.size() < WAITING_MAX) {
            waiting.add(event);
        }
    }

    synchronized void forwardTo(Events events) {
        target = events;
        waiting.forEach(event -> forward(events, event));
        waiting.clear();
    }

    private static void forward(Events events, ClusterEvent event) {
        events.offer(
                event.branch(),
                severity(event.kind()),
                event.kind().name().toLowerCase(Locale.ROOT),
                "%s: %s".formatted(event.instance(), event.message()));
    }

    private static Severity severity(ClusterEvent.Kind kind) {
        return switch (kind) {
            case DATA_INITIALIZED,
                    PRIMARY_OPENED,
                    VOTERS_CHANGED,
                    REPLICA_STREAMING,
                    CLONE_STARTED,
                    CLONE_FINISHED,
                    SERVER_ADOPTED,
                    SERVER_STARTED,
                    SERVER_STOPPED,
                    MEMBER_REMOVED -> Severity.INFO;
            case STREAM_LOST, REBUILD_STARTED, SLOT_RECREATED -> Severity.WARNING;
            case CLONE_FAILED, SERVER_CRASHED, FAKE_VOTER_TERMINATED, MEMBER_FAILED -> Severity.ERROR;
        };
    }
}
