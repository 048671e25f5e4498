package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Everything a decision about one member may look at, taken at one time.
 *
 * @param copying the progress of initdb or a base backup that is under way
 * @param restarts failures of the server in a row
 * @param copies failures of initdb or base backups in a row
 * @param link how a standby would follow the leader; {@link ReplicaLink#NONE} without one
 * @param outdated that its server runs an older program than the node has
 */
record MemberSnapshot(
        InstanceId self,
        ClusterRecord record,
        Map<InstanceId, MemberStatus> statuses,
        DataDirectory data,
        Server server,
        Optional<String> copying,
        Restarts restarts,
        Restarts copies,
        ReplicaLink link,
        Optional<Outdated> outdated,
        Instant now) {
    /** A status older than this says nothing about now. */
    static final Duration STATUS_AGE_MAX = Duration.ofSeconds(5);

    /** The member's directory on disk. */
    sealed interface DataDirectory {
        record Missing() implements DataDirectory {}

        record Unreadable(String reason) implements DataDirectory {}

        /** @param standby whether a start would make it a standby */
        record Present(String systemIdentifier, boolean standby) implements DataDirectory {}
    }

    /** The member's server process. */
    sealed interface Server {
        record Down() implements Server {}

        /** Its process is there but answers no query: it starts, recovers, or hangs. */
        record Silent(String reason) implements Server {}

        record AsPrimary(PrimaryFacts facts) implements Server {}

        record AsStandby(StandbyFacts facts) implements Server {}
    }

    MemberSnapshot withServer(Server seen) {
        return new MemberSnapshot(self, record, statuses, data, seen, copying, restarts, copies, link, outdated, now);
    }

    boolean leads() {
        return record.leader().equals(Optional.of(self));
    }

    Optional<Member> leader() {
        return record.leader().flatMap(record::member);
    }

    /** The leader's status while its server is up and the word of it is fresh. */
    Optional<MemberStatus> leaderUp() {
        return record.leader()
                .flatMap(id -> Optional.ofNullable(statuses.get(id)))
                .filter(status -> status.state() == MemberState.OPENING || status.state() == MemberState.PRIMARY)
                .filter(status -> status.seenAt().plus(STATUS_AGE_MAX).isAfter(now));
    }
}
