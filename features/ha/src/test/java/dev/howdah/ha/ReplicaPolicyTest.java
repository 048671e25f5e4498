package dev.howdah.ha;

import static dev.howdah.ha.Situations.FIRST;
import static dev.howdah.ha.Situations.NOON;
import static dev.howdah.ha.Situations.SECOND;
import static dev.howdah.ha.Situations.record;
import static dev.howdah.ha.Situations.standbyData;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.coordination.MemberState;
import dev.howdah.ha.MemberSnapshot.DataDirectory;
import dev.howdah.ha.MemberSnapshot.Server;
import dev.howdah.ha.StandbyFacts.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ReplicaPolicyTest {
    private static final Upstream HEALTHY = new Upstream(false, false, 1);

    private static MemberSnapshot replica(DataDirectory data, Server server) {
        return Situations.of(SECOND, record(3, FIRST), data, server);
    }

    private static Decision decideWithLeaderUp(DataDirectory data, Server server) {
        return MemberPolicy.decide(Situations.withLeaderUp(replica(data, server)));
    }

    private static Decision decide(StandbyFacts facts) {
        return decideWithLeaderUp(standbyData(), new Server.AsStandby(facts));
    }

    @ParameterizedTest
    @EnumSource
    void withoutDataItCopiesThePrimaryOnlyWhileThatIsUp(MemberState leader) {
        var member = replica(new DataDirectory.Missing(), new Server.Down());
        var decision = MemberPolicy.decide(Situations.withLeader(member, leader, NOON));
        var up = leader == MemberState.PRIMARY || leader == MemberState.OPENING;
        assertEquals(up ? MemberState.CLONING : MemberState.ABSENT, decision.state());
        assertEquals(up, decision.actions().stream().anyMatch(Action.Clone.class::isInstance));
    }

    @Test
    void anOldWordOfTheLeaderCountsAsNone() {
        var member = replica(new DataDirectory.Missing(), new Server.Down());
        var decision = MemberPolicy.decide(
                Situations.withLeader(member, MemberState.PRIMARY, NOON.minus(MemberSnapshot.STATUS_AGE_MAX)));
        assertEquals(MemberState.ABSENT, decision.state());
    }

    @Test
    void aReplicaIsNeverInitializedAndNeverStartedAsAPrimary() {
        for (var data : List.of(new DataDirectory.Missing(), Situations.primaryData(), standbyData())) {
            for (var server : List.of(new Server.Down(), new Server.Silent("starts"))) {
                for (var actions : List.of(
                        MemberPolicy.decide(replica(data, server)).actions(),
                        decideWithLeaderUp(data, server).actions())) {
                    assertFalse(actions.contains(new Action.StartPrimary()));
                    assertFalse(actions.contains(new Action.InitializeData()));
                }
            }
        }
    }

    @Test
    void aFormerPrimaryIsStoppedAndThenRebuilt() {
        var running = Situations.primary("", Barrier.Outcome.NONE);
        var up = decideWithLeaderUp(Situations.primaryData(), new Server.AsPrimary(running));
        assertTrue(up.actions().getFirst() instanceof Action.StopServer);

        var down = decideWithLeaderUp(Situations.primaryData(), new Server.Down());
        assertEquals(List.of(new Action.Clone("its data directory is that of a former primary", true)), down.actions());
    }

    @Test
    void aPromotedReplicaIsStopped() {
        var running = Situations.primary("", Barrier.Outcome.NONE);
        var decision = decideWithLeaderUp(standbyData(), new Server.AsPrimary(running));
        assertTrue(decision.actions().getFirst() instanceof Action.StopServer);
    }

    @Test
    void aStandbyStartsAlsoWhileThePrimaryIsDown() {
        var decision = MemberPolicy.decide(replica(standbyData(), new Server.Down()));
        assertEquals(List.of(new Action.StartStandby()), decision.actions());
    }

    @Test
    void aServerThatNeverStartsGetsNewData() {
        var restarts = Restarts.NONE;
        for (var i = 0; i < ReplicaPolicy.FAILED_STARTS_MAX; i++) {
            restarts = restarts.after("it is broken", NOON);
        }
        var member = Situations.withLeaderUp(replica(standbyData(), new Server.Down()));
        var decision = MemberPolicy.decide(Situations.withRestarts(member, restarts));
        assertEquals(List.of(new Action.Clone("its server does not start: it is broken", true)), decision.actions());
    }

    @Test
    void aStandbyIsPointedAtTheLeaderAndLeftAloneWhenItStreams() {
        var elsewhere = decide(Situations.streamingFrom(new ReplicaLink("host=/elsewhere", SECOND.slotName())));
        assertEquals(List.of(new Action.FollowLeader()), elsewhere.actions());

        var right = decide(Situations.streamingFrom(ReplicaLink.to(Situations.member(1), SECOND)));
        assertEquals(new Decision(MemberState.REPLICA, "", List.of()), right);
    }

    @Test
    void missingWalAndAnotherHistoryMeanNewData() {
        var silence = Duration.ofSeconds(3);
        for (var upstream :
                List.of(new Upstream(true, false, 1), new Upstream(false, true, 1), new Upstream(false, false, 0))) {
            var decision = decide(Situations.silent(silence, false, Optional.of(upstream)));
            assertTrue(decision.actions().getFirst() instanceof Action.Clone clone && clone.rebuild());
        }
        assertEquals(
                List.of(),
                decide(Situations.silent(silence, false, Optional.of(HEALTHY))).actions());
    }

    @Test
    void aReceiverThatStaysDownIsRestartedOnceAndThenRebuilt() {
        var restart = ReplicaPolicy.RESTART_AFTER.plusSeconds(1);
        assertTrue(
                decide(Situations.silent(restart, false, Optional.of(HEALTHY)))
                                .actions()
                                .getFirst()
                        instanceof Action.RestartStandby);
        assertEquals(
                List.of(),
                decide(Situations.silent(restart, true, Optional.of(HEALTHY))).actions());
        var rebuild = ReplicaPolicy.REBUILD_AFTER.plusSeconds(1);
        assertTrue(
                decide(Situations.silent(rebuild, true, Optional.empty()))
                                .actions()
                                .getFirst()
                        instanceof Action.Clone);
    }
}
