package dev.howdah.ha;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.ha.MemberSnapshot.DataDirectory;
import dev.howdah.ha.MemberSnapshot.Server;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Snapshots for the tests of decisions: a cluster of three at noon, its leader is the first. */
final class Situations {
    static final BranchId BRANCH = new BranchId("abcdefghij01");
    static final InstanceId FIRST = new InstanceId(BRANCH, 1);
    static final InstanceId SECOND = new InstanceId(BRANCH, 2);
    static final InstanceId THIRD = new InstanceId(BRANCH, 3);
    static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
    static final String IDENTIFIER = "7312";
    static final Lsn FLUSHED = new Lsn(100_000_000);

    private Situations() {}

    static Member member(int number) {
        var address = new ServerAddress.UnixSocket(Path.of("/run/howdah"), 20_000 + number);
        return new Member(new InstanceId(BRANCH, number), "zone-" + number, address);
    }

    static ClusterRecord record(int members, InstanceId... voters) {
        return new ClusterRecord(
                BRANCH,
                new Epoch(1),
                Optional.of(FIRST),
                Optional.of(IDENTIFIER),
                IntStream.rangeClosed(1, members).mapToObj(Situations::member).toList(),
                List.of(voters));
    }

    static ClusterRecord newRecord(int members) {
        var record = record(members, FIRST);
        return new ClusterRecord(
                BRANCH, record.epoch(), record.leader(), Optional.empty(), record.members(), record.voters());
    }

    static DataDirectory primaryData() {
        return new DataDirectory.Present(IDENTIFIER, false);
    }

    static DataDirectory standbyData() {
        return new DataDirectory.Present(IDENTIFIER, true);
    }

    static MemberSnapshot of(InstanceId self, ClusterRecord record, DataDirectory data, Server server) {
        var leader = record.leader().flatMap(record::member);
        var link = leader.filter(member -> !member.id().equals(self))
                .map(member -> ReplicaLink.to(member, self))
                .orElse(ReplicaLink.NONE);
        return new MemberSnapshot(
                self,
                record,
                Map.of(),
                data,
                server,
                Optional.empty(),
                Restarts.NONE,
                Restarts.NONE,
                link,
                Optional.empty(),
                NOON);
    }

    static MemberSnapshot withLeaderUp(MemberSnapshot member) {
        return withLeader(member, MemberState.PRIMARY, NOON);
    }

    static MemberSnapshot withLeader(MemberSnapshot member, MemberState state, Instant seenAt) {
        var status = new MemberStatus(FIRST, state, 1, FLUSHED, FLUSHED, Optional.empty(), "", seenAt);
        return new MemberSnapshot(
                member.self(),
                member.record(),
                Map.of(FIRST, status),
                member.data(),
                member.server(),
                member.copying(),
                member.restarts(),
                member.copies(),
                member.link(),
                member.outdated(),
                member.now());
    }

    static MemberSnapshot withRestarts(MemberSnapshot member, Restarts restarts) {
        return new MemberSnapshot(
                member.self(),
                member.record(),
                member.statuses(),
                member.data(),
                member.server(),
                member.copying(),
                restarts,
                member.copies(),
                member.link(),
                member.outdated(),
                member.now());
    }

    /** Found three seconds ago with PostgreSQL 18.5 running, where 18.6 would be started. */
    static MemberSnapshot outdated(MemberSnapshot member, MemberStatus... statuses) {
        return new MemberSnapshot(
                member.self(),
                member.record(),
                Stream.of(statuses).collect(Collectors.toMap(MemberStatus::id, status -> status)),
                member.data(),
                member.server(),
                member.copying(),
                member.restarts(),
                member.copies(),
                member.link(),
                Outdated.of("18.5", "18.6", NOON.minusSeconds(3)),
                member.now());
    }

    static MemberStatus status(InstanceId id, MemberState state, String detail, Instant seenAt) {
        return new MemberStatus(id, state, 1, FLUSHED, FLUSHED, Optional.empty(), detail, seenAt);
    }

    static WalSender streaming(InstanceId standby) {
        return new WalSender(7, WalSender.REPLICATOR, standby.toString(), "streaming", "quorum", 1, FLUSHED);
    }

    static WalSender behind(InstanceId standby, long bytes) {
        var flushed = new Lsn(FLUSHED.value() - bytes);
        return new WalSender(7, WalSender.REPLICATOR, standby.toString(), "streaming", "async", 0, flushed);
    }

    /** A primary that is prepared, has the slots of all others of three, and watches for an hour. */
    static PrimaryFacts primary(String names, Barrier.Outcome barrier, WalSender... senders) {
        var slot = new PrimaryFacts.Slot(true, false);
        return new PrimaryFacts(
                true,
                1,
                FLUSHED,
                names,
                List.of(senders),
                Map.of(SECOND.slotName(), slot, THIRD.slotName(), slot),
                Set.of(),
                Map.of(),
                NOON.minusSeconds(3600),
                barrier,
                false);
    }

    static PrimaryFacts withSlots(PrimaryFacts facts, Map<String, PrimaryFacts.Slot> slots, Set<String> seen) {
        return new PrimaryFacts(
                facts.prepared(),
                facts.timeline(),
                facts.flushed(),
                facts.standbyNames(),
                facts.senders(),
                slots,
                seen,
                facts.lastStreaming(),
                facts.watchedSince(),
                facts.barrier(),
                facts.opened());
    }

    static PrimaryFacts opened(PrimaryFacts facts) {
        return new PrimaryFacts(
                facts.prepared(),
                facts.timeline(),
                facts.flushed(),
                facts.standbyNames(),
                facts.senders(),
                facts.slots(),
                facts.slotsSeen(),
                facts.lastStreaming(),
                facts.watchedSince(),
                facts.barrier(),
                true);
    }

    static PrimaryFacts lastSeen(PrimaryFacts facts, InstanceId standby, Duration ago) {
        return new PrimaryFacts(
                facts.prepared(),
                facts.timeline(),
                facts.flushed(),
                facts.standbyNames(),
                facts.senders(),
                facts.slots(),
                facts.slotsSeen(),
                Map.of(standby, NOON.minus(ago)),
                facts.watchedSince(),
                facts.barrier(),
                facts.opened());
    }

    static PrimaryFacts unprepared(PrimaryFacts facts) {
        return new PrimaryFacts(
                false,
                facts.timeline(),
                facts.flushed(),
                facts.standbyNames(),
                facts.senders(),
                facts.slots(),
                facts.slotsSeen(),
                facts.lastStreaming(),
                facts.watchedSince(),
                facts.barrier(),
                facts.opened());
    }

    static StandbyFacts silent(Duration since, boolean restarted, Optional<StandbyFacts.Upstream> upstream) {
        var link = ReplicaLink.to(member(1), SECOND);
        return new StandbyFacts(
                1,
                FLUSHED,
                FLUSHED,
                false,
                Optional.empty(),
                link.conninfo(),
                link.slot(),
                Optional.of(NOON.minus(since)),
                restarted,
                upstream);
    }

    static StandbyFacts streamingFrom(ReplicaLink link) {
        return new StandbyFacts(
                1,
                FLUSHED,
                FLUSHED,
                true,
                Optional.of(Duration.ZERO),
                link.conninfo(),
                link.slot(),
                Optional.empty(),
                false,
                Optional.empty());
    }

    static String names(InstanceId... standbys) {
        return StandbyNames.of(Stream.of(standbys).toList());
    }
}
