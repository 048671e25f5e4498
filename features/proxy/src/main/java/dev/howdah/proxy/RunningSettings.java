package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/**
 * The settings of the pooled endpoint as they are now: what the file says, on top of it what has been set for all branches, and on top of that
 * what has been set for one branch. Thread-safe; whoever changes them tells the loops whose pools go by them.
 */
final class RunningSettings {
    private final AtomicReference<State> state;

    /**
     * All of it at one moment.
     *
     * @param ofBranch what comes of {@code set}
     */
    private record State(
            PoolSettings current,
            Map<PoolSetting, String> setForAll,
            Map<BranchId, Map<PoolSetting, String>> set,
            Map<BranchId, PoolSettings> ofBranch) {
        static State of(
                PoolSettings current, Map<PoolSetting, String> setForAll, Map<BranchId, Map<PoolSetting, String>> set) {
            var ofBranch = new HashMap<BranchId, PoolSettings>();
            set.forEach((branch, values) -> ofBranch.put(branch, on(current, values)));
            return new State(current, setForAll, Map.copyOf(set), Map.copyOf(ofBranch));
        }
    }

    RunningSettings(PoolSettings initial) {
        state = new AtomicReference<>(State.of(initial, Map.of(), Map.of()));
    }

    /** Of branches for which nothing else has been set. */
    PoolSettings now() {
        return state.get().current;
    }

    PoolSettings now(BranchId branch) {
        var now = state.get();
        return now.ofBranch.getOrDefault(branch, now.current);
    }

    Collection<PoolSettings> ofBranches() {
        return state.get().ofBranch.values();
    }

    /** For all branches; throws as {@link PoolSettings#with} does. */
    void change(PoolSetting setting, String value) {
        change(now -> State.of(now.current.with(setting, value), with(now.setForAll, setting, value), now.set));
    }

    /** For one branch alone; throws as {@link PoolSettings#with} does. */
    void change(BranchId branch, PoolSetting setting, String value) {
        change(now -> {
            var set = new HashMap<>(now.set);
            set.put(branch, with(set.getOrDefault(branch, Map.of()), setting, value));
            return State.of(now.current, now.setForAll, set);
        });
    }

    /** The file has been read again; what has been set for all branches is forgotten. */
    void reload(PoolSettings file) {
        change(now -> State.of(file, Map.of(), now.set));
    }

    /** The file has been read again; what has been set for one branch is forgotten, and no more: others steer what is set for all. */
    void reload(BranchId branch, PoolSettings file) {
        change(now -> {
            var set = new HashMap<>(now.set);
            set.remove(branch);
            return State.of(on(file, now.setForAll), now.setForAll, set);
        });
    }

    private void change(UnaryOperator<State> how) {
        state.updateAndGet(how);
    }

    private static Map<PoolSetting, String> with(Map<PoolSetting, String> values, PoolSetting setting, String value) {
        var all = new EnumMap<PoolSetting, String>(PoolSetting.class);
        all.putAll(values);
        all.put(setting, value);
        return Collections.unmodifiableMap(all);
    }

    private static PoolSettings on(PoolSettings settings, Map<PoolSetting, String> values) {
        var changed = settings;
        for (var each : values.entrySet()) {
            changed = changed.with(each.getKey(), each.getValue());
        }
        return changed;
    }
}
