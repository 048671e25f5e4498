package dev.howdah.proxy;

import static dev.howdah.base.Checks.require;

import java.time.Duration;

/**
 * Settings of the pooled endpoint.
 *
 * @param serverConnectionsMax open connections to the server per branch, database and role
 * @param pinnedMax so many of them may be kept by clients whose session state needs them
 * @param queryWait how long a client waits for a free one before it is closed
 * @param serverIdle a server connection unused for so long is closed
 * @param pinIdle a client that keeps a server connection without using it for so long is closed
 */
public record PoolConfig(
        int serverConnectionsMax, int pinnedMax, Duration queryWait, Duration serverIdle, Duration pinIdle) {
    public static final PoolConfig DEFAULT = ofSize(20);

    public PoolConfig {
        require(serverConnectionsMax > 0, "server-connections-max must be positive, was " + serverConnectionsMax);
        require(
                pinnedMax >= 0 && pinnedMax <= serverConnectionsMax,
                "pinned-max must be 0 to server-connections-max, was " + pinnedMax);
        require(queryWait.isPositive(), "query-wait must be positive, was " + queryWait);
        require(serverIdle.isPositive(), "server-idle must be positive, was " + serverIdle);
        require(pinIdle.isPositive(), "pin-idle must be positive, was " + pinIdle);
    }

    /** The defaults, with half of the connections for clients that keep one; a single connection may be kept. */
    public static PoolConfig ofSize(int serverConnectionsMax) {
        return new PoolConfig(
                serverConnectionsMax,
                Math.max(1, serverConnectionsMax / 2),
                Duration.ofMinutes(2),
                Duration.ofMinutes(10),
                Duration.ofMinutes(10));
    }

    public PoolConfig withQueryWait(Duration wait) {
        return new PoolConfig(serverConnectionsMax, pinnedMax, wait, serverIdle, pinIdle);
    }

    public PoolConfig withPinIdle(Duration idle) {
        return new PoolConfig(serverConnectionsMax, pinnedMax, queryWait, serverIdle, idle);
    }
}
