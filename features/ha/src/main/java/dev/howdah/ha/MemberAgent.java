package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.PlatformException;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.Coordination.Versioned;
import dev.howdah.coordination.CoordinationException;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.ha.MemberSnapshot.Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one member: looks at it, has {@link MemberPolicy} decide, acts, reports; again at every tick, and at once when woken. Its loop has a
 * thread of the system, since waiting for a server in native code would hold the carrier of a virtual one. Everything but {@link #wake} and
 * the ways to end is that thread's.
 */
final class MemberAgent {
    private static final Logger LOG = LoggerFactory.getLogger(MemberAgent.class);
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration END_MAX = Duration.ofSeconds(15);
    private static final Duration REMOVE_STOP_MAX = Duration.ofSeconds(5);

    private final InstanceId self;
    private final NodeAgentConfig node;
    private final Coordination coordination;
    private final EventOutbox events;
    private final InstantSource clock;
    private final Runnable onRemoved;
    private final WakeUp wakeUp = new WakeUp();
    private final MemberWorld world;
    private final Thread thread;
    private volatile boolean ending;
    private Optional<MemberState> lastState = Optional.empty();

    MemberAgent(
            Member member,
            NodeAgentConfig node,
            Coordination coordination,
            EventOutbox events,
            InstantSource clock,
            Runnable onRemoved) {
        this.self = member.id();
        this.node = node;
        this.coordination = coordination;
        this.events = events;
        this.clock = clock;
        this.onRemoved = onRemoved;
        this.world = new MemberWorld(member, node, events, clock, this::wake);
        this.thread = Thread.ofPlatform().daemon().name("member-" + self).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void wake() {
        wakeUp.now();
    }

    /** Ends the loop and whatever it was copying; the server goes on. */
    void end() throws InterruptedException {
        ending = true;
        wake();
        if (!thread.join(END_MAX)) {
            LOG.warn("the agent of {} waits for its server and is left behind; it does nothing more", self);
        }
    }

    /** Stops the server, once the loop has ended. */
    void stopServer(Duration patience) throws InterruptedException {
        world.stopServer(patience);
        if (lastState.isPresent()) {
            report(MemberState.STOPPED, "", new Server.Down());
        }
    }

    private void run() {
        try {
            var pause = Optional.of(Duration.ZERO);
            while (!ending && pause.isPresent()) {
                wakeUp.await(pause.get());
                pause = ending ? pause : look();
            }
        } catch (InterruptedException _) {
            LOG.debug("{}: interrupted", self);
        } finally {
            world.close();
        }
    }

    /** Returns how long to wait before the next look; empty when the member was removed and nothing is left to do. */
    private Optional<Duration> look() throws InterruptedException {
        try {
            var read = coordination.read(self.branch());
            if (read.flatMap(found -> found.record().member(self)).isEmpty()) {
                remove();
                return Optional.empty();
            }
            return Optional.of(tick(read.get()));
        } catch (SQLException e) {
            LOG.info("{}: {}", self, e.getMessage());
            world.forgetSessions();
        } catch (CoordinationException e) {
            LOG.warn("{}: {}", self, e.getMessage());
        } catch (PlatformException e) {
            failed(e.message());
        } catch (IOException e) {
            failed(e.toString());
        } catch (RuntimeException e) {
            // The edge of one look: a fault in it must not leave a server without anybody who looks after it.
            LOG.error("a fault in the agent of {}", self, e);
            failed("a fault in the agent: " + e);
        }
        return Optional.of(node.tick());
    }

    private Duration tick(Versioned read) throws SQLException, IOException, InterruptedException {
        var statuses =
                coordination.view(self.branch()).map(ClusterView::statuses).orElse(Map.of());
        var snapshot = world.look(read.record(), statuses);
        var decision = MemberPolicy.decide(snapshot);
        report(decision.state(), decision.detail(), snapshot.server());
        world.note(decision, snapshot);
        for (var action : decision.actions()) {
            if (!ending) {
                act(action, read, snapshot);
            }
        }
        return isOnTheMove(decision) ? SOON : node.tick();
    }

    private static boolean isOnTheMove(Decision decision) {
        return !decision.actions().isEmpty()
                || decision.state() == MemberState.STARTING
                || decision.state() == MemberState.OPENING;
    }

    private void failed(String detail) {
        LOG.warn("{}: {}", self, detail);
        report(MemberState.FAILED, detail, new Server.Down());
    }

    private void act(Action action, Versioned read, MemberSnapshot snapshot)
            throws SQLException, IOException, InterruptedException {
        LOG.debug("{}: {}", self, action);
        switch (action) {
            case Action.RecordSystemIdentifier(var identifier) ->
                change(read, read.record().withSystemIdentifier(identifier));
            case Action.PublishVoters(var voters) ->
                publishVoters(read, read.record().withVoters(voters));
            case Action.ShrinkVoters shrink -> shrink(shrink, read);
            case Action.StartPrimary _ -> startPrimary();
            default -> world.act(action, snapshot);
        }
    }

    // The last look before the one step that could make two primaries.
    private void startPrimary() throws IOException {
        var now = coordination.read(self.branch());
        if (now.filter(found -> found.record().leader().equals(Optional.of(self)))
                .isPresent()) {
            world.startPrimary();
        }
    }

    private void shrink(Action.ShrinkVoters shrink, Versioned read) throws SQLException {
        if (world.primaryActs().awaitFlushed(shrink.remaining())) {
            var voters = read.record().voters().stream()
                    .filter(id -> !shrink.gone().contains(id))
                    .toList();
            publishVoters(read, read.record().withVoters(voters));
        }
    }

    private void publishVoters(Versioned read, ClusterRecord next) {
        change(read, next);
        events.add(
                self, ClusterEvent.Kind.VOTERS_CHANGED, confirmers(read.record().voters(), next.voters()));
    }

    /** Who confirms commits from now on, the primary itself left out. */
    private String confirmers(List<InstanceId> before, List<InstanceId> now) {
        var words = new StringJoiner(", ");
        now.stream().filter(id -> !id.equals(self) && !before.contains(id)).forEach(id -> words.add(id + " joins"));
        before.stream().filter(id -> !id.equals(self) && !now.contains(id)).forEach(id -> words.add(id + " leaves"));
        var replicas = now.stream()
                .filter(id -> !id.equals(self))
                .map(InstanceId::toString)
                .toList();
        return "commits are confirmed by %s%s"
                .formatted(
                        replicas.isEmpty()
                                ? "the primary alone"
                                : (replicas.size() == 1 ? "" : "one of ") + String.join(", ", replicas),
                        words.length() == 0 ? "" : " (" + words + ")");
    }

    // The record that was decided upon must still stand; when it does not, the rest of the decision is void too.
    private void change(Versioned read, ClusterRecord next) {
        if (coordination.compareAndSet(next, read.revision()).isEmpty()) {
            throw new CoordinationException(
                    "the record of branch %s changed meanwhile".formatted(self.branch()),
                    new IllegalStateException("revision %d is not the last".formatted(read.revision())));
        }
    }

    private void report(MemberState state, String detail, Server server) {
        var now = clock.instant();
        coordination.report(
                switch (server) {
                    case Server.AsPrimary(var primary) ->
                        new MemberStatus(
                                self,
                                state,
                                primary.timeline(),
                                primary.flushed(),
                                primary.flushed(),
                                Optional.empty(),
                                detail,
                                now);
                    case Server.AsStandby(var standby) ->
                        new MemberStatus(
                                self,
                                state,
                                standby.timeline(),
                                standby.received(),
                                standby.replayed(),
                                standby.replayLag(),
                                detail,
                                now);
                    case Server.Down _, Server.Silent _ ->
                        new MemberStatus(self, state, 0, Lsn.ZERO, Lsn.ZERO, Optional.empty(), detail, now);
                });
        if (state == MemberState.FAILED && !lastState.equals(Optional.of(state))) {
            events.add(self, ClusterEvent.Kind.MEMBER_FAILED, detail);
        }
        lastState = Optional.of(state);
    }

    private void remove() throws InterruptedException {
        try {
            world.giveUp(REMOVE_STOP_MAX);
            events.add(self, ClusterEvent.Kind.MEMBER_REMOVED, "%s is stopped and its data deleted".formatted(self));
        } catch (IOException | UncheckedIOException e) {
            LOG.error("the data of {}, which was removed, could not be deleted", self, e);
        } finally {
            onRemoved.run();
        }
    }

    /** Whether its server runs as a primary, as last seen. */
    boolean isPrimary() {
        return lastState
                .filter(state -> state == MemberState.PRIMARY || state == MemberState.OPENING)
                .isPresent();
    }
}
