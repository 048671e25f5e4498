package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.proxy.io.EventLoop;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** The pools of the loop that serves the pooled endpoint; used on that loop only. */
final class Pools {
    private static final int SWEEPS_PER_IDLE_TIME = 4;

    private final Shared shared;
    private final EventLoop loop;
    private final Map<PoolKey, Pool> pools = new HashMap<>();
    private boolean sweeping;

    Pools(Shared shared, EventLoop loop) {
        this.shared = shared;
        this.loop = loop;
    }

    Pool pool(PoolKey key) {
        if (!sweeping) {
            sweeping = true;
            sweepLater();
        }
        return pools.computeIfAbsent(key, _ -> new Pool(shared, loop));
    }

    /** Closes the idle connections of a role; those in use end with their clients. */
    void closeRole(BranchId branch, String role) {
        pools.forEach((key, pool) -> {
            if (key.branch().equals(branch) && key.role().equals(role)) {
                pool.closeIdle();
            }
        });
    }

    private void sweepLater() {
        loop.after(idleMax().dividedBy(SWEEPS_PER_IDLE_TIME), () -> {
            pools.values().forEach(pool -> pool.sweep(idleMax()));
            pools.values().removeIf(Pool::isUnused);
            sweepLater();
        });
    }

    private Duration idleMax() {
        return shared.config().pool().serverIdle();
    }
}
