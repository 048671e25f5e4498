package dev.howdah.proxy;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gives equal settings the same identity: clients of one application mostly have the same, and with it a server that goes from one to the other is
 * seen to need nothing by one comparison of references, and what all of them have lies in memory once. Used by one loop only.
 */
final class KnownSettings {
    private static final int ENTRIES_MAX = 1 << 10;

    private final Map<PooledSettings, PooledSettings> known = new Latest<>();
    private final Map<String, Application> applications = new Latest<>();

    /** What a client begins with that calls itself {@code name}. */
    record Application(String name, PooledSettings settings) {}

    /** Those used last. */
    private static final class Latest<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        Latest() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > ENTRIES_MAX;
        }
    }

    PooledSettings of(PooledSettings settings) {
        var same = known.putIfAbsent(settings, settings);
        return same == null ? settings : same;
    }

    Application application(String name) {
        var same = applications.get(name);
        if (same == null) {
            same = new Application(name, of(PooledSettings.of(name)));
            applications.put(name, same);
        }
        return same;
    }
}
