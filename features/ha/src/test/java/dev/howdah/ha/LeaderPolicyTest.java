package dev.howdah.ha;

import static dev.howdah.ha.Situations.FIRST;
import static dev.howdah.ha.Situations.FLUSHED;
import static dev.howdah.ha.Situations.NOON;
import static dev.howdah.ha.Situations.SECOND;
import static dev.howdah.ha.Situations.THIRD;
import static dev.howdah.ha.Situations.names;
import static dev.howdah.ha.Situations.primaryData;
import static dev.howdah.ha.Situations.record;
import static dev.howdah.ha.Situations.streaming;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.MemberState;
import dev.howdah.ha.Barrier.Outcome;
import dev.howdah.ha.MemberSnapshot.DataDirectory;
import dev.howdah.ha.MemberSnapshot.Server;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LeaderPolicyTest {
    private static Decision decide(ClusterRecord record, DataDirectory data, Server server) {
        return MemberPolicy.decide(Situations.of(FIRST, record, data, server));
    }

    private static Decision lead(ClusterRecord record, PrimaryFacts primary) {
        return decide(record, primaryData(), new Server.AsPrimary(primary));
    }

    @Test
    void aNewBranchGetsDataExactlyOnce() {
        var first = decide(Situations.newRecord(3), new DataDirectory.Missing(), new Server.Down());
        assertEquals(List.of(new Action.InitializeData()), first.actions());

        var then = decide(Situations.newRecord(3), primaryData(), new Server.Down());
        assertEquals(List.of(new Action.RecordSystemIdentifier(Situations.IDENTIFIER)), then.actions());
    }

    @Test
    void dataThatIsGoneIsNeverMadeAnew() {
        var decision = decide(record(3, FIRST), new DataDirectory.Missing(), new Server.Down());
        assertEquals(MemberState.FAILED, decision.state());
        assertEquals(List.of(), decision.actions());
        assertTrue(decision.detail().contains(Situations.IDENTIFIER), decision.detail());
    }

    @Test
    void dataOfAnotherClusterIsNamedAndNeverServed() {
        var foreign = new DataDirectory.Present("999", false);
        var down = decide(record(3, FIRST), foreign, new Server.Down());
        assertEquals(MemberState.FAILED, down.state());
        assertEquals(List.of(), down.actions());
        assertTrue(down.detail().contains("999") && down.detail().contains(Situations.IDENTIFIER), down.detail());

        var up = decide(record(3, FIRST), foreign, new Server.Silent("starts"));
        assertTrue(up.actions().getFirst() instanceof Action.StopServer);
    }

    @Test
    void aStandbysDataIsNotStartedAsAPrimary() {
        var decision = decide(record(3, FIRST), Situations.standbyData(), new Server.Down());
        assertEquals(MemberState.FAILED, decision.state());
        assertEquals(List.of(), decision.actions());
    }

    @Test
    void aCrashedServerIsStartedAgainAtOnceAndThenEverMoreSlowly() {
        var member = Situations.of(FIRST, record(3, FIRST), primaryData(), new Server.Down());
        var once = Restarts.NONE.after("it crashed", NOON);
        assertEquals(
                List.of(new Action.StartPrimary()),
                MemberPolicy.decide(Situations.withRestarts(member, once)).actions());

        var twice = MemberPolicy.decide(Situations.withRestarts(member, once.after("it crashed", NOON)));
        assertEquals(MemberState.FAILED, twice.state());
        assertEquals(List.of(), twice.actions());
        assertEquals("it crashed (2 times in a row, tried again in 1 s)", twice.detail());

        var often = once;
        for (var i = 0; i < 100; i++) {
            often = often.after("it crashed", NOON);
        }
        assertEquals(NOON.plus(Restarts.PAUSE_MAX), often.notBefore());
    }

    @Test
    void aClusterOfOneOpensWithoutWaitingForAnybody() {
        var decision =
                lead(record(1, FIRST), Situations.withSlots(Situations.primary("", Outcome.NONE), Map.of(), Set.of()));
        assertEquals(new Decision(MemberState.PRIMARY, "", List.of()), decision);
    }

    @Test
    void aClusterThatShrankToOneWritesTheRecordBeforeItEmptiesTheNames() {
        var primary = Situations.withSlots(Situations.primary(names(SECOND), Outcome.CONFIRMED), Map.of(), Set.of());
        var record = record(1).withVoters(List.of());
        assertEquals(
                List.of(new Action.PublishVoters(List.of(FIRST)), new Action.SetStandbyNames(List.of())),
                lead(record, primary).actions());
    }

    @Test
    void nothingIsOpenBeforeThePlatformsRolesAreThere() {
        var decision = lead(record(1, FIRST), Situations.unprepared(Situations.primary("", Outcome.NONE)));
        assertEquals(MemberState.STARTING, decision.state());
        assertEquals(List.of(new Action.PrepareServer()), decision.actions());
    }

    @Test
    void aNewClusterStaysClosedUntilAReplicaVotesAndABarrierIsBack() {
        var lonely = lead(record(3, FIRST), Situations.primary("", Outcome.NONE));
        assertEquals(MemberState.OPENING, lonely.state());
        assertEquals(List.of(), lonely.actions());

        var joined = lead(record(3, FIRST), Situations.primary("", Outcome.NONE, streaming(SECOND)));
        assertEquals(MemberState.OPENING, joined.state());
        assertEquals(
                List.of(new Action.PublishVoters(List.of(FIRST, SECOND)), new Action.SetStandbyNames(List.of(SECOND))),
                joined.actions());

        var voter = record(3, FIRST, SECOND);
        var named = lead(voter, Situations.primary(names(SECOND), Outcome.NONE, streaming(SECOND)));
        assertEquals(MemberState.OPENING, named.state());
        assertEquals(List.of(new Action.RunBarrier()), named.actions());

        var waiting = lead(voter, Situations.primary(names(SECOND), Outcome.WAITING, streaming(SECOND)));
        assertEquals(new Decision(MemberState.OPENING, waiting.detail(), List.of()), waiting);

        var open = lead(voter, Situations.primary(names(SECOND), Outcome.CONFIRMED, streaming(SECOND)));
        assertEquals(new Decision(MemberState.PRIMARY, "", List.of()), open);
    }

    @Test
    void aBarrierIsNotTrustedWhileTheNamesAreNotTheVoters() {
        var decision = lead(record(3, FIRST, SECOND), Situations.primary("", Outcome.NONE, streaming(SECOND)));
        assertEquals(List.of(new Action.SetStandbyNames(List.of(SECOND))), decision.actions());
    }

    @Test
    void aReplicaFarBehindOrNotThePlatformsDoesNotVote() {
        var lag = VoterPolicy.JOIN_LAG_MAX.count();
        assertEquals(
                List.of(),
                lead(record(3, FIRST), Situations.primary("", Outcome.NONE, Situations.behind(SECOND, lag)))
                        .actions());
        assertFalse(lead(record(3, FIRST), Situations.primary("", Outcome.NONE, Situations.behind(SECOND, lag - 1)))
                .actions()
                .isEmpty());

        var stranger = new WalSender(8, "postgres", SECOND.toString(), "streaming", "async", 0, FLUSHED);
        assertEquals(
                List.of(new Action.TerminateFakeVoters(List.of(stranger)), new Action.RunBarrier()),
                lead(record(3, FIRST), Situations.primary("", Outcome.NONE, stranger))
                        .actions());
    }

    @Test
    void aFakeVoterIsKnownByItsNameInAnyCaseAndByItsPriority() {
        var all = List.of(FIRST, SECOND, THIRD);
        var shouting = new WalSender(8, "app", "ABCDEFGHIJ01-2", "catchup", "async", 0, FLUSHED);
        var matching = new WalSender(8, "app", "else", "streaming", "quorum", 1, FLUSHED);
        var honest = new WalSender(8, "app", "consumer", "streaming", "async", 0, FLUSHED);
        assertTrue(shouting.isFakeVoter(all));
        assertTrue(matching.isFakeVoter(all));
        assertFalse(honest.isFakeVoter(all));
        assertFalse(streaming(SECOND).isFakeVoter(all));
    }

    @Test
    void aLostVoterLeavesTheNamesFirstAndTheRecordOnlyThen() {
        var all = record(3, FIRST, SECOND, THIRD);
        var lost = Situations.primary(names(SECOND, THIRD), Outcome.CONFIRMED, streaming(SECOND));
        assertEquals(
                List.of(new Action.SetStandbyNames(List.of(SECOND))),
                lead(all, lost).actions());

        var renamed = Situations.primary(names(SECOND), Outcome.CONFIRMED, streaming(SECOND));
        assertEquals(
                List.of(new Action.ShrinkVoters(List.of(THIRD), List.of(SECOND))),
                lead(all, renamed).actions());
    }

    @Test
    void aVoterThatStillCountsIsNotTakenOutOfTheRecord() {
        var zombie = new WalSender(9, WalSender.REPLICATOR, THIRD.toString(), "stopping", "quorum", 1, FLUSHED);
        var primary = Situations.primary(names(SECOND), Outcome.CONFIRMED, streaming(SECOND), zombie);
        assertEquals(List.of(), lead(record(3, FIRST, SECOND, THIRD), primary).actions());
    }

    @Test
    void aBlipCostsNoVoter() {
        var primary = Situations.lastSeen(
                Situations.primary(names(SECOND, THIRD), Outcome.CONFIRMED, streaming(SECOND)),
                THIRD,
                Duration.ofMillis(900));
        assertEquals(List.of(), lead(record(3, FIRST, SECOND, THIRD), primary).actions());
    }

    @Test
    void aVoterThatReturnsDuringTheShrinkGetsItsNameBack() {
        var primary = Situations.primary(names(SECOND), Outcome.CONFIRMED, streaming(SECOND), streaming(THIRD));
        assertEquals(
                List.of(new Action.SetStandbyNames(List.of(SECOND, THIRD))),
                lead(record(3, FIRST, SECOND, THIRD), primary).actions());
    }

    @Test
    void withoutAnyReplicaTheNamesStayAndCommitsWait() {
        var alone = Situations.opened(Situations.primary(names(SECOND, THIRD), Outcome.CONFIRMED));
        var decision = lead(record(3, FIRST, SECOND, THIRD), alone);
        assertEquals(List.of(), decision.actions());
        assertEquals(MemberState.PRIMARY, decision.state());
        assertTrue(decision.detail().contains("commits wait"), decision.detail());
    }

    @Test
    void namesOutliveTheirVotersWhenThoseWereTakenOutOfTheRecord() {
        var primary = Situations.opened(Situations.primary(names(THIRD), Outcome.CONFIRMED));
        assertEquals(List.of(), lead(record(3, FIRST), primary).actions());
    }

    @Test
    void aMissingSlotIsMadeAndIsNewsWhenThereWasOne() {
        var whole = Situations.primary(names(SECOND), Outcome.CONFIRMED, streaming(SECOND));
        var slot = new PrimaryFacts.Slot(true, false);
        var fresh = Situations.withSlots(whole, Map.of(SECOND.slotName(), slot), Set.of());
        assertEquals(
                List.of(new Action.CreateSlot(THIRD, false)),
                lead(record(3, FIRST, SECOND), fresh).actions());

        var again = Situations.withSlots(whole, Map.of(SECOND.slotName(), slot), Set.of(THIRD.slotName()));
        assertEquals(
                List.of(new Action.CreateSlot(THIRD, true)),
                lead(record(3, FIRST, SECOND), again).actions());
    }

    @Test
    void aLostSlotIsReplacedAndAFormerMembersDropped() {
        var whole = Situations.primary(names(SECOND), Outcome.CONFIRMED, streaming(SECOND));
        var slots = Map.of(SECOND.slotName(), new PrimaryFacts.Slot(false, true));
        assertEquals(
                List.of(new Action.DropSlot(SECOND.slotName()), new Action.CreateSlot(SECOND, true)),
                lead(record(2, FIRST, SECOND), Situations.withSlots(whole, slots, Set.of()))
                        .actions());

        var former = Map.of(
                SECOND.slotName(),
                new PrimaryFacts.Slot(true, false),
                THIRD.slotName(),
                new PrimaryFacts.Slot(false, false));
        assertEquals(
                List.of(new Action.DropSlot(THIRD.slotName())),
                lead(record(2, FIRST, SECOND), Situations.withSlots(whole, former, Set.of()))
                        .actions());
    }
}
