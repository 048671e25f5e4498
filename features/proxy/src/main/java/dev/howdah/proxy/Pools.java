package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.EventLoop;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pools of the branches whose home loop is one; used on that loop only. */
final class Pools {
    private final Shared shared;
    private final LoopContext context;
    private final Map<PoolKey, Pool> pools = new HashMap<>();
    private final Map<BranchId, BranchPools> branches = new LinkedHashMap<>();
    private final PoolSweep sweep;
    private EventLoop.@Nullable Timer timer;

    Pools(Shared shared, LoopContext context) {
        this.shared = shared;
        this.context = context;
        this.sweep = new PoolSweep(shared, this);
    }

    Shared shared() {
        return shared;
    }

    LoopContext context() {
        return context;
    }

    EventLoop loop() {
        return context.loop();
    }

    /** An equal key that lies in memory already, if there is one: clients of a pool need not keep its names once each. */
    PoolKey shared(PoolKey key) {
        var known = pools.get(key);
        return known == null ? key : known.key;
    }

    Pool pool(PoolKey key) {
        var known = pools.get(key);
        return known == null ? newPool(key) : known;
    }

    private Pool newPool(PoolKey key) {
        retireNamesakes(key);
        var database = branch(key.branch()).database(key.database());
        var pool = new Pool(this, key, database);
        pools.put(key, pool);
        database.pools.add(pool);
        sweepLater();
        return pool;
    }

    /** A role dropped and created again is another, whatever its name: nobody goes on as the old one. */
    private void retireNamesakes(PoolKey key) {
        for (var pool : List.copyOf(pools.values())) {
            var other = pool.key;
            if (other.branch().equals(key.branch())
                    && other.role().equals(key.role())
                    && other.roleOid() != key.roleOid()) {
                pool.servers.reconnect();
            }
        }
        for (var session : shared.sessions().ofRole(key.branch(), key.role())) {
            if (session.roleOid != key.roleOid()) {
                session.terminate(PoolErrors.roleReplaced(key.role()));
            }
        }
    }

    BranchPools branch(BranchId id) {
        var known = branches.get(id);
        if (known != null) {
            return known;
        }
        if (!context.loops().home(id).equals(context)) {
            throw new IllegalStateException("the pools of branch %s belong to another loop".formatted(id));
        }
        var branch = new BranchPools(this, id, shared.branches().latest(id));
        branches.put(id, branch);
        branch.listen(shared.branches());
        return branch;
    }

    Collection<BranchPools> branches() {
        return branches.values();
    }

    /** Those clients of the pools' that have logged in. */
    List<LiveSession> clients() {
        return shared.sessions().all().stream()
                .filter(session -> session.isOn(loop()) && session.loan().isPresent())
                .toList();
    }

    /** Why one more client cannot come in; empty when it can. Then it is counted, and {@link Pool#join}s at once. */
    Optional<PlatformException> admit(BranchId branch, String role, String database) {
        var refusal = refusal(branch, role, database);
        return refusal.isEmpty() && !shared.totals().clientCame(shared.pool().maxClientConnections())
                ? Optional.of(PoolErrors.tooManyClients())
                : refusal;
    }

    private Optional<PlatformException> refusal(BranchId branch, String role, String database) {
        var settings = shared.pool(branch);
        var pools = branches.get(branch);
        if (pools == null) {
            return Optional.empty();
        }
        if (pools.tally.clients >= settings.maxClientConnections()) {
            return Optional.of(PoolErrors.tooManyClients());
        }
        var ofDatabase = pools.database(database);
        if (ofDatabase.disabled()) {
            return Optional.of(PoolErrors.disabled(database));
        }
        if (isReached(settings.maxDatabaseClientConnections(), ofDatabase.tally.clients)) {
            return Optional.of(PoolErrors.tooManyClientsOfDatabase());
        }
        if (isReached(settings.maxUserClientConnections(), pools.role(role).clients)) {
            return Optional.of(PoolErrors.tooManyClientsOfRole());
        }
        return Optional.empty();
    }

    private static boolean isReached(int limit, int count) {
        return limit > 0 && count >= limit;
    }

    void clientWent() {
        shared.totals().clientWent();
    }

    long nextServer() {
        return shared.totals().nextServer();
    }

    /** Closes the server connections of a role, those in use as soon as they are free. */
    void closeRole(BranchId branch, String role) {
        for (var pool : List.copyOf(pools.values())) {
            if (pool.key.branch().equals(branch) && pool.key.role().equals(role)) {
                pool.servers.reconnect();
            }
        }
    }

    /** Other settings hold from now on. */
    void settingsChanged() {
        branches.values().forEach(BranchPools::settingsChanged);
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (!pools.isEmpty()) {
            sweepNow();
        }
    }

    private void sweepLater() {
        if (timer == null) {
            timer = loop().after(sweep.interval(), this::sweepNow);
        }
    }

    private void sweepNow() {
        timer = null;
        sweep.run();
        pools.values().removeIf(pool -> {
            if (pool.isUnused()) {
                pool.database.forget(pool);
                return true;
            }
            return false;
        });
        branches.values().forEach(BranchPools::forgetUnused);
        branches.values().removeIf(branch -> {
            if (branch.isUnused()) {
                branch.close();
                return true;
            }
            return false;
        });
        if (!pools.isEmpty()) {
            sweepLater();
        }
    }
}
