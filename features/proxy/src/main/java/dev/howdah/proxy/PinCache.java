package dev.howdah.proxy;

import dev.howdah.proxy.sql.PoolingRules;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The answers of {@link PoolingRules} to the texts seen lately; applications send few texts, and reading one costs. Used by one loop only. */
final class PinCache {
    private static final int ENTRIES = 1 << 10;
    /** Longer texts are mostly data, and seldom the same. */
    private static final int TEXT_CHARS_MAX = 2_000;

    private final @Nullable Entry[] entries = new @Nullable Entry[ENTRIES];

    private record Entry(String sql, Optional<String> construct) {}

    /** See {@link PoolingRules#construct}. */
    Optional<String> construct(String sql, boolean standardStrings) {
        if (!standardStrings || sql.length() > TEXT_CHARS_MAX) {
            return PoolingRules.construct(sql, standardStrings);
        }
        var hash = sql.hashCode();
        var slot = (hash ^ (hash >>> 16)) & (ENTRIES - 1);
        var known = entries[slot];
        if (known == null || !known.sql().equals(sql)) {
            known = new Entry(sql, PoolingRules.construct(sql, true));
            entries[slot] = known;
        }
        return known.construct();
    }
}
