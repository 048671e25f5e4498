package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;

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

    /** Whether the server would take its word for a commit although the platform did not start it. */
    boolean isFakeVoter() {
        return !role.equals(REPLICATOR) && (syncPriority > 0 || !syncState.equals("async"));
    }
}
