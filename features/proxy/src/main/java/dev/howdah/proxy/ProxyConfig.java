package dev.howdah.proxy;

import static dev.howdah.base.Checks.require;

import dev.howdah.proxy.io.IoEngineChoice;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Settings of the proxy.
 *
 * @param direct where the direct endpoint listens; port 0 takes a free one
 * @param pooled where the pooled endpoint listens
 * @param loops threads that relay; each client, and each branch with its pools, has one of them
 * @param ioEngine what the loops ask the kernel with; one that is asked for by name and does not work here stops the start
 * @param tls what encrypts; one that is asked for by name and does not work here stops the start
 * @param loginTimeout from the first byte to the end of authentication
 * @param startupBytesMax the longest startup message
 * @param unauthenticatedMax clients that have not logged in yet, together; more are closed at once
 * @param primaryWait how long a client waits for a server that is not there
 * @param replicaLagMax a replica further behind serves nobody
 * @param channelBinding whether SCRAM-SHA-256-PLUS is offered; off behind a load balancer that ends TLS
 * @param plainForBenchmarks TLS is not required; refused unless every address is loopback
 * @param openForBenchmarks neither TLS nor authentication; refused unless every address is loopback
 */
public record ProxyConfig(
        List<InetSocketAddress> direct,
        List<InetSocketAddress> pooled,
        int loops,
        IoEngineChoice ioEngine,
        TlsChoice tls,
        Duration loginTimeout,
        int startupBytesMax,
        int unauthenticatedMax,
        Duration primaryWait,
        Duration replicaLagMax,
        boolean channelBinding,
        boolean plainForBenchmarks,
        boolean openForBenchmarks,
        PoolSettings pool) {
    public static final ProxyConfig DEFAULT = new ProxyConfig(
            loopback(5432),
            loopback(6432),
            defaultLoops(),
            IoEngineChoice.AUTO,
            TlsChoice.AUTO,
            Duration.ofSeconds(60),
            10_000,
            1_000,
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            true,
            false,
            false,
            PoolSettings.DEFAULT);

    public ProxyConfig {
        direct = List.copyOf(direct);
        pooled = List.copyOf(pooled);
        require(loops > 0 && loops <= 256, "loops must be 1 to 256, was " + loops);
        require(loginTimeout.isPositive(), "login-timeout must be positive, was " + loginTimeout);
        require(startupBytesMax >= 512, "startup-bytes-max must be at least 512, was " + startupBytesMax);
        require(unauthenticatedMax > 0, "unauthenticated-max must be positive, was " + unauthenticatedMax);
        require(!primaryWait.isNegative(), "primary-wait must not be negative, was " + primaryWait);
        require(replicaLagMax.isPositive(), "replica-lag-max must be positive, was " + replicaLagMax);
        require(
                !(plainForBenchmarks || openForBenchmarks)
                        || Stream.concat(direct.stream(), pooled.stream())
                                .allMatch(address -> address.getAddress() != null
                                        && address.getAddress().isLoopbackAddress()),
                "open-for-benchmarks and plain-for-benchmarks need every listen address to be loopback");
    }

    /** Both loopback addresses, on the same port. */
    public static List<InetSocketAddress> loopback(int port) {
        return List.of(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                new InetSocketAddress(InetAddress.ofLiteral("::1"), port));
    }

    /** One up to four cores, where a second loop only costs; then one per four. */
    private static int defaultLoops() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
    }

    public ProxyConfig withDirect(List<InetSocketAddress> addresses) {
        return with(draft -> draft.direct = addresses);
    }

    public ProxyConfig withPooled(List<InetSocketAddress> addresses) {
        return with(draft -> draft.pooled = addresses);
    }

    public ProxyConfig withLoops(int number) {
        return with(draft -> draft.loops = number);
    }

    public ProxyConfig withIoEngine(IoEngineChoice choice) {
        return with(draft -> draft.ioEngine = choice);
    }

    public ProxyConfig withTls(TlsChoice choice) {
        return with(draft -> draft.tls = choice);
    }

    public ProxyConfig withLoginTimeout(Duration timeout) {
        return with(draft -> draft.loginTimeout = timeout);
    }

    public ProxyConfig withPrimaryWait(Duration wait) {
        return with(draft -> draft.primaryWait = wait);
    }

    public ProxyConfig withPool(PoolSettings settings) {
        return with(draft -> draft.pool = settings);
    }

    public ProxyConfig withPlainForBenchmarks() {
        return with(draft -> draft.plainForBenchmarks = true);
    }

    public ProxyConfig withOpenForBenchmarks() {
        return with(draft -> draft.openForBenchmarks = true);
    }

    private ProxyConfig with(Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return draft.finished();
    }

    /** The components while one of them changes. A new component needs a field, a line in each method here, and nothing in the others. */
    private static final class Draft {
        private List<InetSocketAddress> direct;
        private List<InetSocketAddress> pooled;
        private int loops;
        private IoEngineChoice ioEngine;
        private TlsChoice tls;
        private Duration loginTimeout;
        private int startupBytesMax;
        private int unauthenticatedMax;
        private Duration primaryWait;
        private Duration replicaLagMax;
        private boolean channelBinding;
        private boolean plainForBenchmarks;
        private boolean openForBenchmarks;
        private PoolSettings pool;

        Draft(ProxyConfig from) {
            direct = from.direct;
            pooled = from.pooled;
            loops = from.loops;
            ioEngine = from.ioEngine;
            tls = from.tls;
            loginTimeout = from.loginTimeout;
            startupBytesMax = from.startupBytesMax;
            unauthenticatedMax = from.unauthenticatedMax;
            primaryWait = from.primaryWait;
            replicaLagMax = from.replicaLagMax;
            channelBinding = from.channelBinding;
            plainForBenchmarks = from.plainForBenchmarks;
            openForBenchmarks = from.openForBenchmarks;
            pool = from.pool;
        }

        ProxyConfig finished() {
            return new ProxyConfig(
                    direct,
                    pooled,
                    loops,
                    ioEngine,
                    tls,
                    loginTimeout,
                    startupBytesMax,
                    unauthenticatedMax,
                    primaryWait,
                    replicaLagMax,
                    channelBinding,
                    plainForBenchmarks,
                    openForBenchmarks,
                    pool);
        }
    }
}
