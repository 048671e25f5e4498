package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Views written by hand, told to watchers at once. */
final class TestCoordination implements Coordination {
    private final Map<BranchId, ClusterView> views = new ConcurrentHashMap<>();
    private final List<Consumer<ClusterView>> listeners = new CopyOnWriteArrayList<>();

    /** One instance of a written view. */
    record Instance(MemberState state, ServerAddress address, Optional<Duration> lag) {
        static Instance primary(ServerAddress address) {
            return new Instance(MemberState.PRIMARY, address, Optional.of(Duration.ZERO));
        }

        static Instance replica(ServerAddress address) {
            return new Instance(MemberState.REPLICA, address, Optional.of(Duration.ZERO));
        }

        static Instance stopped(ServerAddress address) {
            return new Instance(MemberState.STOPPED, address, Optional.empty());
        }
    }

    static ClusterView view(BranchId branch, Instance... instances) {
        var members = new TreeMap<InstanceId, Member>();
        var statuses = new TreeMap<InstanceId, MemberStatus>();
        var leader = Optional.<InstanceId>empty();
        for (var i = 0; i < instances.length; i++) {
            var id = new InstanceId(branch, i + 1);
            var instance = instances[i];
            members.put(id, new Member(id, "zone", instance.address()));
            statuses.put(
                    id,
                    new MemberStatus(id, instance.state(), 1, Lsn.ZERO, Lsn.ZERO, instance.lag(), "", Instant.EPOCH));
            if (instance.state() == MemberState.PRIMARY) {
                leader = Optional.of(id);
            }
        }
        var record = new ClusterRecord(
                branch, new Epoch(1), leader, Optional.of("1"), List.copyOf(members.values()), List.of());
        return new ClusterView(record, statuses);
    }

    void show(ClusterView view) {
        views.put(view.branch(), view);
        listeners.forEach(listener -> listener.accept(view));
    }

    @Override
    public Optional<ClusterView> view(BranchId branch) {
        return Optional.ofNullable(views.get(branch));
    }

    @Override
    public Watch watch(Consumer<ClusterView> listener) {
        views.values().forEach(listener);
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public List<BranchId> branches() {
        return views.keySet().stream().sorted().toList();
    }

    @Override
    public Optional<Versioned> read(BranchId branch) {
        return view(branch).map(view -> new Versioned(view.record(), 1));
    }

    @Override
    public Optional<Versioned> compareAndSet(ClusterRecord next, long expectedRevision) {
        throw new UnsupportedOperationException("the proxy only reads");
    }

    @Override
    public boolean remove(BranchId branch, long expectedRevision) {
        throw new UnsupportedOperationException("the proxy only reads");
    }

    @Override
    public void report(MemberStatus status) {
        throw new UnsupportedOperationException("the proxy only reads");
    }

    @Override
    public void close() {}
}
