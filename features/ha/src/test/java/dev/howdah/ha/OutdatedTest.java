package dev.howdah.ha;

import static dev.howdah.ha.Situations.FIRST;
import static dev.howdah.ha.Situations.NOON;
import static dev.howdah.ha.Situations.SECOND;
import static dev.howdah.ha.Situations.THIRD;
import static dev.howdah.ha.Situations.names;
import static dev.howdah.ha.Situations.primaryData;
import static dev.howdah.ha.Situations.record;
import static dev.howdah.ha.Situations.standbyData;
import static dev.howdah.ha.Situations.status;
import static dev.howdah.ha.Situations.streaming;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.InstanceId;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.ha.MemberSnapshot.Server;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whose turn it is to be restarted on a newer minor version. */
final class OutdatedTest {
    private static final String WAITS =
            Outdated.of("18.5", "18.6", NOON).orElseThrow().detail();
    private static final MemberStatus LEADER = status(FIRST, MemberState.PRIMARY, WAITS, NOON);

    private static MemberStatus replica(InstanceId id, String detail) {
        return status(id, MemberState.REPLICA, detail, NOON);
    }

    private static Decision replicaDecides(InstanceId self, MemberStatus... statuses) {
        var record = record(3, FIRST, SECOND, THIRD);
        var link = ReplicaLink.to(Situations.member(1), self);
        var server = new Server.AsStandby(Situations.streamingFrom(link));
        return MemberPolicy.decide(Situations.outdated(Situations.of(self, record, standbyData(), server), statuses));
    }

    private static Decision primaryDecides(PrimaryFacts facts, MemberStatus... statuses) {
        var record = record(3, FIRST, SECOND, THIRD);
        return MemberPolicy.decide(Situations.outdated(
                Situations.of(FIRST, record, primaryData(), new Server.AsPrimary(facts)), statuses));
    }

    private static PrimaryFacts whole() {
        return Situations.opened(Situations.primary(
                names(SECOND, THIRD), Barrier.Outcome.CONFIRMED, streaming(SECOND), streaming(THIRD)));
    }

    private static void assertWaits(Decision decision, MemberState state) {
        assertEquals(new Decision(state, WAITS, List.of()), decision);
    }

    @Test
    void onlyAnOlderMinorVersionOfTheSameMajorIsOutdated() {
        assertTrue(Outdated.of("18.4", "18.6", NOON).isPresent());
        assertTrue(Outdated.of("18.9", "18.10", NOON).isPresent());
        for (var running : List.of("18.6", "18.7", "17.9", "19.1", "18beta1", "")) {
            assertEquals(Optional.empty(), Outdated.of(running, "18.6", NOON), running);
        }
    }

    @Test
    void theFirstReplicaIsRestartedAndTheOtherWaitsForIt() {
        var first = replicaDecides(SECOND, LEADER, replica(THIRD, WAITS));
        assertEquals(MemberState.REPLICA, first.state());
        assertEquals(List.of(new Action.RestartStandby("PostgreSQL 18.6 follows 18.5")), first.actions());

        assertWaits(replicaDecides(THIRD, LEADER, replica(SECOND, WAITS)), MemberState.REPLICA);
        assertWaits(replicaDecides(THIRD, LEADER, status(SECOND, MemberState.STARTING, "", NOON)), MemberState.REPLICA);
        assertWaits(replicaDecides(THIRD, LEADER, replica(SECOND, "does not stream yet")), MemberState.REPLICA);
        assertEquals(
                1, replicaDecides(THIRD, LEADER, replica(SECOND, "")).actions().size());
    }

    @Test
    void aReplicaWaitsForAPrimaryAndForFreshWordOfTheOthers() {
        var opening = status(FIRST, MemberState.OPENING, "", NOON);
        assertWaits(replicaDecides(SECOND, opening, replica(THIRD, "")), MemberState.REPLICA);
        assertWaits(replicaDecides(SECOND, LEADER), MemberState.REPLICA);
        var fromAnEarlierAgent = status(THIRD, MemberState.REPLICA, "", NOON.minusSeconds(4));
        assertWaits(replicaDecides(SECOND, LEADER, fromAnEarlierAgent), MemberState.REPLICA);
        var failed = status(THIRD, MemberState.FAILED, "no space left", NOON);
        assertWaits(replicaDecides(SECOND, LEADER, failed), MemberState.REPLICA);
    }

    @Test
    void thePrimaryIsRestartedOnceEveryReplicaStreamsFromANewerServer() {
        var decision = primaryDecides(whole(), replica(SECOND, ""), replica(THIRD, ""));
        assertEquals(MemberState.STARTING, decision.state());
        assertEquals(List.of(new Action.StopPrimary("PostgreSQL 18.6 follows 18.5")), decision.actions());

        assertWaits(primaryDecides(whole(), replica(SECOND, ""), replica(THIRD, WAITS)), MemberState.PRIMARY);
        assertWaits(primaryDecides(whole(), replica(SECOND, "")), MemberState.PRIMARY);
        var busy = Situations.opened(
                Situations.primary(names(SECOND), Barrier.Outcome.CONFIRMED, streaming(SECOND), streaming(THIRD)));
        var stillGrowing = primaryDecides(busy, replica(SECOND, ""), replica(THIRD, ""));
        assertEquals(MemberState.PRIMARY, stillGrowing.state());
        assertTrue(stillGrowing.actions().stream().noneMatch(Action.StopPrimary.class::isInstance));
    }

    @Test
    void theOnlyMemberIsRestartedAtOnce() {
        var alone = Situations.opened(
                Situations.withSlots(Situations.primary("", Barrier.Outcome.NONE), Map.of(), Set.of()));
        var member = Situations.of(FIRST, record(1, FIRST), primaryData(), new Server.AsPrimary(alone));
        assertEquals(
                List.of(new Action.StopPrimary("PostgreSQL 18.6 follows 18.5")),
                MemberPolicy.decide(Situations.outdated(member)).actions());
    }
}
