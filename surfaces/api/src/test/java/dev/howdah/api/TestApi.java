package dev.howdah.api;

import dev.howdah.api.model.Endpoint;
import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.ServerAddress;
import dev.howdah.control.BranchClusters;
import dev.howdah.control.BranchServers;
import dev.howdah.control.ControlConfig;
import dev.howdah.control.ControlPlane;
import dev.howdah.control.Instance;
import dev.howdah.control.PoolerControl;
import dev.howdah.control.ProxyControl;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestClock;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The API over a real control plane: one real server for the control database and one that is the primary of every branch. */
final class TestApi implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    final AtomicInteger shutdowns = new AtomicInteger();
    final List<ProxyControl.Ban> bans = new CopyOnWriteArrayList<>();
    final TestPooler pooler = new TestPooler();
    final TestPostgres controlServer;
    final ControlPlane control;
    private final TestPostgres branchServer;
    private final TestDirectory run;
    private final TestClock clock = new TestClock();
    private final ApiServer server;
    private final String localToken;

    private TestApi() throws IOException, InterruptedException {
        run = TestDirectory.create();
        controlServer = TestPostgres.start();
        branchServer = TestPostgres.start(TestPostgres.Options.DEFAULT.withPlatform());
        control = ControlPlane.start(config(), new Servers(), new Clusters(), new Proxy(), clock, new Random(1));
        control.awaitOpen(PATIENCE);
        localToken = Files.readString(control.tokens().ensureLocal()).strip();
        var address = new Endpoint("127.0.0.1", 5432);
        var installation = new Installation(
                "0.1.0", run.path(), clock.instant(), address, new Endpoint("127.0.0.1", 6432), run.resolve("ca.pem"));
        server = ApiServer.start(
                new ApiConfig("127.0.0.1", 0, List.of(), Optional.empty(), new RateLimit(1_000_000, 1, PATIENCE)),
                control,
                installation,
                shutdowns::incrementAndGet,
                clock,
                new Random(2));
    }

    static TestApi start() throws IOException, InterruptedException {
        return new TestApi();
    }

    private ControlConfig config() {
        var defaults = ControlConfig.defaults(run.path());
        return new ControlConfig(
                defaults.run(),
                defaults.zones(),
                defaults.poolSize(),
                Duration.ofMillis(50),
                defaults.statementTimeout(),
                defaults.eventsInMemory());
    }

    Endpoint address() {
        return server.address();
    }

    /** With the token of the home. */
    TestClient local() {
        return new TestClient(address(), localToken);
    }

    TestClient client(String token) {
        return new TestClient(address(), token);
    }

    /** Makes a project and answers its id, once its branch main is ready. */
    String readyProject(TestClient client, String name) {
        var id =
                client.post("/v1/projects", "{\"name\":\"%s\"}".formatted(name)).field("id");
        Eventually.until(
                PATIENCE,
                "branch main of " + name + " is ready",
                () -> client.get("/v1/projects/%s/branches/main".formatted(id))
                        .field("state")
                        .equals("ready"));
        return id;
    }

    @Override
    public void close() {
        server.close();
        control.close();
        branchServer.close();
        controlServer.close();
        run.close();
    }

    private final class Servers implements BranchServers {
        @Override
        public Optional<ServerAddress> primary(BranchId branch) {
            return Optional.of(branch.equals(BranchId.CONTROL) ? controlServer.address() : branchServer.address());
        }

        @Override
        public List<ServerAddress> running(BranchId branch) {
            return List.of(primary(branch).orElseThrow());
        }

        /** A primary, a replica that is 16 bytes behind, and one of which nothing is known yet. */
        @Override
        public List<Instance> instances(BranchId branch) {
            var now = Optional.of(clock.instant());
            var head = Lsn.parse("0/3000010");
            var lag = Optional.of(Duration.ofMillis(250));
            var instances = new ArrayList<Instance>();
            instances.add(new Instance(
                    new InstanceId(branch, 1), "a", "primary", "primary", 1, head, head, Optional.empty(), "", now));
            instances.add(new Instance(
                    new InstanceId(branch, 2),
                    "b",
                    "replica",
                    "replica",
                    1,
                    head,
                    Lsn.parse("0/3000000"),
                    lag,
                    "",
                    now));
            instances.add(new Instance(
                    new InstanceId(branch, 3),
                    "c",
                    "replica",
                    "cloning",
                    0,
                    Lsn.ZERO,
                    Lsn.ZERO,
                    Optional.empty(),
                    "12 %",
                    Optional.empty()));
            return instances;
        }
    }

    private static final class Clusters implements BranchClusters {
        @Override
        public void ensure(BranchId branch, List<String> zones) {}

        @Override
        public boolean remove(BranchId branch) {
            return true;
        }
    }

    private final class Proxy implements ProxyControl {
        @Override
        public int closeSessions(BranchId branch, String role, String reason) {
            return 0;
        }

        @Override
        public void invalidate(BranchId branch, String role) {}

        @Override
        public List<Ban> bans() {
            return List.copyOf(bans);
        }

        @Override
        public PoolerControl pooler() {
            return pooler;
        }

        @Override
        public boolean liftBan(String address) {
            return bans.removeIf(ban -> ban.address().equals(address));
        }

        @Override
        public List<Session> sessions(BranchId branch) {
            return List.of(
                    new Session("s1", branch, "app", "postgres", "direct", "127.0.0.1", "psql", clock.instant()));
        }
    }
}
