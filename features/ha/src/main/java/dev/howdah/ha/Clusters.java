package dev.howdah.ha;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import dev.howdah.base.InstanceId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.Coordination.Versioned;
import dev.howdah.coordination.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What control asks of the clusters of a node: it writes records, the node agents make them true. Thread-safe.
 *
 * <p>The number in a socket's name is unique in a home: the lowest free one from {@link #FIRST_PORT} on.
 */
public final class Clusters {
    static final int FIRST_PORT = 20_000;
    private static final int MEMBERS_MAX = 9;

    private final Coordination coordination;
    private final Path sockets;
    // Two creations at once must not give the same port; other processes have other homes.
    private final Object allocating = new Object();

    public Clusters(Coordination coordination, Path sockets) {
        this.coordination = coordination;
        this.sockets = sockets;
    }

    /**
     * Records a new cluster with one member per zone; the first is to be its primary.
     *
     * @throws PlatformException when the branch has a cluster already
     */
    public ClusterRecord create(BranchId branch, List<String> zones) {
        require(
                !zones.isEmpty() && zones.size() <= MEMBERS_MAX,
                "a cluster has 1 to %d members, was %d".formatted(MEMBERS_MAX, zones.size()));
        synchronized (allocating) {
            var members = members(branch, zones);
            var first = members.getFirst().id();
            var record = new ClusterRecord(
                    branch, Epoch.NONE.next(), Optional.of(first), Optional.empty(), members, List.of(first));
            return coordination
                    .compareAndSet(record, 0)
                    .map(Versioned::record)
                    .orElseThrow(() -> PlatformException.duplicate(
                            "branch %s has a cluster already".formatted(branch), "Use it, or remove it first."));
        }
    }

    private List<Member> members(BranchId branch, List<String> zones) {
        var taken = takenPorts();
        var members = new ArrayList<Member>();
        for (var zone : zones) {
            var port = FIRST_PORT;
            while (!taken.add(port)) {
                port++;
            }
            var id = new InstanceId(branch, members.size() + 1);
            members.add(new Member(id, zone, new ServerAddress.UnixSocket(sockets, port)));
        }
        return members;
    }

    private Set<Integer> takenPorts() {
        var taken = new HashSet<Integer>();
        for (var branch : coordination.branches()) {
            coordination
                    .read(branch)
                    .ifPresent(read -> read.record()
                            .members()
                            .forEach(member -> taken.add(member.address().port())));
        }
        return taken;
    }

    /** Removes the cluster for good: its agents stop its servers and delete their data. False when there was none. */
    public boolean remove(BranchId branch) {
        for (var read = coordination.read(branch); read.isPresent(); read = coordination.read(branch)) {
            if (coordination.remove(branch, read.get().revision())) {
                return true;
            }
        }
        return false;
    }
}
