package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.coordination.Coordination;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.proxy.io.IoEngine;
import dev.howdah.proxy.io.IoEngines;
import dev.howdah.wire.ByteString;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in: both client-facing endpoints, from listening socket to server. Thread-safe.
 *
 * <p>Each client lives on one loop with everything that belongs to it. New clients take turns among the loops. Those of the pooled endpoint
 * share server connections, so each goes on to the {@linkplain Loops#home home loop} of the branch that it has named, where all pools of that branch
 * are: one branch is served by one loop, several branches by several.
 */
public final class Proxy implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Proxy.class);
    private static final int HELPERS = 2;
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);
    private static final Duration CLOSING = Duration.ofSeconds(5);
    private static final Duration DRAIN_POLL = Duration.ofMillis(20);

    private final Shared shared;
    private final ExecutorService helpers;
    private final Loops loops = new Loops();
    private final List<IoEngine.Listening> direct = new ArrayList<>();
    private final List<IoEngine.Listening> pooled = new ArrayList<>();
    private final List<InetSocketAddress> directAddresses = new ArrayList<>();
    private final List<InetSocketAddress> pooledAddresses = new ArrayList<>();

    /**
     * What the proxy works with.
     *
     * @param mockSecret makes up the salts of roles that do not exist; the same for all proxies of a platform and over restarts
     * @param random secure and thread-safe: nonces and cancel keys come from it
     */
    public record Parts(
            Coordination coordination,
            EdgeCertificates certificates,
            AddressGuard addresses,
            ByteString mockSecret,
            ProxyEvents events,
            InstantSource clock,
            RandomGenerator random) {}

    private Proxy(ProxyConfig config, Parts parts) {
        var tls = TlsEngines.open(config.tls(), parts.certificates()); // refuses before anything is begun
        var branches = new Branches(parts.coordination());
        this.shared = new Shared(
                config,
                new RunningSettings(config.pool()),
                tls,
                parts.addresses(),
                new LoginDirectory(branches::view, parts.mockSecret(), parts.clock()),
                branches,
                new SessionRegistry(parts.random()),
                new Counters(),
                new FileLimit(config.pool().branchConnectionBudget()),
                new PoolTotals(),
                parts.events(),
                parts.clock(),
                parts.random());
        this.helpers = Executors.newFixedThreadPool(
                HELPERS, Thread.ofPlatform().name("proxy-tls-", 0).daemon().factory());
    }

    /** Listens once this returns. Throws a {@link PlatformException} that names the address when one cannot be listened on. */
    public static Proxy start(ProxyConfig config, Parts parts) {
        var proxy = new Proxy(config, parts);
        try {
            proxy.open();
            return proxy;
        } catch (RuntimeException e) {
            proxy.close();
            throw e;
        }
    }

    private void open() {
        var config = shared.config();
        var engines = IoEngines.choose(config.ioEngine());
        LOG.info("the I/O engine is {}: {}", engines.kind().text(), engines.reason());
        for (var i = 0; i < config.loops(); i++) {
            var loop = newLoop(i, engines);
            loops.add(new LoopContext(shared, loops, loop));
            loop.start();
        }
        shared.files().check(config.pool().maxClientConnections());
        listen(config.direct(), Endpoint.DIRECT, direct, directAddresses);
        listen(config.pooled(), Endpoint.POOLED, pooled, pooledAddresses);
        if (config.openForBenchmarks()) {
            LOG.warn("TLS and authentication are OFF for benchmarks on {} and {}", directAddresses, pooledAddresses);
        } else if (config.plainForBenchmarks()) {
            LOG.warn("TLS is OFF for benchmarks on {} and {}", directAddresses, pooledAddresses);
        }
    }

    private EventLoop newLoop(int number, IoEngines engines) {
        try {
            return new EventLoop("proxy-loop-" + number, helpers, engines);
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the proxy cannot open its I/O engine: " + e.getMessage(),
                    "Raise the limit of open files (ulimit -n).",
                    e);
        }
    }

    /** Addresses after the first take the port that the first one got, so that 127.0.0.1 and ::1 agree. */
    private void listen(
            List<InetSocketAddress> wanted,
            Endpoint endpoint,
            List<IoEngine.Listening> listening,
            List<InetSocketAddress> bound) {
        for (var address : wanted) {
            var port = address.getPort() == 0 && !bound.isEmpty()
                    ? bound.getFirst().getPort()
                    : address.getPort();
            var first = loops.first().loop();
            var next = OnLoop.get(
                    first, () -> listenOn(first, new InetSocketAddress(address.getAddress(), port), endpoint));
            listening.add(next);
            bound.add(next.address());
        }
    }

    private IoEngine.Listening listenOn(EventLoop loop, InetSocketAddress address, Endpoint endpoint) {
        try {
            return loop.engine().listen(address, accepted -> accepted(accepted, endpoint));
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "cannot listen on %s port %d for the %s endpoint: %s"
                            .formatted(
                                    address.getAddress().getHostAddress(),
                                    address.getPort(),
                                    endpoint == Endpoint.DIRECT ? "direct" : "pooled",
                                    e.getMessage()),
                    "Another program may listen there; choose another port.",
                    e);
        }
    }

    /** On the first loop. */
    private void accepted(IoEngine.Accepted accepted, Endpoint endpoint) {
        var counters = shared.counters();
        counters.accepted.increment();
        if (counters.unauthenticated.get() >= shared.config().unauthenticatedMax()
                || shared.files().isExhausted(clients())) {
            counters.overLimit.increment();
            accepted.close();
            return;
        }
        var address = accepted.remote().getAddress();
        switch (shared.addresses().admit(address)) {
            case Admission.Dropped() -> accepted.close();
            case Admission.Refused(var error) -> begin(accepted, endpoint, address, Optional.of(error));
            case Admission.Admitted() ->
                begin(accepted, endpoint, address, shared.files().refusal(clients()));
        }
    }

    private int clients() {
        return shared.sessions().all().size()
                + shared.counters().unauthenticated.get();
    }

    private void begin(
            IoEngine.Accepted accepted, Endpoint endpoint, InetAddress address, Optional<PlatformException> refusal) {
        shared.counters().unauthenticated.incrementAndGet();
        var context = loops.next();
        var session = new ClientSession(shared, context, endpoint, address, refusal);
        context.loop().execute(() -> session.begin(accepted));
    }

    /** Where the direct endpoint listens. */
    public List<InetSocketAddress> directAddresses() {
        return List.copyOf(directAddresses);
    }

    /** Where the pooled endpoint listens. */
    public List<InetSocketAddress> pooledAddresses() {
        return List.copyOf(pooledAddresses);
    }

    /** Every logged-in client as it is now, in no order. */
    public List<SessionSnapshot> sessions() {
        return shared.sessions().all().stream().map(LiveSession::snapshot).toList();
    }

    /** The pooled endpoint as its operators see it. */
    public Pooler pooler() {
        return new LoopPooler(shared, loops);
    }

    public ProxyCounters counters() {
        return shared.counters().snapshot();
    }

    /**
     * Ends every session of a role on both endpoints, and what the server is doing for it. What is known of the role is forgotten, so that the
     * next login sees it as it is now.
     *
     * @param reason what the clients are told, with SQLSTATE 57P01
     * @return how many sessions there were
     */
    public int closeSessions(BranchId branch, String role, String reason) {
        invalidate(branch, role);
        var told = new PlatformException(SqlState.ADMIN_SHUTDOWN, reason, "Connect again.");
        var sessions = shared.sessions().ofRole(branch, role);
        sessions.forEach(session -> session.terminate(told));
        for (var context : loops.all()) {
            context.loop().execute(() -> {
                context.pools().closeRole(branch, role);
                context.listeners().closeRole(branch, role);
            });
        }
        return sessions.size();
    }

    /** Forgets what is known of a role, so that the next login sees it as it is now; sessions go on. */
    public void invalidate(BranchId branch, String role) {
        shared.logins().invalidate(branch, role);
    }

    /** BoringSSL engines that have not been released; for tests. */
    int tlsEnginesInUse() {
        return shared.tls().enginesInUse();
    }

    /** Closes the listening sockets; sessions go on. */
    public void stopAccepting() {
        if (loops.all().isEmpty()) {
            return;
        }
        OnLoop.run(loops.first().loop(), () -> {
            direct.forEach(IoEngine.Listening::close);
            pooled.forEach(IoEngine.Listening::close);
        });
    }

    /** Accepts nobody any more, warns everybody, gives them {@code time} to end, and then ends them. */
    public void drain(Duration time) throws InterruptedException {
        stopAccepting();
        var warning = new PlatformException(
                SqlState.ADMIN_SHUTDOWN,
                "the connection will be closed for maintenance within %d seconds".formatted(time.toSeconds()),
                "Finish what you are doing and connect again.");
        shared.sessions().all().forEach(session -> session.warn(warning));
        awaitNoSessions(time);
        shared.sessions().all().forEach(session -> session.terminate(ProxyErrors.shuttingDown()));
        awaitNoSessions(LAST_WORDS);
    }

    private void awaitNoSessions(Duration time) throws InterruptedException {
        var end = System.nanoTime() + time.toNanos();
        while (!shared.sessions().all().isEmpty() && System.nanoTime() - end < 0) {
            TimeUnit.NANOSECONDS.sleep(DRAIN_POLL.toNanos());
        }
    }

    /** On all loops before any of them ends, so that no client is on its way to one that has; a loop that hangs is not waited for. */
    private void endSessions() {
        var closed = new CountDownLatch(loops.all().size());
        for (var context : loops.all()) {
            OnLoop.begin(context.loop(), () -> {
                context.close();
                closed.countDown();
            });
        }
        try {
            var _ = closed.await(CLOSING.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a step of a handshake holds is given back on its loop, which must still be there. */
    private void endHandshakes() {
        helpers.shutdown();
        try {
            var _ = helpers.awaitTermination(CLOSING.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes every connection at once. */
    @Override
    public void close() {
        endSessions();
        endHandshakes();
        loops.all().forEach(context -> context.loop().close());
        loops.closeMoves();
        shared.branches().close();
        shared.logins().close();
        shared.tls().close();
    }
}
