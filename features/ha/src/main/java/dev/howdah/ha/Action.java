package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import java.util.List;

/** One thing a member's agent can do. */
sealed interface Action {
    /** initdb, for a branch that never had data. */
    record InitializeData() implements Action {}

    /** Writes the identifier of the branch's first data directory into the record, which forbids a second initdb. */
    record RecordSystemIdentifier(String identifier) implements Action {}

    /** Starts the server without standby.signal: it will be a primary. */
    record StartPrimary() implements Action {}

    /** Starts the server as a standby of the leader. */
    record StartStandby() implements Action {}

    /** Stops a server that must not run, at once. */
    record StopServer(String reason) implements Action {}

    /** Restarts a standby whose receiver does not work. */
    record RestartStandby(String reason) implements Action {}

    /** Stops the primary's server in good order; the next look starts it again. */
    record StopPrimary(String reason) implements Action {}

    /** Copies the leader into this member's data directory, which then is a standby's. What was there is given up. */
    record Clone(String reason, boolean rebuild) implements Action {}

    /** Points a running standby at the leader. */
    record FollowLeader() implements Action {}

    /** Creates the platform's roles. */
    record PrepareServer() implements Action {}

    record CreateSlot(InstanceId member, boolean again) implements Action {}

    record DropSlot(String name) implements Action {}

    /** Ends replication connections that could confirm commits though they are not the platform's. */
    record TerminateFakeVoters(List<WalSender> senders) implements Action {}

    /** Has the server wait for one of these before it acknowledges a commit; none = for nobody. */
    record SetStandbyNames(List<InstanceId> standbys) implements Action {}

    /** Adds to, or (a cluster of one) reduces the voters in the record. */
    record PublishVoters(List<InstanceId> voters) implements Action {}

    /** Takes members out of the voters once the remaining ones have everything that was acknowledged so far. */
    record ShrinkVoters(List<InstanceId> gone, List<InstanceId> remaining) implements Action {}

    /** Commits something that only the quorum can acknowledge; returns at once, the outcome is seen later. */
    record RunBarrier() implements Action {}
}
