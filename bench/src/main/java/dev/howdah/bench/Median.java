package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import java.util.Collection;

/** The figure to quote of a noisy series. */
final class Median {
    private Median() {}

    static double of(Collection<Double> figures) {
        require(!figures.isEmpty(), "a median needs a figure");
        var sorted = figures.stream().sorted().toList();
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
