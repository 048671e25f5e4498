package dev.howdah.ha;

import dev.howdah.base.Bytes;
import dev.howdah.base.InstanceId;
import dev.howdah.coordination.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Decides who may confirm commits. Two things must agree: the voters in the record, which a later choice of a new primary reads, and
 * {@code synchronous_standby_names}, which the server obeys. At every moment the voters are a superset of the names, also when the agent
 * dies between two steps:
 *
 * <ul>
 *   <li>grow: first the record, then the names;
 *   <li>shrink: first the names, then wait until the remaining voters have all that was acknowledged, then the record;
 *   <li>the last other voter stays for ever: without it commits wait, since without names they would all be acknowledged at once.
 * </ul>
 */
final class VoterPolicy {
    /** A replica this close joins without making commits wait for it. */
    static final Bytes JOIN_LAG_MAX = Bytes.ofMegabytes(1);

    /** A voter that came and went within this time stays, so that a blip costs nothing. */
    static final Duration ABSENCE_MAX = Duration.ofSeconds(1);

    private VoterPolicy() {}

    static List<InstanceId> otherVoters(MemberSnapshot member) {
        return member.record().voters().stream()
                .filter(id -> !id.equals(member.self()))
                .sorted()
                .toList();
    }

    static List<Action> decide(MemberSnapshot member, PrimaryFacts primary) {
        return member.record().members().size() == 1 ? alone(member, primary) : together(member, primary);
    }

    // The record says that there is no replica, so nobody else can ever become primary: the names may be empty.
    private static List<Action> alone(MemberSnapshot member, PrimaryFacts primary) {
        var actions = new ArrayList<Action>();
        if (!member.record().voters().equals(List.of(member.self()))) {
            actions.add(new Action.PublishVoters(List.of(member.self())));
        }
        if (!primary.standbyNames().isEmpty()) {
            actions.add(new Action.SetStandbyNames(List.of()));
        }
        return actions;
    }

    private static List<Action> together(MemberSnapshot member, PrimaryFacts primary) {
        var actions = new ArrayList<Action>();
        var others = otherVoters(member);
        var joining = joining(member, primary);
        if (!joining.isEmpty() || !member.record().voters().contains(member.self())) {
            others = Stream.concat(others.stream(), joining.stream()).sorted().toList();
            actions.add(new Action.PublishVoters(Stream.concat(Stream.of(member.self()), others.stream())
                    .sorted()
                    .toList()));
        }
        actions.addAll(names(member, primary, others));
        return actions;
    }

    private static List<InstanceId> joining(MemberSnapshot member, PrimaryFacts primary) {
        return member.record().members().stream()
                .map(Member::id)
                .filter(id -> !id.equals(member.self()))
                .filter(id -> !member.record().voters().contains(id))
                .filter(id -> primary.sender(id)
                        .filter(WalSender::streams)
                        .filter(sender -> primary.flushed().minus(sender.flushed()) < JOIN_LAG_MAX.count())
                        .isPresent())
                .toList();
    }

    private static List<Action> names(MemberSnapshot member, PrimaryFacts primary, List<InstanceId> others) {
        var gone = others.stream().filter(id -> isGone(id, member, primary)).toList();
        var remaining = others.stream().filter(id -> !gone.contains(id)).toList();
        var wanted = remaining.isEmpty() ? others : remaining;
        if (wanted.isEmpty()) {
            return List
                    .of(); // nobody has voted yet, or who did was taken out of the record: the names stay as they are
        }
        if (!primary.standbyNames().equals(StandbyNames.of(wanted))) {
            return List.of(new Action.SetStandbyNames(wanted));
        }
        var mayShrink =
                !gone.isEmpty() && !remaining.isEmpty() && gone.stream().noneMatch(id -> stillCounts(id, primary));
        return mayShrink ? List.of(new Action.ShrinkVoters(gone, remaining)) : List.of();
    }

    private static boolean isGone(InstanceId id, MemberSnapshot member, PrimaryFacts primary) {
        var streams = primary.sender(id).filter(WalSender::streams).isPresent();
        return !streams && primary.lastStreamingOf(id).plus(ABSENCE_MAX).isBefore(member.now());
    }

    // Each wal sender publishes its own priority, a moment after the reload: until then the server still takes its
    // word.
    private static boolean stillCounts(InstanceId id, PrimaryFacts primary) {
        return primary.senders().stream().anyMatch(sender -> sender.isOf(id) && sender.syncPriority() > 0);
    }
}
