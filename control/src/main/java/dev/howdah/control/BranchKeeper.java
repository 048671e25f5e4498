package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.coordination.CoordinationException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings branches to where their rows say they should be: makes and sets up clusters, removes them, and keeps up those that work. What is
 * to be done is in the rows alone, so that the next job goes on where this one ended. One branch never waits for another.
 */
final class BranchKeeper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BranchKeeper.class);
    private static final Duration SOON = Duration.ofMillis(100);

    private final Branches branches;
    private final Roles roles;
    private final BranchServers servers;
    private final BranchClusters clusters;
    private final BranchSetup setup;
    private final BranchSessions sessions;
    private final BranchSchema schema;
    private final List<String> zones;
    private final Duration interval;
    private final PlatformThreads workers = new PlatformThreads("branch-");
    private final Set<BranchId> underWay = ConcurrentHashMap.newKeySet();
    private final Map<BranchId, BranchUpkeep> upkeep = new ConcurrentHashMap<>();

    BranchKeeper(
            Branches branches,
            Roles roles,
            BranchServers servers,
            BranchClusters clusters,
            BranchSessions sessions,
            BranchSchema schema,
            ControlConfig config) {
        this.branches = branches;
        this.roles = roles;
        this.servers = servers;
        this.clusters = clusters;
        this.sessions = sessions;
        this.schema = schema;
        this.setup = new BranchSetup(sessions, schema);
        this.zones = config.zones();
        this.interval = config.interval();
    }

    /** Begins one round and says when the next is worth while. */
    Duration round() {
        var creating = branches.inState(BranchState.CREATING);
        var deleting = branches.inState(BranchState.DELETING);
        var ready = branches.inState(BranchState.READY);
        creating.forEach(branch -> start(branch, this::make));
        branches.inState(BranchState.FAILED).forEach(branch -> start(branch, this::make));
        deleting.forEach(branch -> start(branch, this::remove));
        ready.forEach(branch -> start(branch, this::keep));
        forgetExcept(ready);
        return creating.isEmpty() && deleting.isEmpty() ? interval : SOON;
    }

    /** Ends what is under way; what is left of it is done by the next job. */
    @Override
    public void close() {
        workers.close();
        upkeep.values().forEach(BranchUpkeep::close);
    }

    /** One step with one branch. */
    private interface Step {
        void with(Branch branch);
    }

    private void start(Branch branch, Step step) {
        if (underWay.add(branch.id())) {
            workers.execute(() -> {
                try {
                    step.with(branch);
                } catch (PlatformException | CoordinationException e) {
                    log.debug("branch {} goes on later: {}", branch.id(), e.getMessage());
                } catch (RuntimeException e) { // the edge of this thread
                    log.error("branch {}: a step failed and is tried again", branch.id(), e);
                } finally {
                    underWay.remove(branch.id());
                }
            });
        }
    }

    private void make(Branch branch) {
        try {
            clusters.ensure(branch.id(), zonesOf(branch));
            if (servers.primary(branch.id()).isEmpty()) {
                noteProgress(branch);
                return;
            }
            setup.run(branch.id());
            roles.noteDefault(branch.id());
            branches.become(branch.id(), BranchState.READY, "");
            log.info("branch {} ({}) is ready", branch.id(), branch.name());
        } catch (PlatformException | CoordinationException e) {
            noteReason(branch, BranchState.CREATING, String.valueOf(e.getMessage()));
        }
    }

    /** What its instances say; a branch of which one has failed has failed, until that is over. */
    private void noteProgress(Branch branch) {
        var instances = servers.instances(branch.id());
        var failed = instances.stream().filter(i -> i.state().equals("failed")).findFirst();
        var text = instances.stream()
                .filter(i -> failed.isEmpty() || i.state().equals("failed"))
                .map(i -> i.detail().isEmpty() ? i.id() + " is " + i.state() : i.id() + ": " + i.detail())
                .collect(Collectors.joining("; "));
        noteReason(branch, failed.isPresent() ? BranchState.FAILED : BranchState.CREATING, text);
    }

    private void noteReason(Branch branch, BranchState state, String reason) {
        if (branch.state() != state || !branch.reason().equals(reason)) {
            branches.become(branch.id(), state, reason);
            if (state == BranchState.FAILED) {
                log.warn("branch {} ({}) failed: {}", branch.id(), branch.name(), reason);
            }
        }
    }

    private void remove(Branch branch) {
        if (clusters.remove(branch.id())) {
            branches.gone(branch.id());
            log.info("branch {} ({}) is removed", branch.id(), branch.name());
        }
    }

    private void keep(Branch branch) {
        upkeep.computeIfAbsent(branch.id(), id -> new BranchUpkeep(id, setup, new Doors(id, sessions, schema)))
                .round();
    }

    /** Of branches that are going; one whose round is still under way is forgotten next time. */
    private void forgetExcept(List<Branch> ready) {
        var keep = ready.stream().map(Branch::id).collect(Collectors.toSet());
        upkeep.entrySet().removeIf(entry -> {
            var over = !keep.contains(entry.getKey()) && !underWay.contains(entry.getKey());
            if (over) {
                entry.getValue().close();
            }
            return over;
        });
    }

    private List<String> zonesOf(Branch branch) {
        return IntStream.range(0, branch.kind().instances())
                .mapToObj(i -> zones.get(i % zones.size()))
                .toList();
    }
}
