package dev.howdah.bench;

import java.util.Locale;

/** A ratio and where it lies with 95 % confidence. */
record Interval(double median, double low, double high) {
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f (%.2f..%.2f)", median, low, high);
    }
}
