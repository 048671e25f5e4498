package dev.howdah.coordination;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import dev.howdah.base.InstanceId;
import java.util.List;
import java.util.Optional;

/**
 * What the jobs have agreed on about one branch.
 *
 * @param epoch grows with every change of {@code leader}
 * @param leader who may be primary; empty while nobody may
 * @param members every instance, in the order of their ids
 * @param systemIdentifier of the data that every member holds; empty until the branch's first data directory exists, and never changed after
 * @param voters whose flush may acknowledge a commit, the leader included; a superset of what {@code synchronous_standby_names} names
 */
public record ClusterRecord(
        BranchId branch,
        Epoch epoch,
        Optional<InstanceId> leader,
        Optional<String> systemIdentifier,
        List<Member> members,
        List<InstanceId> voters) {
    public ClusterRecord {
        members = List.copyOf(members);
        voters = List.copyOf(voters);
        var ids = members.stream().map(Member::id).toList();
        require(ids.stream().distinct().count() == ids.size(), "members differ from each other");
        require(ids.containsAll(voters), "voters are members");
        require(leader.isEmpty() || ids.contains(leader.get()), "the leader is a member");
    }

    public Optional<Member> member(InstanceId id) {
        return members.stream().filter(m -> m.id().equals(id)).findFirst();
    }

    public ClusterRecord withVoters(List<InstanceId> others) {
        return new ClusterRecord(branch, epoch, leader, systemIdentifier, members, others);
    }

    public ClusterRecord withMembers(List<Member> others) {
        return new ClusterRecord(branch, epoch, leader, systemIdentifier, others, voters);
    }

    /** For the branch's first data directory; a record that has an identifier keeps it for ever. */
    public ClusterRecord withSystemIdentifier(String identifier) {
        require(systemIdentifier.isEmpty(), "branch %s has a system identifier already".formatted(branch));
        return new ClusterRecord(branch, epoch, leader, Optional.of(identifier), members, voters);
    }
}
