package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.Lsn;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.CoordinationException;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The servers of branches as the jobs' coordination knows them. */
final class ClusterServers implements BranchServers {
    private static final Set<MemberState> TAKES_WRITES = EnumSet.of(MemberState.OPENING, MemberState.PRIMARY);
    private static final Set<MemberState> SERVES =
            EnumSet.of(MemberState.OPENING, MemberState.PRIMARY, MemberState.REPLICA);

    private final Coordination coordination;

    ClusterServers(Coordination coordination) {
        this.coordination = coordination;
    }

    @Override
    public Optional<ServerAddress> primary(BranchId branch) {
        return coordination
                .view(branch)
                .flatMap(view -> view.record()
                        .leader()
                        .flatMap(view.record()::member)
                        .filter(member -> TAKES_WRITES.contains(state(view, member)))
                        .map(Member::address));
    }

    @Override
    public List<ServerAddress> running(BranchId branch) {
        return view(branch).stream()
                .flatMap(view -> view.record().members().stream().filter(m -> SERVES.contains(state(view, m))))
                .map(Member::address)
                .toList();
    }

    @Override
    public List<Instance> instances(BranchId branch) {
        return view(branch).stream()
                .flatMap(view -> view.record().members().stream().map(member -> instance(view, member)))
                .toList();
    }

    private Optional<ClusterView> view(BranchId branch) {
        try {
            return coordination.view(branch);
        } catch (CoordinationException e) {
            throw new PlatformException(
                    SqlState.CANNOT_CONNECT_NOW,
                    "where the servers of branch %s are cannot be looked up: %s".formatted(branch, e.getMessage()),
                    "Branches go on serving. Try again in a moment.",
                    e);
        }
    }

    private static MemberState state(ClusterView view, Member member) {
        return view.status(member.id()).map(MemberStatus::state).orElse(MemberState.ABSENT);
    }

    private static Instance instance(ClusterView view, Member member) {
        var leads = view.record().leader().equals(Optional.of(member.id()));
        var status = view.status(member.id());
        return new Instance(
                member.id(),
                member.zone(),
                leads ? "primary" : "replica",
                state(view, member).name().toLowerCase(Locale.ROOT),
                status.map(MemberStatus::timeline).orElse(0),
                status.map(MemberStatus::written).orElse(Lsn.ZERO),
                status.map(MemberStatus::replayed).orElse(Lsn.ZERO),
                status.flatMap(MemberStatus::replayLag),
                status.map(MemberStatus::detail).orElse(""),
                status.map(MemberStatus::seenAt));
    }
}
