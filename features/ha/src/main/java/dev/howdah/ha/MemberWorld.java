package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.ha.ClusterEvent.Kind;
import dev.howdah.ha.MemberSnapshot.DataDirectory;
import dev.howdah.ha.MemberSnapshot.Server;
import dev.howdah.postgres.ControlData;
import dev.howdah.postgres.Initialization;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerFiles;
import dev.howdah.postgres.StopMode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member's directory, process and sessions: what its agent sees and touches, and the memory that a look at the present moment lacks. It
 * decides nothing. For one thread.
 */
final class MemberWorld implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemberWorld.class);

    /** A server that has answered for so long is well again. */
    private static final Duration WELL_AFTER = Duration.ofSeconds(60);

    private static final Duration STOP_MAX = Duration.ofSeconds(20);

    private final InstanceId self;
    private final Path directory;
    private final NodeAgentConfig node;
    private final EventOutbox events;
    private final InstantSource clock;
    private final Runnable wake;
    private final ServerAddress address;
    private final MemberServer server;
    private final Connector connector;
    private Optional<PrimaryWatch> primary = Optional.empty();
    private Optional<ServerSession> standbySession = Optional.empty();
    private StandbyWatch standby = new StandbyWatch();
    private Optional<CopyJob> copying = Optional.empty();
    private Optional<Instant> answersSince = Optional.empty();
    private Instant adoptedAt = Instant.MAX;
    private Restarts restarts = Restarts.NONE;
    private Restarts copies = Restarts.NONE;

    MemberWorld(Member member, NodeAgentConfig node, EventOutbox events, InstantSource clock, Runnable wake) {
        this.self = member.id();
        this.directory = node.dataDirectory(self);
        this.node = node;
        this.events = events;
        this.clock = clock;
        this.wake = wake;
        this.address = member.address();
        this.server = new MemberServer(node, node.server(member), wake);
        this.connector = new Connector(address);
    }

    MemberSnapshot look(ClusterRecord record, Map<InstanceId, MemberStatus> statuses) throws InterruptedException {
        noteEndOfCopy();
        var data = data();
        if (data instanceof DataDirectory.Present && copying.isEmpty() && server.adopt()) {
            adoptedAt = clock.instant();
            events.add(self, Kind.SERVER_ADOPTED, adopted());
        }
        noteCrash();
        var now = clock.instant();
        var link = record.leader()
                .filter(leader -> !leader.equals(self))
                .flatMap(record::member)
                .map(leader -> ReplicaLink.to(leader, self))
                .orElse(ReplicaLink.NONE);
        var before = new MemberSnapshot(
                self,
                record,
                statuses,
                data,
                new Server.Down(),
                copying.map(CopyJob::progress),
                restarts,
                copies,
                link,
                server.outdated(adoptedAt),
                now);
        return before.withServer(copying.isPresent() ? new Server.Down() : lookAtServer(before));
    }

    private String adopted() {
        var running = server.process().map(process -> ", PostgreSQL " + process.version());
        return "its server was running already (process %d%s) and goes on"
                .formatted(server.process().map(PostgresServer::pid).orElse(0L), running.orElse(""));
    }

    private DataDirectory data() {
        if (Directories.isAbsent(directory)) {
            return new DataDirectory.Missing();
        }
        try {
            return new DataDirectory.Present(
                    ControlData.read(directory).systemIdentifier(), ServerFiles.isStandby(directory));
        } catch (PlatformException e) {
            return new DataDirectory.Unreadable(e.message());
        }
    }

    private Server lookAtServer(MemberSnapshot member) throws InterruptedException {
        if (!server.alive()) {
            forgetSessions();
            return new Server.Down();
        }
        try {
            var seen = query(member);
            noteAnswer(member.now());
            return seen;
        } catch (SQLException e) {
            forgetSessions();
            return new Server.Silent(String.valueOf(e.getMessage()));
        }
    }

    private Server query(MemberSnapshot member) throws SQLException, InterruptedException {
        if (primary.isEmpty()) {
            var session = standbySession.isPresent() ? standbySession.get() : open();
            standbySession = Optional.of(session);
            if (session.one("SELECT pg_is_in_recovery()", row -> row.getBoolean(1))) {
                var leader = member.leader().map(Member::address);
                return new Server.AsStandby(standby.look(session, member.leaderUp(), leader, member.now()));
            }
            standbySession = Optional.empty();
            primary = Optional.of(new PrimaryWatch(session, address, wake, member.now()));
        }
        return new Server.AsPrimary(primary.get().look(member.record(), member.now()));
    }

    private ServerSession open() throws SQLException, InterruptedException {
        var session = connector.open();
        try {
            session.beginAdministration();
        } catch (SQLException e) {
            session.close();
            throw e;
        }
        return session;
    }

    private void noteAnswer(Instant now) {
        answersSince = Optional.of(answersSince.orElse(now));
        if (restarts.failures() > 0 && answersSince.get().plus(WELL_AFTER).isBefore(now)) {
            restarts = Restarts.NONE;
        }
    }

    private void noteCrash() throws InterruptedException {
        var end = server.takeUnexpectedEnd(answersSince.isPresent());
        if (end.isPresent()) {
            forgetSessions();
            answersSince = Optional.empty();
            restarts = restarts.after(end.get(), clock.instant());
            events.add(self, Kind.SERVER_CRASHED, end.get());
        }
    }

    private void noteEndOfCopy() {
        if (copying.filter(CopyJob::ended).isPresent()) {
            var failure = copying.get().failure();
            copying = Optional.empty();
            copies = failure.map(why -> copies.after(why, clock.instant())).orElse(Restarts.NONE);
            standby = new StandbyWatch();
            restarts = Restarts.NONE;
            failure.ifPresentOrElse(
                    why -> events.add(self, Kind.CLONE_FAILED, why),
                    () -> events.add(self, Kind.CLONE_FINISHED, "has a whole copy of the primary's data"));
        }
    }

    /** Remembers what was decided where later decisions depend on it, and tells of it. */
    void note(Decision decision, MemberSnapshot snapshot) {
        if (decision.state() == MemberState.PRIMARY
                && primary.filter(PrimaryWatch::open).isPresent()) {
            events.add(self, Kind.PRIMARY_OPENED, "is the primary and open to clients");
        }
        if (snapshot.server() instanceof Server.AsStandby(var facts) && standby.streamChanged(facts.streams())) {
            events.add(
                    self,
                    facts.streams() ? Kind.REPLICA_STREAMING : Kind.STREAM_LOST,
                    facts.streams() ? "streams from the primary" : "does not stream any more");
        }
    }

    void act(Action action, MemberSnapshot snapshot) throws SQLException, IOException, InterruptedException {
        switch (action) {
            case Action.InitializeData _ -> initialize();
            case Action.StartStandby _ -> startStandby(snapshot.link());
            case Action.StopServer(var reason) -> {
                stop(StopMode.IMMEDIATE);
                events.add(self, Kind.SERVER_STOPPED, reason);
            }
            case Action.StopPrimary(var reason) -> {
                stop(StopMode.FAST);
                events.add(self, Kind.SERVER_STOPPED, "is restarted: " + reason);
            }
            case Action.RestartStandby(var reason) -> restartStandby(reason, snapshot.link());
            case Action.Clone clone -> copy(clone, snapshot);
            case Action.FollowLeader _ ->
                server.process()
                        .ifPresent(process -> process.standby(
                                snapshot.link().conninfo(), snapshot.link().slot()));
            case Action.PrepareServer _ -> {
                primaryActs().prepare();
                primary.ifPresent(PrimaryWatch::prepared);
            }
            case Action.CreateSlot(var member, var again) -> createSlot(member, again);
            case Action.DropSlot(var name) -> primaryActs().dropSlot(name);
            case Action.TerminateFakeVoters(var senders) -> terminate(senders);
            case Action.SetStandbyNames(var standbys) -> primaryActs().setStandbyNames(standbys);
            case Action.RunBarrier _ ->
                primary.ifPresent(watch -> watch.barrier().run());
            case Action.RecordSystemIdentifier _,
                    Action.PublishVoters _,
                    Action.ShrinkVoters _,
                    Action.StartPrimary _ -> throw new IllegalStateException("the agent's own action: " + action);
        }
    }

    private void initialize() {
        try {
            node.account().directory(node.instances());
            Initialization.create(node.binaries(), node.account(), server.config());
            copies = Restarts.NONE;
            events.add(self, Kind.DATA_INITIALIZED, "has a new, empty data directory");
        } catch (PlatformException e) {
            copies = copies.after("initdb failed: " + e.message(), clock.instant());
            throw e;
        }
    }

    void startPrimary() throws IOException {
        if (ServerFiles.isStandby(directory)) {
            throw new IOException("%s is a standby's data directory".formatted(directory));
        }
        launch();
    }

    private void startStandby(ReplicaLink link) throws IOException {
        if (!link.equals(ReplicaLink.NONE)) {
            ServerFiles.standby(node.account(), directory, link.conninfo(), link.slot());
        }
        if (!ServerFiles.isStandby(directory)) {
            throw new IOException("%s is not a standby's data directory".formatted(directory));
        }
        launch();
    }

    private void launch() {
        try {
            server.launch();
            answersSince = Optional.empty();
            events.add(
                    self,
                    Kind.SERVER_STARTED,
                    restarts.failures() == 0
                            ? "starts its server, PostgreSQL " + node.binaries().version()
                            : "starts its server again: " + restarts.reason());
        } catch (PlatformException e) {
            restarts = restarts.after(e.message(), clock.instant());
            throw e;
        }
    }

    private void restartStandby(String reason, ReplicaLink link) throws IOException, InterruptedException {
        stop(StopMode.FAST);
        events.add(self, Kind.SERVER_STOPPED, "is restarted: " + reason);
        standby.restarted();
        startStandby(link);
    }

    private void copy(Action.Clone clone, MemberSnapshot snapshot) throws InterruptedException {
        stop(StopMode.IMMEDIATE);
        events.add(
                self,
                clone.rebuild() ? Kind.REBUILD_STARTED : Kind.CLONE_STARTED,
                "copies the primary: " + clone.reason());
        node.account().directory(node.instances());
        var leader = snapshot.leader().orElseThrow(() -> new IllegalStateException("a copy needs a leader"));
        copying = Optional.of(CopyJob.start(node, directory, leader, snapshot.link(), wake));
    }

    private void createSlot(InstanceId member, boolean again) throws SQLException {
        primaryActs().createSlot(member);
        if (again) {
            events.add(self, Kind.SLOT_RECREATED, "the slot %s had vanished or was lost".formatted(member.slotName()));
        }
    }

    private void terminate(List<WalSender> senders) throws SQLException {
        for (var sender : senders) {
            primaryActs().terminate(sender);
            events.add(
                    self,
                    Kind.FAKE_VOTER_TERMINATED,
                    "role %s replicated under the name %s, which may confirm commits: its connection (pid %d) was ended"
                            .formatted(sender.role(), sender.applicationName(), sender.pid()));
        }
    }

    PrimaryActs primaryActs() {
        return primary.map(watch -> new PrimaryActs(watch.session()))
                .orElseThrow(() -> new IllegalStateException("%s runs no primary".formatted(self)));
    }

    private void stop(StopMode mode) throws InterruptedException {
        forgetSessions();
        answersSince = Optional.empty();
        server.stop(mode, STOP_MAX);
    }

    /** Stops the server and deletes the data for good. */
    void giveUp(Duration patience) throws IOException, InterruptedException {
        endCopy();
        forgetSessions();
        server.adopt();
        server.stop(StopMode.IMMEDIATE, patience);
        Directories.discard(directory);
    }

    /** Stops the server, also one that was not looked at yet. */
    void stopServer(Duration patience) throws InterruptedException {
        forgetSessions();
        server.adopt();
        server.stop(StopMode.FAST, patience);
    }

    private void endCopy() throws InterruptedException {
        if (copying.isPresent()) {
            copying.get().cancel();
        }
    }

    void forgetSessions() {
        primary.ifPresent(PrimaryWatch::close);
        primary = Optional.empty();
        standbySession.ifPresent(ServerSession::close);
        standbySession = Optional.empty();
    }

    /** Lets go of everything but the server. */
    @Override
    public void close() {
        forgetSessions();
        connector.close();
        try {
            endCopy();
        } catch (InterruptedException _) {
            LOG.debug("{}: interrupted while giving up a copy", self);
            Thread.currentThread().interrupt();
        }
    }
}
