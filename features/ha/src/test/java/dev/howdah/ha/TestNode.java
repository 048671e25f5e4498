package dev.howdah.ha;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.InProcessCoordination;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.postgres.ServerJdbc;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;

/** A home directory, its coordination and its node agent, with real servers; ends everything it started. */
final class TestNode implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(30);

    private final TestDirectory home = TestDirectory.create();
    private final List<ClusterEvent> events = new CopyOnWriteArrayList<>();
    private final List<MemberStatus> history = new CopyOnWriteArrayList<>();
    private NodeAgentConfig config;
    private final InProcessCoordination coordination;
    private final Clusters clusters;
    private NodeAgent agent;

    TestNode() {
        this(_ -> TestPostgres.binaries());
    }

    /** With the programs that {@code binaries} makes in the home. */
    TestNode(Function<Path, PostgresBinaries> binaries) {
        config = configOf(binaries.apply(home.path()));
        var sockets = home.resolve("run");
        coordination = InProcessCoordination.open(home.resolve("coordination"), InstantSource.system());
        clusters = new Clusters(coordination, sockets);
        var _ = coordination.watch(view -> history.addAll(view.statuses().values()));
        agent = startAgent();
    }

    private NodeAgentConfig configOf(PostgresBinaries binaries) {
        return NodeAgentConfig.ofHome(home.path(), home.resolve("run"), binaries, TestPostgres.account())
                .withParameters(Map.of("wal_keep_size", "0", "min_wal_size", "32MB", "shared_buffers", "16MB"));
    }

    private NodeAgent startAgent() {
        return NodeAgent.start(config, coordination, events::add, InstantSource.system());
    }

    /** As when the JVM is killed and another one starts: nobody stops the servers. */
    void replaceAgent() {
        agent.detach();
        agent = startAgent();
    }

    /** As when Howdah is upgraded while its servers go on. */
    void replaceAgentAndBinaries(PostgresBinaries newer) {
        agent.detach();
        config = configOf(newer);
        agent = startAgent();
    }

    /** Everything that happened, in order. */
    List<ClusterEvent> events() {
        return List.copyOf(events);
    }

    void stopAgent() {
        agent.stop();
    }

    void startAgentAgain() {
        agent = startAgent();
    }

    Clusters clusters() {
        return clusters;
    }

    InProcessCoordination coordination() {
        return coordination;
    }

    NodeAgentConfig config() {
        return config;
    }

    ClusterRecord record(BranchId branch) {
        return coordination.read(branch).orElseThrow().record();
    }

    ClusterView view(BranchId branch) {
        return coordination.view(branch).orElseThrow();
    }

    Optional<MemberState> state(InstanceId id) {
        return coordination.view(id.branch()).flatMap(view -> view.status(id)).map(MemberStatus::state);
    }

    String detail(InstanceId id) {
        return view(id.branch()).status(id).orElseThrow().detail();
    }

    void awaitState(InstanceId id, MemberState wanted) {
        Eventually.until(LONG, "%s is %s".formatted(id, wanted), () -> {
            if (state(id).equals(Optional.of(wanted))) {
                return true;
            }
            throw new IllegalStateException(view(id.branch()).statuses() + " " + record(id.branch()));
        });
    }

    /** Waits until the primary is open, every replica streams and every member is a voter. */
    void awaitWhole(BranchId branch) {
        Eventually.until(LONG, "the cluster is whole", () -> {
            var view = view(branch);
            var members = view.record().members();
            if (view.primary().isPresent()
                    && view.replicas().size() == members.size() - 1
                    && view.record().voters().size() == members.size()
                    && streaming(view) == members.size() - 1) {
                return true;
            }
            throw new IllegalStateException(view + " " + events);
        });
    }

    private int streaming(ClusterView view) throws SQLException {
        return Integer.parseInt(query(
                view.record().leader().orElseThrow(),
                "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'quorum'"));
    }

    List<ClusterEvent> events(InstanceId id, ClusterEvent.Kind kind) {
        return events.stream()
                .filter(event -> event.instance().equals(id) && event.kind() == kind)
                .toList();
    }

    void awaitEvent(InstanceId id, ClusterEvent.Kind kind, int atLeast) {
        Eventually.until(
                LONG,
                "%s %s happened %d times".formatted(id, kind, atLeast),
                () -> events(id, kind).size() >= atLeast);
    }

    /** Which states were reported for it since {@link #forgetHistory}, without repetitions. */
    List<MemberState> states(InstanceId id) {
        var states = new ArrayList<MemberState>();
        history.stream().filter(status -> status.id().equals(id)).forEach(status -> {
            if (states.isEmpty() || states.getLast() != status.state()) {
                states.add(status.state());
            }
        });
        return states;
    }

    void forgetHistory() {
        history.clear();
    }

    ServerAddress address(InstanceId id) {
        return record(id.branch()).member(id).orElseThrow().address();
    }

    Connection connect(InstanceId id) throws SQLException {
        return ServerJdbc.connect(address(id), "howdah_admin", "postgres");
    }

    void execute(InstanceId id, String sql) throws SQLException {
        try (var connection = connect(id);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    String query(InstanceId id, String sql) throws SQLException {
        try (var connection = connect(id);
                var rows = connection.createStatement().executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        }
    }

    Path data(InstanceId id) {
        return config.dataDirectory(id);
    }

    long pid(InstanceId id) throws IOException {
        return Long.parseLong(
                Files.readAllLines(data(id).resolve("postmaster.pid")).getFirst());
    }

    /** SIGSTOP, SIGCONT for the server with all its processes. */
    void signalAll(InstanceId id, String signal) throws IOException, InterruptedException {
        var postmaster = ProcessHandle.of(pid(id)).orElseThrow();
        signal(
                signal,
                Stream.concat(Stream.of(postmaster), postmaster.descendants())
                        .map(ProcessHandle::pid)
                        .toList());
    }

    void kill(long pid) throws IOException, InterruptedException {
        signal("KILL", List.of(pid));
    }

    private static void signal(String signal, List<Long> pids) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("kill", "-" + signal));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    @Override
    public void close() {
        agent.stop();
        coordination.close();
        home.close();
    }
}
