package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What listens for the pooled clients of one loop; used on that loop only. */
final class Listeners {
    private final Shared shared;
    private final LoopContext context;
    private final Map<Database, DatabaseListeners> databases = new HashMap<>();

    private record Database(BranchId branch, String name) {
        static Database of(PoolKey key) {
            return new Database(key.branch(), key.database());
        }
    }

    Listeners(Shared shared, LoopContext context) {
        this.shared = shared;
        this.context = context;
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
        return new SharedListener(shared, context, key, database(key));
    }

    /** Those of a branch as they are now. */
    PoolSettings settings(BranchId branch) {
        return shared.pool(branch);
    }

    void forget(DatabaseListeners unused) {
        databases.values().remove(unused);
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
