package dev.howdah.coordination;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A branch's record and what its agents last reported: all that routing needs. */
public record ClusterView(ClusterRecord record, Map<InstanceId, MemberStatus> statuses) {
    public ClusterView {
        statuses = Map.copyOf(statuses);
    }

    public BranchId branch() {
        return record.branch();
    }

    public Optional<MemberStatus> status(InstanceId id) {
        return Optional.ofNullable(statuses.get(id));
    }

    /** The leader, while its server is open to clients. */
    public Optional<Member> primary() {
        return record.leader().flatMap(record::member).filter(m -> stateOf(m) == MemberState.PRIMARY);
    }

    /** Members that serve reads as standbys. */
    public List<Member> replicas() {
        return record.members().stream()
                .filter(m -> stateOf(m) == MemberState.REPLICA)
                .toList();
    }

    private MemberState stateOf(Member member) {
        return status(member.id()).map(MemberStatus::state).orElse(MemberState.ABSENT);
    }
}
