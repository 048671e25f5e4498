package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.ha.MemberSnapshot.DataDirectory;
import dev.howdah.ha.MemberSnapshot.Server;
import java.util.ArrayList;
import java.util.List;

/** Decides for the member that the record names leader. */
final class LeaderPolicy {
    private LeaderPolicy() {}

    static Decision decide(MemberSnapshot member) {
        return switch (member.data()) {
            case DataDirectory.Missing _ -> withoutData(member);
            case DataDirectory.Unreadable(var reason) -> Decision.of(MemberState.FAILED, reason);
            case DataDirectory.Present present -> withData(member, present);
        };
    }

    private static Decision withoutData(MemberSnapshot member) {
        var identifier = member.record().systemIdentifier();
        if (identifier.isPresent()) {
            // A second initdb would turn "the disk is not mounted" into "the data is gone for good".
            return Decision.of(
                    MemberState.FAILED,
                    "the data directory of the primary %s is gone; it held system identifier %s and is not made anew"
                            .formatted(member.self(), identifier.get()));
        }
        if (!member.copies().allowed(member.now())) {
            return Decision.of(MemberState.FAILED, member.copies().detail(member.now()));
        }
        return Decision.of(MemberState.CLONING, "initdb", new Action.InitializeData());
    }

    private static Decision withData(MemberSnapshot member, DataDirectory.Present data) {
        if (member.record().systemIdentifier().isEmpty()) {
            return Decision.of(
                    MemberState.STARTING, "initdb is done", new Action.RecordSystemIdentifier(data.systemIdentifier()));
        }
        if (data.standby()) {
            return Decision.of(
                    MemberState.FAILED,
                    "the record names %s the primary, but its data directory is a standby's".formatted(member.self()));
        }
        return switch (member.server()) {
            case Server.Down _ -> start(member);
            case Server.Silent(var reason) -> Decision.of(MemberState.STARTING, reason);
            case Server.AsStandby _ -> Decision.of(MemberState.STARTING, "the server is in recovery");
            case Server.AsPrimary(var primary) -> lead(member, primary);
        };
    }

    private static Decision start(MemberSnapshot member) {
        var restarts = member.restarts();
        return restarts.allowed(member.now())
                ? Decision.of(MemberState.STARTING, restarts.detail(member.now()), new Action.StartPrimary())
                : Decision.of(MemberState.FAILED, restarts.detail(member.now()));
    }

    private static Decision lead(MemberSnapshot member, PrimaryFacts primary) {
        var actions = new ArrayList<Action>();
        var ids = member.record().members().stream().map(Member::id).toList();
        var fakes = primary.senders().stream()
                .filter(sender -> sender.isFakeVoter(ids))
                .toList();
        if (!fakes.isEmpty()) {
            actions.add(new Action.TerminateFakeVoters(fakes));
        }
        if (!primary.prepared()) {
            actions.add(new Action.PrepareServer());
            return new Decision(MemberState.STARTING, "the platform's roles are being made", actions);
        }
        actions.addAll(slots(member, primary));
        actions.addAll(VoterPolicy.decide(member, primary));
        if (needsBarrier(member, primary) || !fakes.isEmpty()) {
            // What a fake voter released may be on no replica; once the barrier is back, it is.
            actions.add(new Action.RunBarrier());
        }
        return openness(member, primary, actions);
    }

    // A barrier says something only once the names are those of voters; before, nobody would have to confirm it.
    private static boolean needsBarrier(MemberSnapshot member, PrimaryFacts primary) {
        return primary.barrier() == Barrier.Outcome.NONE
                && !primary.standbyNames().isEmpty()
                && primary.standbyNames().equals(StandbyNames.of(VoterPolicy.otherVoters(member)));
    }

    private static Decision openness(MemberSnapshot member, PrimaryFacts primary, List<Action> actions) {
        if (primary.opened() || isAlone(member) || primary.barrier() == Barrier.Outcome.CONFIRMED) {
            return open(member, primary, actions);
        }
        var detail = VoterPolicy.otherVoters(member).isEmpty()
                ? "waits for the first replica to stream"
                : "waits for a replica to confirm a commit";
        return new Decision(MemberState.OPENING, detail, actions);
    }

    // Only a primary at peace is restarted: open, with nothing to do and every replica streaming.
    private static Decision open(MemberSnapshot member, PrimaryFacts primary, List<Action> actions) {
        var waiting = waitingDetail(member, primary);
        if (member.outdated().isEmpty() || !waiting.isEmpty()) {
            return new Decision(MemberState.PRIMARY, waiting, actions);
        }
        var outdated = member.outdated().get();
        if (primary.opened() && actions.isEmpty() && outdated.isTurnOfPrimary(member)) {
            // Not open from now on, so that clients are held and not cut off at a server that stops.
            return Decision.of(
                    MemberState.STARTING,
                    "is restarted: " + outdated.reason(),
                    new Action.StopPrimary(outdated.reason()));
        }
        return new Decision(MemberState.PRIMARY, outdated.detail(), actions);
    }

    private static boolean isAlone(MemberSnapshot member) {
        return member.record().members().size() == 1;
    }

    private static String waitingDetail(MemberSnapshot member, PrimaryFacts primary) {
        var voters = VoterPolicy.otherVoters(member);
        var confirmable = voters.isEmpty()
                || voters.stream()
                        .anyMatch(voter ->
                                primary.sender(voter).filter(WalSender::streams).isPresent());
        return confirmable ? "" : "commits wait: no replica that may confirm them is streaming";
    }

    private static List<Action> slots(MemberSnapshot member, PrimaryFacts primary) {
        var actions = new ArrayList<Action>();
        var others = member.record().members().stream()
                .map(Member::id)
                .filter(id -> !id.equals(member.self()))
                .toList();
        for (var other : others) {
            actions.addAll(slotOf(other, member, primary));
        }
        var wanted = others.stream().map(InstanceId::slotName).toList();
        primary.slots().forEach((name, slot) -> {
            if (!wanted.contains(name) && !slot.active()) {
                actions.add(new Action.DropSlot(name));
            }
        });
        return actions;
    }

    private static List<Action> slotOf(InstanceId other, MemberSnapshot member, PrimaryFacts primary) {
        var slot = primary.slots().get(other.slotName());
        if (slot == null) {
            var hadOne = primary.slotsSeen().contains(other.slotName())
                    || member.record().voters().contains(other);
            return List.of(new Action.CreateSlot(other, hadOne));
        }
        return slot.lost() && !slot.active()
                ? List.of(new Action.DropSlot(other.slotName()), new Action.CreateSlot(other, true))
                : List.of();
    }
}
