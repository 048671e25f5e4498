package dev.howdah.coordination;

import dev.howdah.base.BranchId;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The little that jobs must agree on: one {@link ClusterRecord} per branch, changed only by compare-and-swap, and the last
 * {@link MemberStatus} of each instance. Thread-safe. Reads see every change that had returned before they began.
 *
 * <p>A store that cannot be reached or written throws {@link CoordinationException}; nothing was agreed on then as far as the caller knows.
 */
public interface Coordination extends AutoCloseable {
    /** The record and the revision to name in {@link #compareAndSet}; empty where the branch has none. */
    Optional<Versioned> read(BranchId branch);

    /** Every branch that has a record, in the order of their ids. */
    List<BranchId> branches();

    /**
     * Replaces the record if its revision still is {@code expectedRevision}; 0 means that there must be none yet. Durable once it returns.
     *
     * @return the new revision, or empty when someone else was first
     */
    Optional<Versioned> compareAndSet(ClusterRecord next, long expectedRevision);

    /** Removes the record if its revision still is {@code expectedRevision}; the statuses of its members go with it. */
    boolean remove(BranchId branch, long expectedRevision);

    /** Publishes what an agent sees of one instance. Not durable, replaces the instance's last one. */
    void report(MemberStatus status);

    /** The record and the latest statuses as they stand now; empty where the branch has no record. */
    Optional<ClusterView> view(BranchId branch);

    /**
     * Tells {@code listener} every present view at once and then each changed one; a removed branch comes as a view without members. Calls come
     * one after the other from a thread of the store's; intermediate views may be skipped, the latest never is.
     */
    Watch watch(Consumer<ClusterView> listener);

    @Override
    void close();

    /** A record together with the revision it was read at; revisions of one branch grow. */
    record Versioned(ClusterRecord record, long revision) {}

    /** A subscription; closing it ends the calls, and waits for one under way unless called from it. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
