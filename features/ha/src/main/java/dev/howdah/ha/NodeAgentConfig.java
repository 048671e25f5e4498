package dev.howdah.ha;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.Member;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.postgres.ServerAccount;
import dev.howdah.postgres.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One node: where its servers live and which members are its own.
 *
 * @param instances one data directory per instance, named by its id
 * @param sockets where the servers' sockets lie
 * @param logs one directory of server logs per instance
 * @param zones whose members this node runs; empty = of every zone, as on a single host
 * @param platformUsers operating-system users who may log in to a server as the platform's roles
 * @param parameters on top of the sizing, for every server
 * @param tick the longest time between two looks at a member
 */
public record NodeAgentConfig(
        Path instances,
        Path sockets,
        Path logs,
        PostgresBinaries binaries,
        ServerAccount account,
        Optional<Set<String>> zones,
        ServerSizing sizing,
        Set<String> platformUsers,
        Map<String, String> parameters,
        Duration tick) {
    public static final Duration DEFAULT_TICK = Duration.ofMillis(500);

    // A standby tries again soon after its primary is back, and either side notices a dead or frozen other one in
    // seconds, not minutes.
    private static final Map<String, String> REPLICATION = Map.of(
            "wal_retrieve_retry_interval", "100ms",
            "wal_receiver_timeout", "10s",
            "wal_sender_timeout", "10s");

    public NodeAgentConfig {
        zones = zones.map(Set::copyOf);
        platformUsers = Set.copyOf(platformUsers);
        parameters = Map.copyOf(parameters);
        require(tick.isPositive(), "the tick is positive, was " + tick);
    }

    /** A single host: every member is this node's, laptop size, with the layout of a home directory. */
    public static NodeAgentConfig ofHome(Path home, Path sockets, PostgresBinaries binaries, ServerAccount account) {
        return new NodeAgentConfig(
                home.resolve("instances"),
                sockets,
                home.resolve("logs"),
                binaries,
                account,
                Optional.empty(),
                ServerSizing.LAPTOP,
                account.platformUsers(),
                Map.of(),
                DEFAULT_TICK);
    }

    public NodeAgentConfig withSizing(ServerSizing other) {
        return new NodeAgentConfig(
                instances, sockets, logs, binaries, account, zones, other, platformUsers, parameters, tick);
    }

    public NodeAgentConfig withParameters(Map<String, String> others) {
        return new NodeAgentConfig(
                instances, sockets, logs, binaries, account, zones, sizing, platformUsers, others, tick);
    }

    boolean runs(Member member) {
        return zones.map(mine -> mine.contains(member.zone())).orElse(true);
    }

    Path dataDirectory(InstanceId id) {
        return instances.resolve(id.toString());
    }

    ServerConfig server(Member member) {
        if (!(member.address() instanceof ServerAddress.UnixSocket address)) {
            throw new IllegalStateException("instance %s has no socket on this host".formatted(member.id()));
        }
        var all = new TreeMap<>(REPLICATION);
        all.putAll(sizing.parameters());
        all.putAll(parameters);
        return new ServerConfig(
                dataDirectory(member.id()),
                address.directory(),
                address.port(),
                logs.resolve(member.id().toString()),
                member.id().toString(),
                all,
                platformUsers,
                platformUsers);
    }
}
