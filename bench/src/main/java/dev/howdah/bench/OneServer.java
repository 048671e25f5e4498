package dev.howdah.bench;

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
import java.util.function.Consumer;

/** A cluster of one server that never changes, as the proxy sees it. */
final class OneServer implements Coordination {
    private final ClusterView view;

    OneServer(BranchId branch, ServerAddress address) {
        var id = new InstanceId(branch, 1);
        var record = new ClusterRecord(
                branch,
                new Epoch(1),
                Optional.of(id),
                Optional.of("1"),
                List.of(new Member(id, "zone", address)),
                List.of());
        var status = new MemberStatus(
                id, MemberState.PRIMARY, 1, Lsn.ZERO, Lsn.ZERO, Optional.of(Duration.ZERO), "", Instant.EPOCH);
        this.view = new ClusterView(record, Map.of(id, status));
    }

    @Override
    public Optional<ClusterView> view(BranchId branch) {
        return branch.equals(view.branch()) ? Optional.of(view) : Optional.empty();
    }

    @Override
    public Watch watch(Consumer<ClusterView> listener) {
        listener.accept(view);
        return () -> {};
    }

    @Override
    public List<BranchId> branches() {
        return List.of(view.branch());
    }

    @Override
    public Optional<Versioned> read(BranchId branch) {
        return view(branch).map(known -> new Versioned(known.record(), 1));
    }

    @Override
    public Optional<Versioned> compareAndSet(ClusterRecord next, long expectedRevision) {
        throw new UnsupportedOperationException("this cluster never changes");
    }

    @Override
    public boolean remove(BranchId branch, long expectedRevision) {
        throw new UnsupportedOperationException("this cluster never changes");
    }

    @Override
    public void report(MemberStatus status) {
        throw new UnsupportedOperationException("this cluster never changes");
    }

    @Override
    public void close() {}
}
