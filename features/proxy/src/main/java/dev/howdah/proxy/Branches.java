package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Every branch as the proxy last heard of it, so that routing goes on while coordination is away. Thread-safe. */
final class Branches implements AutoCloseable {
    private final Map<BranchId, ClusterView> views = new ConcurrentHashMap<>();
    /** Who waits for news of a branch; one entry per waiting client at most, gone with the next change. */
    private final Map<BranchId, Queue<Runnable>> waiting = new ConcurrentHashMap<>();

    private final Coordination.Watch watch;

    Branches(Coordination coordination) {
        watch = coordination.watch(this::changed);
    }

    Optional<ClusterView> view(BranchId branch) {
        return Optional.ofNullable(views.get(branch));
    }

    /**
     * Runs {@code action} once, on a thread of coordination's, when the branch's view changes next.
     *
     * @return forgets the action
     */
    Runnable onNextChange(BranchId branch, Runnable action) {
        // Within compute, so that no queue is added to that a change has just taken away.
        waiting.compute(branch, (_, known) -> {
            var actions = known == null ? new ConcurrentLinkedQueue<Runnable>() : known;
            actions.add(action);
            return actions;
        });
        return () -> waiting.computeIfPresent(branch, (_, actions) -> {
            actions.remove(action);
            return actions.isEmpty() ? null : actions;
        });
    }

    private void changed(ClusterView view) {
        if (view.record().members().isEmpty()) {
            views.remove(view.branch());
        } else {
            views.put(view.branch(), view);
        }
        var actions = waiting.remove(view.branch());
        if (actions != null) {
            actions.forEach(Runnable::run);
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
