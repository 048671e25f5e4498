package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.proxy.PoolerSnapshot.State;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** PAUSE, RESUME and their like, with PgBouncer's meaning; on the branch's home loop. */
final class PoolCommands {
    private final Pools pools;

    PoolCommands(Pools pools) {
        this.pools = pools;
    }

    CompletionStage<Void> pause(BranchId id, Optional<String> database) {
        var branch = pools.branch(id);
        if (branch.state() != State.ACTIVE) {
            throw PoolErrors.wrongState("already suspended/paused");
        }
        hold(branch, database, State.PAUSED);
        var paused = databases(branch, database);
        paused.forEach(each -> List.copyOf(each.pools).forEach(pool -> pool.servers.closeIdle()));
        return branch.when(
                () -> databases(branch, database).stream().allMatch(each -> each.tally.servers == 0 || each.lends()));
    }

    private static void hold(BranchPools branch, Optional<String> database, State state) {
        if (database.isPresent()) {
            branch.database(database.get()).state(state);
        } else {
            branch.state(state);
        }
    }

    private static Collection<DatabasePools> databases(BranchPools branch, Optional<String> database) {
        return database.<Collection<DatabasePools>>map(name -> List.of(branch.database(name)))
                .orElseGet(() -> List.copyOf(branch.databases()));
    }

    void resume(BranchId id, Optional<String> database) {
        var branch = pools.branch(id);
        if (database.isPresent()) {
            var one = branch.database(database.get());
            if (one.ownState() == State.ACTIVE) {
                throw PoolErrors.wrongState("database %s is not paused".formatted(database.get()));
            }
            one.state(State.ACTIVE);
        } else {
            var held = databases(branch, database).stream()
                    .filter(each -> each.ownState() != State.ACTIVE)
                    .toList();
            if (branch.state() == State.ACTIVE && held.isEmpty()) {
                throw PoolErrors.wrongState("pooler is not paused/suspended");
            }
            branch.state(State.ACTIVE);
            held.forEach(each -> each.state(State.ACTIVE));
        }
        for (var each : databases(branch, database)) {
            each.pools.stream().filter(pool -> pool.waiting() > 0).forEach(branch::hungry);
        }
        branch.feedLater();
        branch.settle();
    }

    void disable(BranchId id, String database, boolean disabled) {
        pools.branch(id).database(database).disabled(disabled);
    }

    void reconnect(BranchId id, Optional<String> database) {
        databases(pools.branch(id), database)
                .forEach(each -> List.copyOf(each.pools).forEach(pool -> pool.servers.reconnect()));
    }

    void kill(BranchId id, Optional<String> database) {
        var branch = pools.branch(id);
        hold(branch, database, State.PAUSED);
        databases(branch, database).forEach(each -> List.copyOf(each.pools).forEach(pool -> pool.servers.closeIdle()));
        for (var session : pools.clients()) {
            if (session.branch.equals(id)
                    && database.map(session.database::equals).orElse(true)) {
                session.terminate(PoolErrors.killed());
            }
        }
    }

    boolean killClient(BranchId branch, long id) {
        var found = pools.clients().stream()
                .filter(session -> session.branch.equals(branch) && session.processId == id)
                .findFirst();
        found.ifPresent(session -> session.terminate(PoolErrors.killed()));
        return found.isPresent();
    }

    CompletionStage<Void> waitClose(BranchId id, Optional<String> database) {
        var branch = pools.branch(id);
        return branch.when(() -> databases(branch, database).stream()
                .flatMap(each -> each.pools.stream())
                .flatMap(pool -> pool.servers.list().stream())
                .noneMatch(PooledServer::closeNeeded));
    }
}
