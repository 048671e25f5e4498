package dev.howdah.api;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.MetricFamily;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.control.PoolerControl;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A pooled endpoint in memory: two pools, one setting, and a list of what it was told to do. */
final class TestPooler implements PoolerControl {
    static final Instant SINCE = Instant.parse("2026-11-20T10:00:00Z");

    final List<String> told = new CopyOnWriteArrayList<>();
    final List<MetricFamily> families = new CopyOnWriteArrayList<>();
    private final Map<String, String> settings = new ConcurrentHashMap<>(Map.of("default_pool_size", "20"));
    private volatile boolean paused;

    @Override
    public List<Pool> pools(BranchId branch) {
        return List.of(pool("shop", 1, 250), pool("app", 0, 0));
    }

    private Pool pool(String database, int waiting, long waitMillis) {
        return new Pool(
                database,
                "postgres",
                paused,
                false,
                2,
                3,
                waiting,
                Duration.ofMillis(waitMillis),
                2,
                1,
                0,
                1,
                20,
                100,
                300);
    }

    @Override
    public List<Client> clients(BranchId branch) {
        return List.of(new Client(
                7,
                "shop",
                "postgres",
                "active",
                "127.0.0.1",
                40000,
                "psql",
                SINCE,
                Duration.ZERO,
                Optional.of(9L),
                true,
                "TLSv1.3",
                4));
    }

    @Override
    public List<Server> servers(BranchId branch) {
        return List.of(new Server(
                9,
                "shop",
                "postgres",
                "active",
                new InstanceId(branch, 1),
                4711,
                "psql",
                SINCE,
                Optional.of(7L),
                true,
                false,
                4));
    }

    @Override
    public List<Setting> settings(Optional<BranchId> branch) {
        return settings.entrySet().stream()
                .map(entry -> new Setting(entry.getKey(), entry.getValue(), "20", "how many", "Allowed is a number."))
                .toList();
    }

    @Override
    public void set(Optional<BranchId> branch, String name, String value) {
        if (!settings.containsKey(name)) {
            throw PlatformException.notFound(
                    "unrecognized configuration parameter \"" + name + "\"", "There are others.");
        }
        if (!value.matches("[0-9]+")) {
            throw PlatformException.invalid("invalid value for parameter \"" + name + "\"", "Allowed is a number.");
        }
        told.add("set " + branch.map(_ -> "one").orElse("all"));
        settings.put(name, value);
    }

    @Override
    public void reload(Optional<BranchId> branch) {
        settings.put("default_pool_size", "20");
        told.add("reload " + branch.map(_ -> "one").orElse("all"));
    }

    @Override
    public CompletionStage<Void> pause(BranchId branch, Optional<String> database) {
        told.add("pause " + database.orElse("all"));
        paused = true;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void resume(BranchId branch, Optional<String> database) {
        if (!paused) {
            throw new PlatformException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, "pooler is not paused/suspended", "");
        }
        paused = false;
        told.add("resume " + database.orElse("all"));
    }

    @Override
    public void reconnect(BranchId branch, Optional<String> database) {
        told.add("reconnect " + database.orElse("all"));
    }

    @Override
    public List<MetricFamily> metrics() {
        return List.copyOf(families);
    }
}
