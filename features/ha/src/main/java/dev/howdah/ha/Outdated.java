package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A running server whose program is an older minor version than the node's, as after an upgrade of Howdah over servers that went on. Members
 * take turns: replicas by number, each once all others stream; the primary last. Statuses have no field for it, so it is said in their detail,
 * which people read too.
 *
 * @param since when this agent found it; statuses from before may be those of an agent that knew no newer version
 */
record Outdated(String running, String wanted, Instant since) {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");
    private static final String MARK = "runs PostgreSQL ";

    /** Empty unless both are of one major version and {@code running} is the older one. */
    static Optional<Outdated> of(String running, String wanted, Instant since) {
        var from = VERSION.matcher(running);
        var to = VERSION.matcher(wanted);
        var older =
                from.matches() && to.matches() && number(from, 1) == number(to, 1) && number(from, 2) < number(to, 2);
        return older ? Optional.of(new Outdated(running, wanted, since)) : Optional.empty();
    }

    private static int number(Matcher version, int group) {
        return Integer.parseInt(version.group(group));
    }

    /** For the status of a member that waits for its turn. */
    String detail() {
        return MARK + running + "; is restarted on " + wanted + " at its turn";
    }

    String reason() {
        return "PostgreSQL %s follows %s".formatted(wanted, running);
    }

    /** Whether a replica may be restarted now: the primary is open, every other replica streams, and none before it waits. */
    boolean isTurnOfReplica(MemberSnapshot member) {
        var primaryOpen = member.leaderUp()
                .filter(status -> status.state() == MemberState.PRIMARY)
                .isPresent();
        return primaryOpen && others(member, status -> isNewer(status) || isAfter(member.self(), status));
    }

    /** Whether the primary may: every replica streams from a server that is not older. */
    boolean isTurnOfPrimary(MemberSnapshot member) {
        return others(member, Outdated::isNewer);
    }

    private boolean others(MemberSnapshot member, Predicate<MemberStatus> good) {
        return member.record().members().stream()
                .map(Member::id)
                .filter(id -> !id.equals(member.self()) && !isLeader(member, id))
                .allMatch(id -> Optional.ofNullable(member.statuses().get(id))
                        .filter(status -> !status.seenAt().isBefore(since))
                        .filter(status -> status.seenAt()
                                .plus(MemberSnapshot.STATUS_AGE_MAX)
                                .isAfter(member.now()))
                        .filter(good)
                        .isPresent());
    }

    private static boolean isLeader(MemberSnapshot member, InstanceId id) {
        return member.record().leader().equals(Optional.of(id));
    }

    private static boolean isNewer(MemberStatus replica) {
        return replica.state() == MemberState.REPLICA && replica.detail().isEmpty();
    }

    private static boolean isAfter(InstanceId self, MemberStatus replica) {
        return replica.state() == MemberState.REPLICA
                && replica.detail().startsWith(MARK)
                && replica.id().compareTo(self) > 0;
    }
}
