package dev.howdah.control;

import static dev.howdah.base.Checks.require;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the control job. Defaults live here and nowhere else.
 *
 * @param run the home's directory {@code run/}, where the local token is written
 * @param zones where instances go, one after the other
 * @param poolSize connections to the control database
 * @param interval between two rounds of each reconciler
 * @param statementTimeout of what is done on a branch's primary
 * @param eventsInMemory events and refused connections kept while the control database is away; later ones are dropped and counted
 */
public record ControlConfig(
        Path run, List<String> zones, int poolSize, Duration interval, Duration statementTimeout, int eventsInMemory) {
    public ControlConfig {
        zones = List.copyOf(zones);
        require(!zones.isEmpty(), "there must be a zone");
        require(poolSize > 0, "the pool size must be positive, was " + poolSize);
        require(interval.isPositive(), "the interval must be positive, was " + interval);
        require(statementTimeout.isPositive(), "the statement timeout must be positive, was " + statementTimeout);
        require(eventsInMemory > 0, "events in memory must be positive, was " + eventsInMemory);
    }

    public static ControlConfig defaults(Path run) {
        return new ControlConfig(run, List.of("a", "b", "c"), 4, Duration.ofSeconds(1), Duration.ofSeconds(30), 1000);
    }
}
