package dev.howdah.coordination;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscription with its own thread, so that a slow listener delays nobody else. It keeps which branches changed, not the views: the
 * listener always gets the newest. Thread-safe.
 */
final class ConflatingWatch implements Coordination.Watch {
    private static final Logger LOG = LoggerFactory.getLogger(ConflatingWatch.class);

    private final Function<BranchId, Optional<ClusterView>> views;
    private final Consumer<ClusterView> listener;
    private final Consumer<ConflatingWatch> onClose;
    private final LinkedHashSet<BranchId> changed = new LinkedHashSet<>(); // guarded by this
    private final Thread thread;
    private boolean closed; // guarded by this

    ConflatingWatch(
            Function<BranchId, Optional<ClusterView>> views,
            Consumer<ClusterView> listener,
            Consumer<ConflatingWatch> onClose) {
        this.views = views;
        this.listener = listener;
        this.onClose = onClose;
        this.thread = Thread.ofVirtual().name("coordination-watch").start(this::deliver);
    }

    synchronized void changed(BranchId branch) {
        changed.add(branch);
        notifyAll();
    }

    private void deliver() {
        for (var next = take(); next.isPresent(); next = take()) {
            var branch = next.get();
            tell(views.apply(branch).orElseGet(() -> removed(branch)));
        }
    }

    private void tell(ClusterView view) {
        try {
            listener.accept(view);
        } catch (RuntimeException e) {
            // The listener's fault. Ending its calls would leave it with an old view for ever, which is worse than a
            // line in the log.
            LOG.error("a listener failed on a change of branch {}", view.branch(), e);
        }
    }

    private static ClusterView removed(BranchId branch) {
        var record = new ClusterRecord(branch, Epoch.NONE, Optional.empty(), Optional.empty(), List.of(), List.of());
        return new ClusterView(record, Map.of());
    }

    private synchronized Optional<BranchId> take() {
        try {
            while (changed.isEmpty() && !closed) {
                wait();
            }
        } catch (InterruptedException _) {
            return Optional.empty(); // nobody but the end of the program interrupts this thread
        }
        return closed ? Optional.empty() : Optional.of(changed.removeFirst());
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        onClose.accept(this);
        if (!Thread.currentThread().equals(thread)) {
            awaitEnd();
        }
    }

    private void awaitEnd() {
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
