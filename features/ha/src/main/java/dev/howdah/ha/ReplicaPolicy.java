package dev.howdah.ha;

import dev.howdah.coordination.MemberState;
import dev.howdah.ha.MemberSnapshot.DataDirectory;
import dev.howdah.ha.MemberSnapshot.Server;
import dev.howdah.ha.StandbyFacts.Upstream;
import java.time.Duration;
import java.util.Optional;

/** Decides for a member that the record does not name leader: it follows the leader, and never runs as anything but a standby. */
final class ReplicaPolicy {
    /** A receiver that is down for so long gets a new server process: old ones were seen that could never connect again. */
    static final Duration RESTART_AFTER = Duration.ofSeconds(15);

    /** A receiver that is down for so long gets new data. */
    static final Duration REBUILD_AFTER = Duration.ofSeconds(60);

    /** A server that fails to start so often in a row gets new data. */
    static final int FAILED_STARTS_MAX = 5;

    private ReplicaPolicy() {}

    static Decision decide(MemberSnapshot member) {
        return switch (member.data()) {
            case DataDirectory.Missing _ -> copy(member, "it has no data yet", false);
            case DataDirectory.Unreadable(var reason) -> copy(member, reason, true);
            case DataDirectory.Present present -> withData(member, present);
        };
    }

    private static Decision withData(MemberSnapshot member, DataDirectory.Present data) {
        if (member.record().systemIdentifier().isEmpty()) {
            return Decision.of(
                    MemberState.FAILED,
                    "%s has data with system identifier %s, but its branch has none yet"
                            .formatted(member.self(), data.systemIdentifier()));
        }
        if (!data.standby()) {
            // It was a primary once. Without proof that its history is a part of the leader's it must never start
            // again.
            return member.server() instanceof Server.Down
                    ? copy(member, "its data directory is that of a former primary", true)
                    : Decision.of(
                            MemberState.STOPPED,
                            "it ran as a primary though another is the leader",
                            new Action.StopServer("it is not the leader, and its data directory is not a standby's"));
        }
        return switch (member.server()) {
            case Server.Down _ -> start(member);
            case Server.Silent(var reason) -> Decision.of(MemberState.STARTING, reason);
            case Server.AsPrimary _ ->
                Decision.of(
                        MemberState.STOPPED,
                        "it was promoted though another is the leader",
                        new Action.StopServer("it was promoted though the record names another leader"));
            case Server.AsStandby(var standby) -> follow(member, standby);
        };
    }

    private static Decision start(MemberSnapshot member) {
        var restarts = member.restarts();
        if (restarts.failures() >= FAILED_STARTS_MAX && member.leaderUp().isPresent()) {
            return copy(member, "its server does not start: " + restarts.reason(), true);
        }
        return restarts.allowed(member.now())
                ? Decision.of(MemberState.STARTING, restarts.detail(member.now()), new Action.StartStandby())
                : Decision.of(MemberState.FAILED, restarts.detail(member.now()));
    }

    private static Decision copy(MemberSnapshot member, String reason, boolean rebuild) {
        var waiting = rebuild ? MemberState.FAILED : MemberState.ABSENT;
        if (member.leaderUp().isEmpty()) {
            return Decision.of(waiting, "waits for the primary, to copy it: " + reason);
        }
        if (!member.copies().allowed(member.now())) {
            return Decision.of(MemberState.FAILED, member.copies().detail(member.now()));
        }
        return Decision.of(MemberState.CLONING, reason, new Action.Clone(reason, rebuild));
    }

    private static Decision follow(MemberSnapshot member, StandbyFacts standby) {
        var link = member.link();
        if (link.equals(ReplicaLink.NONE)) {
            return Decision.of(MemberState.REPLICA, "no leader to follow");
        }
        if (!link.conninfo().equals(standby.conninfo()) || !link.slot().equals(standby.slot())) {
            return Decision.of(MemberState.REPLICA, "is pointed at the leader", new Action.FollowLeader());
        }
        if (standby.streams()) {
            return member.outdated()
                    .map(outdated -> upgrade(member, outdated))
                    .orElseGet(() -> Decision.of(MemberState.REPLICA, ""));
        }
        return standby.upstream()
                .flatMap(upstream -> reasonToRebuild(standby, upstream))
                .map(reason -> copy(member, reason, true))
                .orElseGet(() -> heal(member, standby));
    }

    private static Decision upgrade(MemberSnapshot member, Outdated outdated) {
        return outdated.isTurnOfReplica(member)
                ? Decision.of(MemberState.REPLICA, outdated.detail(), new Action.RestartStandby(outdated.reason()))
                : Decision.of(MemberState.REPLICA, outdated.detail());
    }

    private static Optional<String> reasonToRebuild(StandbyFacts standby, Upstream upstream) {
        if (upstream.walRemoved()) {
            return Optional.of("the primary no longer has the WAL it needs after " + standby.received());
        }
        if (upstream.standbyAhead()) {
            return Optional.of("it has WAL up to %s that the primary never wrote".formatted(standby.received()));
        }
        if (standby.timeline() > upstream.timeline()) {
            return Optional.of(
                    "it is on timeline %d, the primary on %d".formatted(standby.timeline(), upstream.timeline()));
        }
        return Optional.empty();
    }

    private static Decision heal(MemberSnapshot member, StandbyFacts standby) {
        var silence = standby.silentSince()
                .map(since -> Duration.between(since, member.now()))
                .orElse(Duration.ZERO);
        var detail = "does not stream since %d s".formatted(silence.toSeconds());
        if (silence.compareTo(REBUILD_AFTER) > 0) {
            return copy(member, detail + ", though it was restarted", true);
        }
        if (silence.compareTo(RESTART_AFTER) > 0 && !standby.restartedSince()) {
            return Decision.of(MemberState.REPLICA, detail, new Action.RestartStandby(detail));
        }
        return Decision.of(MemberState.REPLICA, silence.isZero() ? "does not stream yet" : detail);
    }
}
