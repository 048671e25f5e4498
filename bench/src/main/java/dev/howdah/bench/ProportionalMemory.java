package dev.howdah.bench;

import java.util.List;

/** Reads Linux's {@code smaps_rollup}. */
final class ProportionalMemory {
    private ProportionalMemory() {}

    static long kilobytes(List<String> rollup) {
        return rollup.stream()
                .filter(line -> line.startsWith("Pss:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
