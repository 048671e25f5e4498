package dev.howdah.proxy;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gives equal settings the same identity: clients of one application mostly have the same, and with it a server that goes from one to the other is
 * seen to need nothing by one comparison of references. Used by one loop only.
 */
final class KnownSettings {
    private static final int ENTRIES_MAX = 1 << 10;

    private final Map<PooledSettings, PooledSettings> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PooledSettings, PooledSettings> eldest) {
            return size() > ENTRIES_MAX;
        }
    };

    PooledSettings of(PooledSettings settings) {
        var same = known.putIfAbsent(settings, settings);
        return same == null ? settings : same;
    }
}
