package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import java.util.Arrays;

/** Times in order of length. */
final class Percentiles {
    private final long[] sorted;

    private Percentiles(long[] sorted) {
        this.sorted = sorted;
    }

    static Percentiles of(long[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return new Percentiles(sorted);
    }

    int count() {
        return sorted.length;
    }

    /** The least value that this share of all does not exceed; {@code share} is above 0 and at most 1. */
    long at(double share) {
        require(share > 0 && share <= 1, "a share is above 0 and at most 1, was " + share);
        require(sorted.length > 0, "nothing was measured");
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }
}
