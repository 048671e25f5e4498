package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProportionalMemoryTest {
    @Test
    void onlyTheWholeShareCountsNotItsParts() {
        var rollup = List.of(
                "5570b3a7e000-7ffd1c5f2000 ---p 00000000 00:00 0                          [rollup]",
                "Rss:               18240 kB",
                "Pss:                5021 kB",
                "Pss_Dirty:          1204 kB",
                "Pss_Anon:            900 kB");
        assertEquals(5021, ProportionalMemory.kilobytes(rollup));
    }
}
