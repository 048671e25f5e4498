package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.proxy.PoolerSnapshot.State;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What one loop, or several, contribute to a {@link PoolerSnapshot}. A branch is of one loop, so joining is putting one behind the other. */
record PoolerRows(
        List<PoolerSnapshot.Pool> pools,
        List<PoolerSnapshot.Client> clients,
        List<PoolerSnapshot.Server> servers,
        List<PoolerSnapshot.Database> databases,
        List<PoolerSnapshot.User> users,
        Map<BranchId, State> states) {

    static PoolerRows joined(List<PoolerRows> parts) {
        var states = new HashMap<BranchId, State>();
        parts.forEach(part -> states.putAll(part.states));
        return new PoolerRows(
                rows(parts, PoolerRows::pools),
                rows(parts, PoolerRows::clients),
                rows(parts, PoolerRows::servers),
                rows(parts, PoolerRows::databases),
                rows(parts, PoolerRows::users),
                states);
    }

    private static <T> List<T> rows(List<PoolerRows> parts, Function<PoolerRows, List<T>> which) {
        return parts.stream().map(which).flatMap(Collection::stream).toList();
    }

    PoolerSnapshot snapshot(Shared shared) {
        return new PoolerSnapshot(
                shared.clock().instant(),
                pools,
                clients,
                servers,
                databases,
                users,
                lists(shared.counters().unauthenticated.get()),
                memory(),
                new PoolerSnapshot.Files(
                        shared.files().open(),
                        shared.files().limit(),
                        shared.files().clientsMax()),
                Map.copyOf(states));
    }

    private PoolerSnapshot.Lists lists(int loginClients) {
        var clientsOfPools = 0;
        var free = 0;
        for (var pool : pools) {
            clientsOfPools += pool.clientsActive() + pool.clientsWaiting();
            free += pool.serversIdle();
        }
        var all = databases.stream()
                .mapToInt(PoolerSnapshot.Database::connections)
                .sum();
        return new PoolerSnapshot.Lists(
                databases.size(), users.size(), pools.size(), clientsOfPools, loginClients, free, all - free);
    }

    private static List<PoolerSnapshot.Memory> memory() {
        var rows = new ArrayList<PoolerSnapshot.Memory>();
        var memory = ManagementFactory.getMemoryMXBean();
        rows.add(row("heap", memory.getHeapMemoryUsage()));
        rows.add(row("non-heap", memory.getNonHeapMemoryUsage()));
        for (var buffers : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            rows.add(new PoolerSnapshot.Memory(
                    buffers.getName() + " buffers", buffers.getMemoryUsed(), buffers.getTotalCapacity(), 0));
        }
        return rows;
    }

    private static PoolerSnapshot.Memory row(String name, MemoryUsage usage) {
        return new PoolerSnapshot.Memory(name, usage.getUsed(), usage.getCommitted(), Math.max(0, usage.getMax()));
    }
}
