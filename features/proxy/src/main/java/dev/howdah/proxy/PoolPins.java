package dev.howdah.proxy;

import dev.howdah.proxy.sql.PinKind;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which clients of a {@link Pool} keep their server between transactions, and how many may. */
final class PoolPins {
    private final Pool pool;
    private final Set<SessionState> sessions = new HashSet<>();

    PoolPins(Pool pool) {
        this.pool = pool;
    }

    /** Whether one more client may keep its server. */
    boolean mayAdd() {
        return !isPoolFull() && pool.branch.tally.pinned < pool.branch.limits().pinnedPerBranch();
    }

    private boolean isPoolFull() {
        return pool.tally.pinned >= pool.branch.limits().pinnedPerPool();
    }

    /** The limit that one more would exceed. */
    int max() {
        var limits = pool.branch.limits();
        return isPoolFull() ? limits.pinnedPerPool() : limits.pinnedPerBranch();
    }

    void add(SessionState session) {
        sessions.add(session);
        pool.tally.pinned++;
        pool.branch.tally.pinned++;
        pool.statistics().pins++;
    }

    void remove(SessionState session) {
        sessions.remove(session);
        pool.tally.pinned--;
        pool.branch.tally.pinned--;
    }

    /** How many clients keep their server for each kind of thing; one that has several counts for each. */
    Map<PinKind, Integer> byKind() {
        var counts = new EnumMap<PinKind, Integer>(PinKind.class);
        for (var kind : PinKind.values()) {
            counts.put(kind, 0);
        }
        sessions.forEach(session -> session.pinKinds().forEach(kind -> counts.merge(kind, 1, Integer::sum)));
        return counts;
    }
}
