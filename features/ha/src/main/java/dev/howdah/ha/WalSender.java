package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import java.util.Collection;

/** A row of pg_stat_replication. */
record WalSender(
        int pid, String role, String applicationName, String state, String syncState, int syncPriority, Lsn flushed) {
    static final String REPLICATOR = "howdah_replicator";

    /** Whether it is what a member's standby is: the platform's own role, under the member's name. */
    boolean isOf(InstanceId member) {
        return role.equals(REPLICATOR) && applicationName.equals(member.toString());
    }

    boolean streams() {
        return state.equals("streaming");
    }

    /**
     * Whether the server takes its word for a commit, or will at its first message, although the platform did not start it. The view shows a
     * priority only once something was confirmed, which may be too late; the name, which the server compares without case, tells before.
     */
    boolean isFakeVoter(Collection<InstanceId> members) {
        var named = members.stream().anyMatch(member -> applicationName.equalsIgnoreCase(member.toString()));
        return !role.equals(REPLICATOR) && (named || syncPriority > 0);
    }
}
