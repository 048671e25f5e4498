package dev.howdah.ha;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.Coordination.Versioned;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the members of this node: for every one that a record names it makes or copies its data, keeps its server running in the role the record
 * gives it, and reports what it sees. Who is leader it takes from the record; it does not change it. Thread-safe.
 *
 * <p>Servers outlive the agent: one that starts later finds them running and goes on with them.
 */
public final class NodeAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);
    private static final Duration STOP_MAX = Duration.ofSeconds(15);

    private final NodeAgentConfig config;
    private final Coordination coordination;
    private final InstantSource clock;
    private final EventOutbox events;
    private final Map<InstanceId, MemberAgent> members = new ConcurrentHashMap<>();
    private final Map<BranchId, Situation> known = new HashMap<>(); // the watch's thread only
    private final Coordination.Watch watch;
    private boolean ended; // guarded by this

    /** What of a view is a reason to wake its members. */
    private record Situation(ClusterRecord record, Map<InstanceId, MemberState> states) {
        static Situation of(ClusterView view) {
            return new Situation(
                    view.record(),
                    view.statuses().values().stream().collect(Collectors.toMap(MemberStatus::id, MemberStatus::state)));
        }
    }

    private NodeAgent(NodeAgentConfig config, Coordination coordination, ClusterEvents sink, InstantSource clock) {
        this.config = config;
        this.coordination = coordination;
        this.clock = clock;
        this.events = new EventOutbox(sink, clock);
        clearLeftOvers();
        coordination.branches().forEach(this::moveSockets);
        this.watch = coordination.watch(this::changed);
    }

    /** Starts looking after every member of this node, now and as records change. */
    public static NodeAgent start(
            NodeAgentConfig config, Coordination coordination, ClusterEvents sink, InstantSource clock) {
        return new NodeAgent(config, coordination, sink, clock);
    }

    private void clearLeftOvers() {
        try {
            config.account().directory(config.instances());
            for (var leftOver : Directories.leftOvers(config.instances())) {
                LOG.info("deletes {}, which an agent before left unfinished", leftOver);
                Directories.delete(leftOver);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // The directory of the sockets follows the home: it may have moved since the record was written.
    private void moveSockets(BranchId branch) {
        coordination.read(branch).ifPresent(read -> {
            var moved = read.record().members().stream().map(this::atHome).toList();
            if (!moved.equals(read.record().members())) {
                LOG.info("the sockets of branch {} are in {} now", branch, config.sockets());
                if (coordination
                        .compareAndSet(read.record().withMembers(moved), read.revision())
                        .isEmpty()) {
                    moveSockets(branch);
                }
            }
        });
    }

    private Member atHome(Member member) {
        return config.runs(member) && member.address() instanceof ServerAddress.UnixSocket address
                ? new Member(member.id(), member.zone(), new ServerAddress.UnixSocket(config.sockets(), address.port()))
                : member;
    }

    private void changed(ClusterView view) {
        var situation = Situation.of(view);
        if (situation.equals(known.put(view.branch(), situation))) {
            return;
        }
        view.record().members().stream().filter(config::runs).forEach(this::ensureAgent);
        wake(view.branch());
    }

    private synchronized void ensureAgent(Member member) {
        if (!ended) {
            members.computeIfAbsent(member.id(), _ -> startAgent(member));
        }
    }

    private MemberAgent startAgent(Member member) {
        var agent = new MemberAgent(member, config, coordination, events, clock, () -> removed(member.id()));
        agent.start();
        return agent;
    }

    // A member with the same id may have been recorded anew while the old one's data was deleted.
    private void removed(InstanceId id) {
        members.remove(id);
        coordination
                .read(id.branch())
                .map(Versioned::record)
                .flatMap(record -> record.member(id))
                .filter(config::runs)
                .ifPresent(this::ensureAgent);
    }

    private void wake(BranchId branch) {
        members.forEach((id, agent) -> {
            if (id.branch().equals(branch)) {
                agent.wake();
            }
        });
    }

    /**
     * Stops every server: primaries first, so that what they write last reaches their replicas, then the replicas. A server that does not stop
     * in time is stopped harder.
     */
    public void stop() {
        var ending = end();
        stopServers(ending, MemberAgent::isPrimary);
        stopServers(ending, agent -> !agent.isPrimary());
        events.close();
    }

    /** Ends the agent and leaves the servers running. */
    public void detach() {
        end();
        events.close();
    }

    /** As {@link #stop}. */
    @Override
    public void close() {
        stop();
    }

    private List<MemberAgent> end() {
        synchronized (this) {
            ended = true;
        }
        watch.close();
        var ending = List.copyOf(members.values());
        inParallel(ending, MemberAgent::end);
        return ending;
    }

    private static void stopServers(List<MemberAgent> agents, Predicate<MemberAgent> which) {
        inParallel(agents.stream().filter(which).toList(), agent -> agent.stopServer(STOP_MAX));
    }

    /** A step that one thread per agent takes. */
    @FunctionalInterface
    private interface Step {
        void take(MemberAgent agent) throws InterruptedException;
    }

    private static void inParallel(List<MemberAgent> agents, Step step) {
        var threads = new ArrayList<Thread>();
        for (var agent : agents) {
            threads.add(Thread.ofPlatform().name("ending").start(() -> takeStep(agent, step)));
        }
        var interrupted = false;
        for (var thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void takeStep(MemberAgent agent, Step step) {
        try {
            step.take(agent);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("a member was not ended in good order", e);
        }
    }
}
