package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The pooled endpoint as its operators see it. Thread-safe; what is about a branch is carried out on the loop that owns its pools, and may be
 * called on it too, but not on another loop. Commands have PgBouncer's meaning, within one branch: of one database, or of all when none is named.
 */
public interface Pooler {
    /** All branches. */
    PoolerSnapshot snapshot();

    /** The rows of one branch; memory, files and clients that are logging in are the whole pooler's. */
    PoolerSnapshot snapshot(BranchId branch);

    /** All branches, without a row for each client and each server: cheap with many thousand of them. */
    PoolerSnapshot summary();

    /** Of the branches for which nothing else has been set. */
    PoolSettings settings();

    PoolSettings settings(BranchId branch);

    /**
     * Changes one setting at once, without closing a client. Throws a {@link dev.howdah.base.PlatformException}: 42704 for an unknown name,
     * 22023 for a value that is not allowed, naming those that are.
     */
    void set(String name, String value);

    /** The same for one branch only. What limits the platform as a whole, such as max_client_conn, limits the branch then too. */
    void set(BranchId branch, String name, String value);

    /**
     * Reads the settings' file again; what was {@link #set} for all branches is forgotten. A wrong file changes nothing and is told like a
     * wrong value.
     */
    void reload();

    /** Reads the file again and forgets what was set for this branch; what was {@link #set} for all branches stays. */
    void reload(BranchId branch);

    /**
     * Lends no server connection any more and closes each as it comes free; clients wait. Complete when all are closed.
     * {@link #resume} ends it; the stage then completes too.
     */
    CompletionStage<Void> pause(BranchId branch, Optional<String> database);

    /** Ends pause and kill. Throws 55000 where there is nothing to end. */
    void resume(BranchId branch, Optional<String> database);

    /** Refuses new clients of a database. */
    void disable(BranchId branch, String database);

    void enable(BranchId branch, String database);

    /** Closes every server connection that is open now as soon as it is free. */
    void reconnect(BranchId branch, Optional<String> database);

    /** Closes all clients and server connections at once, and pauses. */
    void kill(BranchId branch, Optional<String> database);

    /** Closes one client; false when there is none of this number. */
    boolean killClient(BranchId branch, long id);

    /** Complete when no server connection is left of those that {@link #reconnect} has marked. */
    CompletionStage<Void> waitClose(BranchId branch, Optional<String> database);
}
