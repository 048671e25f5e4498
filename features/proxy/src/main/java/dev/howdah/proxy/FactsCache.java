package dev.howdah.proxy;

import dev.howdah.proxy.sql.FactsReader;
import dev.howdah.proxy.sql.StatementFacts;
import org.jspecify.annotations.Nullable;

/** What is known of the texts seen lately; applications send few texts, and reading one costs. Used by one loop only. */
final class FactsCache {
    private static final int ENTRIES = 1 << 10;
    /** Longer texts are mostly data, and seldom the same. */
    private static final int TEXT_CHARS_MAX = 2_000;

    private final @Nullable Entry[] entries = new @Nullable Entry[ENTRIES];

    private record Entry(String sql, StatementFacts facts) {}

    /** See {@link FactsReader#read}. */
    StatementFacts facts(String sql, boolean standardStrings) {
        if (!standardStrings || sql.length() > TEXT_CHARS_MAX) {
            return FactsReader.read(sql, standardStrings);
        }
        var hash = sql.hashCode();
        var slot = (hash ^ (hash >>> 16)) & (ENTRIES - 1);
        var known = entries[slot];
        if (known == null || !known.sql().equals(sql)) {
            known = new Entry(sql, FactsReader.read(sql, true));
            entries[slot] = known;
        }
        return known.facts();
    }
}
