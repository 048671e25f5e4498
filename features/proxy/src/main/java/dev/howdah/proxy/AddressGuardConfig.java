package dev.howdah.proxy;

import static dev.howdah.base.Checks.require;

import java.time.Duration;
import java.util.List;

/**
 * Limits per client address. IPv6 counts per /64.
 *
 * @param failures that many failed logins within {@code window} ban the address
 * @param firstBan doubles with each ban that follows soon, up to {@code longestBan}
 * @param exempt networks in CIDR notation that are never banned nor limited
 * @param connectionsMax open connections of one address; 0 for no limit
 */
public record AddressGuardConfig(
        int failures,
        Duration window,
        Duration firstBan,
        Duration longestBan,
        List<String> exempt,
        int connectionsMax) {
    public static final AddressGuardConfig DEFAULT = new AddressGuardConfig(
            10, Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofMinutes(15), List.of(), 0);

    public AddressGuardConfig {
        exempt = List.copyOf(exempt);
        exempt.forEach(ClientNetwork::parse); // a wrong one stops the start
        require(failures > 0, "failures must be positive, was " + failures);
        require(window.isPositive(), "window must be positive, was " + window);
        require(firstBan.isPositive(), "first-ban must be positive, was " + firstBan);
        require(
                longestBan.compareTo(firstBan) >= 0,
                "longest-ban must not be shorter than first-ban, was " + longestBan);
        require(connectionsMax >= 0, "connections-max must not be negative, was " + connectionsMax);
    }
}
