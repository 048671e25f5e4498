package dev.howdah.proxy;

import static dev.howdah.base.Checks.require;

import java.time.Duration;

/**
 * Settings of the pooled endpoint.
 *
 * @param serverConnectionsMax open connections to the server per branch, database and role
 * @param queryWait how long a client waits for a free one before it is closed
 * @param serverIdle a server connection unused for so long is closed
 */
public record PoolConfig(int serverConnectionsMax, Duration queryWait, Duration serverIdle) {
    public static final PoolConfig DEFAULT = new PoolConfig(20, Duration.ofMinutes(2), Duration.ofMinutes(10));

    public PoolConfig {
        require(serverConnectionsMax > 0, "server-connections-max must be positive, was " + serverConnectionsMax);
        require(queryWait.isPositive(), "query-wait must be positive, was " + queryWait);
        require(serverIdle.isPositive(), "server-idle must be positive, was " + serverIdle);
    }
}
