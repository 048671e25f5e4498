package dev.howdah.api;

import static dev.howdah.base.Checks.require;

import java.time.Duration;

/**
 * How often one address may ask. An IPv6 address counts with its whole /64.
 *
 * @param requestsPerSecond more than these in one second are a violation, and refused until the second is over
 * @param violations with so many seconds of violation, each at most {@code penalty} after the last, the address is refused for the penalty
 */
public record RateLimit(int requestsPerSecond, int violations, Duration penalty) {
    public static final RateLimit DEFAULT = new RateLimit(100, 5, Duration.ofMinutes(5));

    public RateLimit {
        require(requestsPerSecond > 0, "requests-per-second must be positive, was " + requestsPerSecond);
        require(violations > 0, "violations must be positive, was " + violations);
        require(penalty.isPositive(), "penalty must be positive, was " + penalty);
    }
}
