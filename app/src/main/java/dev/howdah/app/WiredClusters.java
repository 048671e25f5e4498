package dev.howdah.app;

import dev.howdah.base.BranchId;
import dev.howdah.base.Lsn;
import dev.howdah.base.ServerAddress;
import dev.howdah.control.BranchClusters;
import dev.howdah.control.BranchServers;
import dev.howdah.control.Instance;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.ha.Clusters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What control knows of clusters, read from coordination; what it wants of them, written there for the agents. */
record WiredClusters(Coordination coordination, Clusters clusters, Path instances)
        implements BranchServers, BranchClusters {
    @Override
    public Optional<ServerAddress> primary(BranchId branch) {
        return coordination
                .view(branch)
                .flatMap(view -> view.record()
                        .leader()
                        .flatMap(view.record()::member)
                        .filter(leader -> stateOf(view, leader) == MemberState.PRIMARY
                                || stateOf(view, leader) == MemberState.OPENING))
                .map(Member::address);
    }

    @Override
    public List<ServerAddress> running(BranchId branch) {
        return coordination.view(branch).stream()
                .flatMap(view -> view.record().members().stream().filter(member -> switch (stateOf(view, member)) {
                    case OPENING, PRIMARY, REPLICA -> true;
                    case ABSENT, CLONING, STARTING, STOPPED, FAILED -> false;
                }))
                .map(Member::address)
                .toList();
    }

    @Override
    public List<Instance> instances(BranchId branch) {
        return coordination.view(branch).stream()
                .flatMap(view -> view.record().members().stream().map(member -> instance(view, member)))
                .toList();
    }

    @Override
    public void ensure(BranchId branch, List<String> zones) {
        if (coordination.read(branch).isEmpty()) {
            clusters.create(branch, zones);
        }
    }

    @Override
    public boolean remove(BranchId branch) {
        clusters.remove(branch);
        try (var left = Files.newDirectoryStream(instances, branch + "-*")) {
            return !left.iterator().hasNext();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Instance instance(ClusterView view, Member member) {
        var status = view.status(member.id());
        var leads = view.record().leader().filter(member.id()::equals).isPresent();
        return new Instance(
                member.id(),
                member.zone(),
                leads ? "primary" : "replica",
                stateOf(view, member).name().toLowerCase(Locale.ROOT),
                status.map(MemberStatus::timeline).orElse(0),
                status.map(MemberStatus::written).orElse(Lsn.ZERO),
                status.map(MemberStatus::replayed).orElse(Lsn.ZERO),
                status.flatMap(MemberStatus::replayLag),
                status.map(MemberStatus::detail).orElse(""),
                status.map(MemberStatus::seenAt));
    }

    private static MemberState stateOf(ClusterView view, Member member) {
        return view.status(member.id()).map(MemberStatus::state).orElse(MemberState.ABSENT);
    }
}
