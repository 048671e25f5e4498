package dev.howdah.proxy;

import static dev.howdah.base.Checks.require;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Settings of the proxy.
 *
 * @param direct where the direct endpoint listens; port 0 takes a free one
 * @param pooled where the pooled endpoint listens
 * @param loops threads that relay
 * @param loginTimeout from the first byte to the end of authentication
 * @param startupBytesMax the longest startup message
 * @param unauthenticatedMax clients that have not logged in yet, together; more are closed at once
 * @param primaryWait how long a client waits for a server that is not there
 * @param replicaLagMax a replica further behind serves nobody
 * @param channelBinding whether SCRAM-SHA-256-PLUS is offered; off behind a load balancer that ends TLS
 * @param openForBenchmarks neither TLS nor authentication; refused unless every address is loopback
 */
public record ProxyConfig(
        List<InetSocketAddress> direct,
        List<InetSocketAddress> pooled,
        int loops,
        Duration loginTimeout,
        int startupBytesMax,
        int unauthenticatedMax,
        Duration primaryWait,
        Duration replicaLagMax,
        boolean channelBinding,
        boolean openForBenchmarks,
        PoolConfig pool) {
    public static final ProxyConfig DEFAULT = new ProxyConfig(
            loopback(5432),
            loopback(6432),
            defaultLoops(),
            Duration.ofSeconds(60),
            10_000,
            1_000,
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            true,
            false,
            PoolConfig.DEFAULT);

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
                !openForBenchmarks
                        || Stream.concat(direct.stream(), pooled.stream())
                                .allMatch(address -> address.getAddress() != null
                                        && address.getAddress().isLoopbackAddress()),
                "open-for-benchmarks needs every listen address to be loopback");
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
        return new ProxyConfig(
                addresses,
                pooled,
                loops,
                loginTimeout,
                startupBytesMax,
                unauthenticatedMax,
                primaryWait,
                replicaLagMax,
                channelBinding,
                openForBenchmarks,
                pool);
    }

    public ProxyConfig withPooled(List<InetSocketAddress> addresses) {
        return new ProxyConfig(
                direct,
                addresses,
                loops,
                loginTimeout,
                startupBytesMax,
                unauthenticatedMax,
                primaryWait,
                replicaLagMax,
                channelBinding,
                openForBenchmarks,
                pool);
    }

    public ProxyConfig withLoops(int number) {
        return new ProxyConfig(
                direct,
                pooled,
                number,
                loginTimeout,
                startupBytesMax,
                unauthenticatedMax,
                primaryWait,
                replicaLagMax,
                channelBinding,
                openForBenchmarks,
                pool);
    }

    public ProxyConfig withLoginTimeout(Duration timeout) {
        return new ProxyConfig(
                direct,
                pooled,
                loops,
                timeout,
                startupBytesMax,
                unauthenticatedMax,
                primaryWait,
                replicaLagMax,
                channelBinding,
                openForBenchmarks,
                pool);
    }

    public ProxyConfig withPrimaryWait(Duration wait) {
        return new ProxyConfig(
                direct,
                pooled,
                loops,
                loginTimeout,
                startupBytesMax,
                unauthenticatedMax,
                wait,
                replicaLagMax,
                channelBinding,
                openForBenchmarks,
                pool);
    }

    public ProxyConfig withPool(PoolConfig settings) {
        return new ProxyConfig(
                direct,
                pooled,
                loops,
                loginTimeout,
                startupBytesMax,
                unauthenticatedMax,
                primaryWait,
                replicaLagMax,
                channelBinding,
                openForBenchmarks,
                settings);
    }

    public ProxyConfig withOpenForBenchmarks() {
        return new ProxyConfig(
                direct,
                pooled,
                loops,
                loginTimeout,
                startupBytesMax,
                unauthenticatedMax,
                primaryWait,
                replicaLagMax,
                channelBinding,
                true,
                pool);
    }
}
