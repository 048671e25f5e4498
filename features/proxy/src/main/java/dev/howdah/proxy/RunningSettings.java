package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The settings of the pooled endpoint as they are now: what the file says, on top of it what has been set for all branches, and on top of that
 * what has been set for one branch. Anybody reads; only the loop that owns the pools changes them. Thread-safe.
 */
final class RunningSettings {
    private final Map<PoolSetting, String> setForAll = new EnumMap<>(PoolSetting.class);
    private final Map<BranchId, Map<PoolSetting, String>> set = new HashMap<>();
    private final Map<BranchId, PoolSettings> ofBranch = new ConcurrentHashMap<>();
    private volatile PoolSettings current;

    RunningSettings(PoolSettings initial) {
        current = initial;
    }

    /** Of branches for which nothing else has been set. */
    PoolSettings now() {
        return current;
    }

    PoolSettings now(BranchId branch) {
        var own = ofBranch.get(branch);
        return own == null ? current : own;
    }

    Iterable<PoolSettings> ofBranches() {
        return ofBranch.values();
    }

    /** For all branches; throws as {@link PoolSettings#with} does. */
    void change(PoolSetting setting, String value) {
        current = current.with(setting, value);
        setForAll.put(setting, value);
        currentChanged();
    }

    private void currentChanged() {
        set.forEach((branch, values) -> ofBranch.put(branch, on(current, values)));
    }

    /** For one branch alone; throws as {@link PoolSettings#with} does. */
    void change(BranchId branch, PoolSetting setting, String value) {
        var values = new EnumMap<PoolSetting, String>(PoolSetting.class);
        values.putAll(set.getOrDefault(branch, Map.of()));
        values.put(setting, value);
        ofBranch.put(branch, on(current, values));
        set.put(branch, values);
    }

    /** The file has been read again; what has been set for all branches is forgotten. */
    void reload(PoolSettings file) {
        setForAll.clear();
        current = file;
        currentChanged();
    }

    /** The file has been read again; what has been set for one branch is forgotten, and no more: others steer what is set for all. */
    void reload(BranchId branch, PoolSettings file) {
        set.remove(branch);
        ofBranch.remove(branch);
        current = on(file, setForAll);
        currentChanged();
    }

    private static PoolSettings on(PoolSettings settings, Map<PoolSetting, String> values) {
        var changed = settings;
        for (var each : values.entrySet()) {
            changed = changed.with(each.getKey(), each.getValue());
        }
        return changed;
    }
}
