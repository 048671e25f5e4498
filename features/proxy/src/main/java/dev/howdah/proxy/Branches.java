package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Every branch as the proxy last heard of it, so that routing goes on while coordination is away. Thread-safe. */
final class Branches implements AutoCloseable {
    private final Map<BranchId, ClusterView> views = new ConcurrentHashMap<>();
    /** Who waits for news of a branch; one entry per waiting client at most, gone with the next change. */
    private final Map<BranchId, Queue<Runnable>> waiting = new ConcurrentHashMap<>();

    private final Map<BranchId, Latest> latest = new ConcurrentHashMap<>();
    private final Coordination.Watch watch;

    /** One branch, for those who look at it often: as long as the version is the same, so is the view. */
    static final class Latest {
        private final AtomicLong version = new AtomicLong();
        private volatile Optional<ClusterView> view = Optional.empty();

        /** To be read before {@link #view}. */
        long version() {
            return version.get();
        }

        Optional<ClusterView> view() {
            return view;
        }

        private void change(Optional<ClusterView> next) {
            view = next;
            version.incrementAndGet();
        }
    }

    Branches(Coordination coordination) {
        watch = coordination.watch(this::changed);
    }

    Optional<ClusterView> view(BranchId branch) {
        return Optional.ofNullable(views.get(branch));
    }

    Latest latest(BranchId branch) {
        return latest.computeIfAbsent(branch, _ -> new Latest());
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
        latest.computeIfAbsent(view.branch(), _ -> new Latest()).change(view(view.branch()));
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
