package dev.howdah.app;

import dev.howdah.api.ApiConfig;
import dev.howdah.api.ApiServer;
import dev.howdah.api.Installation;
import dev.howdah.api.model.Endpoint;
import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.cli.ProgramVersion;
import dev.howdah.control.BranchState;
import dev.howdah.control.ControlConfig;
import dev.howdah.control.ControlPlane;
import dev.howdah.control.PageRequest;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.InProcessCoordination;
import dev.howdah.ha.Clusters;
import dev.howdah.ha.NodeAgent;
import dev.howdah.ha.NodeAgentConfig;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.postgres.ServerAccount;
import dev.howdah.postgres.SocketDirectory;
import dev.howdah.proxy.AddressGuard;
import dev.howdah.proxy.EdgeCertificates;
import dev.howdah.proxy.PoolSettings;
import dev.howdah.proxy.Proxy;
import dev.howdah.proxy.ProxyConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole platform in one JVM, from a home to open ports. Read this first.
 *
 * <p>Order of start: coordination, agent, proxy, control, API. What serves data comes before what manages it, and each is closed in the reverse
 * order. The end of this object stops the PostgreSQL servers; the end of the JVM alone does not.
 */
final class Platform implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Platform.class);
    private static final Duration READY_WITHIN = Duration.ofMinutes(3);
    private static final String FIRST_BRANCH = "main";
    private static final Duration DRAIN = Duration.ofSeconds(1);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final PlatformConfig config;
    private final Consumer<String> tell;
    private final InstantSource clock;
    private final RandomGenerator random;

    private Platform(PlatformConfig config, Consumer<String> tell, InstantSource clock, RandomGenerator random) {
        this.config = config;
        this.tell = tell;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Starts everything and waits until the first branch takes clients. When that fails, whatever was started is stopped again.
     *
     * @param stop what the API's shutdown calls
     */
    static Platform start(
            PlatformConfig config, Consumer<String> tell, Runnable stop, InstantSource clock, RandomGenerator random)
            throws InterruptedException {
        var platform = new Platform(config, tell, clock, random);
        try {
            platform.begin(stop);
            return platform;
        } catch (RuntimeException | Error | InterruptedException e) {
            LOG.error("the platform does not start", e);
            platform.close();
            throw e;
        }
    }

    private void begin(Runnable stop) throws InterruptedException {
        var startedAt = clock.instant();
        var home = opened(Home.open(config.home()));
        makeDirectories(home);
        PlatformLog.begin(home.logs());
        var pid = home.run().resolve("howdah.pid");
        open.push(() -> Files.deleteIfExists(pid));
        write(pid, ProcessHandle.current().pid() + "\n");
        var settings = chooseSettings(home);
        var pools = PoolSettings.read(home.poolerSettings());
        var account = ServerAccount.current();
        var binaries = binaries(home, settings);
        tell.accept("Starting PostgreSQL %s in %s as %s ..."
                .formatted(binaries.version(), home.directory(), account.name()));

        var sockets = SocketDirectory.of(home.directory(), account);
        var coordination = opened(InProcessCoordination.open(home.coordination(), clock));
        var events = new ForwardedEvents();
        opened(NodeAgent.start(
                NodeAgentConfig.ofHome(home.directory(), sockets, binaries, account), coordination, events, clock));

        var certificates = EdgeCertificates.open(home.tls(), ownCertificate(), clock);
        var guard = new AddressGuard(WiredProxy.guardConfig(config.banExempt()), clock);
        var refusals = new ForwardedRefusals();
        var proxy = opened(Proxy.start(
                proxyConfig(settings).withPool(pools),
                new Proxy.Parts(
                        coordination,
                        certificates,
                        guard,
                        MockSecret.of(home.tls(), random),
                        refusals,
                        clock,
                        random)));
        opened(new CertificateRefresh(certificates));

        var control = opened(ControlPlane.start(
                ControlConfig.defaults(home.run()),
                coordination,
                new Clusters(coordination, sockets),
                new WiredProxy(proxy, guard, clock),
                clock,
                random));
        events.forwardTo(control::keep);
        refusals.forwardTo(control.audit());
        awaitControl(control, coordination);
        control.tokens().ensureLocal();

        var installation = new Installation(
                ProgramVersion.current(),
                home.directory(),
                startedAt,
                new Endpoint("localhost", settings.directPort()),
                new Endpoint("localhost", settings.pooledPort()),
                certificates.caFile().orElse(config.certificate().orElse(home.tls())));
        var api = opened(
                ApiServer.start(ApiConfig.loopback(settings.apiPort()), control, installation, stop, clock, random));
        open.push(() -> proxy.drain(DRAIN));
        awaitFirstBranch(control, coordination);
        publish(home, api.address());
        LOG.info("ready: direct {}, pooled {}, api {}", settings.directPort(), settings.pooledPort(), api.address());
    }

    private HomeSettings chooseSettings(Home home) {
        var kept = HomeSettings.read(home.settings());
        var ports = new Ports(config.listen(), tell);
        var direct = ports.choose(
                "--direct-port",
                config.directPort(),
                kept.map(HomeSettings::directPort),
                PlatformConfig.USUAL_DIRECT_PORT);
        var pooled = ports.choose(
                "--pooled-port",
                config.pooledPort(),
                kept.map(HomeSettings::pooledPort),
                PlatformConfig.USUAL_POOLED_PORT);
        var api = ports.choose(
                "--api-port", config.apiPort(), kept.map(HomeSettings::apiPort), PlatformConfig.USUAL_API_PORT);
        var postgres = config.postgres().map(Path::toString).or(() -> kept.flatMap(HomeSettings::postgres));
        var chosen = new HomeSettings(HomeSettings.FORMAT, direct, pooled, api, postgres);
        chosen.write(home.settings());
        return chosen;
    }

    private static PostgresBinaries binaries(Home home, HomeSettings settings) {
        return settings.postgres()
                .map(Path::of)
                .map(PostgresBinaries::system)
                .orElseGet(() -> PostgresBinaries.embedded(home.binaries()));
    }

    private Optional<EdgeCertificates.OwnCertificate> ownCertificate() {
        return config.certificate()
                .flatMap(chain -> config.key().map(key -> new EdgeCertificates.OwnCertificate(chain, key)));
    }

    private ProxyConfig proxyConfig(HomeSettings settings) {
        return ProxyConfig.DEFAULT
                .withDirect(addresses(settings.directPort()))
                .withPooled(addresses(settings.pooledPort()))
                .withIoEngine(config.ioEngine());
    }

    private List<InetSocketAddress> addresses(int port) {
        return config.listen().stream()
                .map(address -> new InetSocketAddress(address, port))
                .toList();
    }

    private void awaitControl(ControlPlane control, Coordination coordination) throws InterruptedException {
        new OpenWatch(coordination, BranchId.CONTROL, clock).await(READY_WITHIN);
        control.awaitOpen(READY_WITHIN);
    }

    /** Ready is: clients of branch main are served. A project whose owner has removed that branch waits for nothing. */
    private void awaitFirstBranch(ControlPlane control, Coordination coordination) throws InterruptedException {
        var project = control.ensureFirstProject();
        var main = control.branches().list(project.id().value(), PageRequest.FIRST).items().stream()
                .filter(branch -> branch.name().equals(FIRST_BRANCH))
                .findFirst();
        if (main.isEmpty()) {
            return;
        }
        var branch = main.get().id();
        tell.accept("Waiting for branch %s (%s) ...".formatted(FIRST_BRANCH, branch));
        new OpenWatch(coordination, branch, clock).await(READY_WITHIN);
        var ready = control.branches().awaitReady(branch, READY_WITHIN);
        if (ready.state() == BranchState.FAILED) {
            throw new PlatformException(
                    SqlState.CANNOT_CONNECT_NOW,
                    "branch %s is not ready: %s".formatted(FIRST_BRANCH, ready.reason()),
                    "The servers' logs are in %s.".formatted(config.home().resolve("logs")));
        }
    }

    private static void makeDirectories(Home home) {
        try {
            for (var directory : List.of(home.logs(), home.tls(), home.coordination(), home.instances())) {
                Files.createDirectories(directory);
            }
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the home %s cannot be written to: %s".formatted(home.directory(), e),
                    "Choose a directory that this account may write to with --home.",
                    e);
        }
    }

    /** How the CLI finds this platform; the launcher takes {@code run/ready} as the end of the start. */
    private void publish(Home home, Endpoint api) {
        write(home.run().resolve("api.json"), "{\"url\": \"http://%s\"}%n".formatted(api));
        write(home.run().resolve("ready"), clock.instant() + "\n");
        open.push(() -> {
            Files.deleteIfExists(home.run().resolve("ready"));
            Files.deleteIfExists(home.run().resolve("api.json"));
        });
    }

    private static void write(Path file, String text) {
        try {
            var temporary = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(temporary, text);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        open.push(part);
        return part;
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) { // the others must be closed all the same
                LOG.warn("a part of the platform did not close well", e);
            }
        }
    }
}
