package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.proxy.io.EventLoop;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What listens for the pooled clients of one loop; used on that loop only. */
final class Listeners {
    private final Shared shared;
    private final EventLoop loop;
    private final Map<Database, DatabaseListeners> databases = new HashMap<>();

    private record Database(BranchId branch, String name) {
        static Database of(PoolKey key) {
            return new Database(key.branch(), key.database());
        }
    }

    Listeners(Shared shared, EventLoop loop) {
        this.shared = shared;
        this.loop = loop;
    }

    /** Those of the database that {@code key} is of. */
    DatabaseListeners database(PoolKey key) {
        return databases.computeIfAbsent(Database.of(key), _ -> new DatabaseListeners(this));
    }

    /** Empty while nobody listens there. */
    Optional<DatabaseListeners> existing(PoolKey key) {
        return databases.isEmpty() ? Optional.empty() : Optional.ofNullable(databases.get(Database.of(key)));
    }

    SharedListener create(PoolKey key) {
        return new SharedListener(shared, loop, key, database(key));
    }

    /** Those of a branch as they are now. */
    PoolSettings settings(BranchId branch) {
        return shared.pool(branch);
    }

    void forget(DatabaseListeners unused) {
        databases.values().remove(unused);
    }

    /** Server connections that listen, which are counted in no pool. */
    int connections(BranchId branch) {
        return databases.entrySet().stream()
                .filter(entry -> entry.getKey().branch().equals(branch))
                .mapToInt(entry -> entry.getValue().connections())
                .sum();
    }

    /** Closes what listens for a role; those for whom it did are closed too, by whoever has closed the role. */
    void closeRole(BranchId branch, String role) {
        Map.copyOf(databases).forEach((database, listeners) -> {
            if (database.branch().equals(branch)) {
                listeners.closeRole(role);
            }
        });
    }
}
