package dev.howdah.proxy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The pools of one database: what is limited, paused and counted by database. */
final class DatabasePools {
    final BranchPools branch;
    final String name;
    final Tally tally = new Tally();
    final List<Pool> pools = new ArrayList<>();
    /** Those whose clients wait for room, in the order of their turns. */
    final ArrayDeque<Pool> hungry = new ArrayDeque<>();

    final StatisticsPeriod period = new StatisticsPeriod();

    private final PoolStatistics ofPoolsGone = new PoolStatistics();
    private PoolerSnapshot.State state = PoolerSnapshot.State.ACTIVE;
    private boolean disabled;

    DatabasePools(BranchPools branch, String name) {
        this.branch = branch;
        this.name = name;
    }

    /** What PAUSE and KILL have made of it, or of the whole branch. */
    PoolerSnapshot.State state() {
        return branch.state() == PoolerSnapshot.State.ACTIVE ? state : branch.state();
    }

    PoolerSnapshot.State ownState() {
        return state;
    }

    void state(PoolerSnapshot.State next) {
        state = next;
    }

    /** Whether clients get servers. */
    boolean lends() {
        return state() == PoolerSnapshot.State.ACTIVE;
    }

    boolean disabled() {
        return disabled;
    }

    void disabled(boolean next) {
        disabled = next;
    }

    PoolStatistics statistics() {
        var sum = new PoolStatistics();
        sum.add(ofPoolsGone);
        pools.forEach(pool -> sum.add(pool.statistics()));
        return sum;
    }

    void forget(Pool pool) {
        pools.remove(pool);
        ofPoolsGone.add(pool.statistics());
    }

    /** Whether nobody would miss it. */
    boolean isUnused() {
        return pools.isEmpty()
                && state == PoolerSnapshot.State.ACTIVE
                && !disabled
                && ofPoolsGone.serverAssignments == 0;
    }
}
