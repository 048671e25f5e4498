package dev.howdah.ha;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import java.time.Instant;

/**
 * Something that happened to an instance and that people should be able to read later.
 *
 * @param message one sentence with the reason and, where there was one, the cost
 */
public record ClusterEvent(BranchId branch, InstanceId instance, Kind kind, String message, Instant at) {
    /** What happened; the lower-case name is the stable code. */
    public enum Kind {
        DATA_INITIALIZED,
        PRIMARY_OPENED,
        VOTERS_CHANGED,
        REPLICA_STREAMING,
        STREAM_LOST,
        CLONE_STARTED,
        CLONE_FINISHED,
        CLONE_FAILED,
        REBUILD_STARTED,
        SERVER_ADOPTED,
        SERVER_STARTED,
        SERVER_CRASHED,
        SERVER_STOPPED,
        SLOT_RECREATED,
        FAKE_VOTER_TERMINATED,
        MEMBER_FAILED,
        MEMBER_REMOVED
    }
}
