package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.coordination.Member;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The pools of one branch and the budget of server connections that they share.
 *
 * <p>A pool whose clients wait and that finds no room is <em>hungry</em>. Hungry pools get room in turns: one connection per database, round
 * and round, and within a database one per role. Room comes from connections that close, from idle ones of other pools, the longest idle first,
 * and, when none is idle, from one that is just given back: it goes where less is held. So pools that want all they can get end up with equal
 * shares, and then nothing moves any more. Where there are more databases than connections, a connection stays {@link #TURN_NANOS} before it
 * moves on, so that it serves more than it costs to open.
 */
final class BranchPools {
    /** A connection that is the only one of its database moves to another that has none after this time. */
    static final long TURN_NANOS = 50_000_000;
    /** An idle connection of a pool that holds no more than the taker is not taken before it has been idle for so long. */
    static final long KEEP_NANOS = 1_000_000_000;
    /** Hungry pools looked at when a connection is given back. */
    private static final int HEIRS_ASKED_MAX = 8;

    final BranchId id;
    final Tally tally = new Tally();
    final ListenerRooms listeners = new ListenerRooms(this);
    private final Pools all;
    private final Branches.Latest latest;
    private final Map<String, DatabasePools> databases = new LinkedHashMap<>();
    private final Map<String, Tally> roles = new HashMap<>();
    private final ArrayDeque<DatabasePools> hungry = new ArrayDeque<>();
    private final List<Settling> settling = new ArrayList<>();
    private final Runnable feeding = this::feedNow;
    private boolean feedingLater;
    private int hungryPools;
    private PoolerSnapshot.State state = PoolerSnapshot.State.ACTIVE;
    private PoolSettings settings;
    private PoolLimits limits;
    private long seenVersion = -1;
    private @Nullable InstanceId primary;
    private Runnable stopListening = () -> {};
    private boolean closed;

    /** Somebody waits for a state of the pools. */
    private record Settling(BooleanSupplier settled, CompletableFuture<Void> told) {}

    BranchPools(Pools all, BranchId id, Branches.Latest latest) {
        this.all = all;
        this.id = id;
        this.latest = latest;
        this.settings = all.shared().pool(id);
        this.limits = PoolLimits.of(settings);
    }

    /** Idle servers of an old primary are closed with the news of a new one. */
    void listen(Branches branches) {
        stopListening = branches.onNextChange(
                id,
                () -> all.loop().execute(() -> {
                    if (closed) {
                        return;
                    }
                    listen(branches);
                    List.copyOf(databases.values())
                            .forEach(database ->
                                    List.copyOf(database.pools).forEach(pool -> pool.servers.closeForeign()));
                }));
    }

    void close() {
        closed = true;
        stopListening.run();
    }

    DatabasePools database(String name) {
        return databases.computeIfAbsent(name, _ -> new DatabasePools(this, name));
    }

    Collection<DatabasePools> databases() {
        return databases.values();
    }

    Tally role(String name) {
        return roles.computeIfAbsent(name, _ -> new Tally());
    }

    Map<String, Tally> roles() {
        return roles;
    }

    PoolerSnapshot.State state() {
        return state;
    }

    void state(PoolerSnapshot.State next) {
        state = next;
    }

    void forgetUnused() {
        databases.values().removeIf(DatabasePools::isUnused);
        roles.values().removeIf(role -> role.clients == 0 && role.servers == 0);
    }

    boolean isUnused() {
        return databases.isEmpty() && state == PoolerSnapshot.State.ACTIVE && listeners.isUnused();
    }

    /** Whether this is the primary now; costs nothing while the branch does not change. */
    boolean isPrimary(InstanceId instance) {
        var version = latest.version();
        if (version != seenVersion) {
            seenVersion = version;
            var view = latest.view();
            primary = view.flatMap(known -> known.primary().map(Member::id)).orElse(null);
        }
        return instance.equals(primary);
    }

    /** The pool's clients wait for more servers than it has on their way. */
    void hungry(Pool pool) {
        if (!pool.hungry) {
            pool.hungry = true;
            hungryPools++;
            if (pool.database.hungry.isEmpty()) {
                hungry.addLast(pool.database);
            }
            pool.database.hungry.addLast(pool);
        }
    }

    private @Nullable Pool nextHungry() {
        var database = hungry.pollFirst();
        if (database == null) {
            return null;
        }
        var pool = database.hungry.removeFirst();
        pool.hungry = false;
        hungryPools--;
        if (!database.hungry.isEmpty()) {
            hungry.addLast(database);
        }
        return pool;
    }

    /** Gives listeners and then hungry pools what room there is, these in turns. */
    void feed() {
        listeners.feed();
        var blocked = 0;
        while (blocked < hungryPools) {
            var pool = nextHungry();
            if (pool == null) {
                return;
            }
            switch (pool.feed()) {
                case OPENED -> {
                    hungry(pool);
                    blocked = 0;
                }
                case BLOCKED -> {
                    hungry(pool);
                    blocked++;
                }
                case SATED -> {}
            }
        }
    }

    boolean onlyHungry(Pool pool) {
        return hungryPools == (pool.hungry ? 1 : 0);
    }

    /** Room may have come up. */
    void feedLater() {
        if ((hungryPools > 0 || listeners.anyWaits()) && !feedingLater) {
            feedingLater = true;
            all.loop().execute(feeding);
        }
    }

    private void feedNow() {
        feedingLater = false;
        feed();
    }

    /** The hungry pool, next in turn, that should have the room of this server, which its client has just given back. */
    @Nullable Pool heir(PooledServer server, long nowNanos) {
        for (var i = Math.min(hungryPools, HEIRS_ASKED_MAX); i > 0; i--) {
            var pool = nextHungry();
            if (pool == null) {
                return null;
            }
            hungry(pool); // its turn comes again behind all others
            if (!pool.equals(server.pool)
                    && pool.wantsMore()
                    && pool.wouldFitFor(server)
                    && moves(server, pool, nowNanos)) {
                return pool;
            }
        }
        return null;
    }

    private static boolean moves(PooledServer server, Pool to, long nowNanos) {
        var from = server.pool;
        return from.database.equals(to.database)
                ? moves(from.tally.servers, to.tally.servers + to.servers.taking(), server, nowNanos)
                : moves(from.database.tally.servers, to.database.tally.servers + to.servers.taking(), server, nowNanos);
    }

    /** Whether a connection of one that holds {@code held} should go to one that holds {@code heldThere}. */
    static boolean moves(int held, int heldThere, PooledServer server, long nowNanos) {
        return held - heldThere >= 2 || (heldThere == 0 && nowNanos - server.openedNanos >= TURN_NANOS);
    }

    /** The server that has been idle longest of all that may be closed to make room for a pool; null when there is none. */
    @Nullable PooledServer victimFor(Pool taker, ServerGroup group, long nowNanos) {
        PooledServer best = null;
        for (var database : databases.values()) {
            for (var pool : database.pools) {
                var idle = pool.longestIdle();
                if (idle != null
                        && taker.wouldFitFor(idle)
                        && mayTake(taker, group, idle, nowNanos)
                        && (best == null || idle.sinceNanos() - best.sinceNanos() < 0)) {
                    best = idle;
                }
            }
        }
        return best;
    }

    /** Of all pools. */
    @Nullable PooledServer longestIdle() {
        PooledServer best = null;
        for (var database : databases.values()) {
            for (var pool : database.pools) {
                var idle = pool.longestIdle();
                if (idle != null && (best == null || idle.sinceNanos() - best.sinceNanos() < 0)) {
                    best = idle;
                }
            }
        }
        return best;
    }

    static boolean mayTake(Pool taker, ServerGroup group, PooledServer idle, long nowNanos) {
        var from = idle.pool;
        if (nowNanos - idle.sinceNanos() >= KEEP_NANOS) {
            return true;
        }
        if (from.equals(taker)) {
            return group.servers < idle.group.servers;
        }
        return from.database.equals(taker.database)
                ? taker.tally.servers + taker.servers.taking() < from.tally.servers
                : taker.database.tally.servers + taker.servers.taking() < from.database.tally.servers;
    }

    /** Complete once {@code settled} holds; looked at whenever a server is given back or closed. */
    CompletionStage<Void> when(BooleanSupplier settled) {
        var told = new CompletableFuture<Void>();
        settling.add(new Settling(settled, told));
        settle();
        return told.minimalCompletionStage();
    }

    void settle() {
        if (!settling.isEmpty()) {
            var now = settling.stream()
                    .filter(each -> each.settled.getAsBoolean())
                    .toList();
            settling.removeAll(now);
            now.forEach(each -> each.told.complete(null));
        }
    }

    PoolLimits limits() {
        return limits;
    }

    PoolSettings settings() {
        return settings;
    }

    void settingsChanged() {
        settings = all.shared().pool(id);
        limits = PoolLimits.of(settings);
    }
}
