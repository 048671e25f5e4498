package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How sure a ratio of two noisy programs is. The two halves of a pair ran one after the other, so that the machine's moods hit both alike; the
 * interval is the middle 95 % of what other choices of the same pairs would have given.
 */
final class PairedBootstrap {
    static final int RESAMPLES = 10_000;
    private static final long SEED = 20_261_120;
    private static final double TAIL = 0.025;

    private PairedBootstrap() {}

    /** The median of the pairs' ratios. */
    static Interval median(List<Double> ratios) {
        return geometricMean(List.of(ratios));
    }

    /** The geometric mean of the medians of several series, each resampled by itself. */
    static Interval geometricMean(List<List<Double>> series) {
        require(!series.isEmpty() && series.stream().noneMatch(List::isEmpty), "a ratio needs a pair");
        var random = new SplittableRandom(SEED);
        var resampled = new double[RESAMPLES];
        for (var i = 0; i < RESAMPLES; i++) {
            resampled[i] = meanOfMedians(
                    series.stream().map(ratios -> resample(ratios, random)).toList());
        }
        Arrays.sort(resampled);
        var cut = (int) (TAIL * RESAMPLES);
        return new Interval(meanOfMedians(series), resampled[cut], resampled[RESAMPLES - 1 - cut]);
    }

    private static List<Double> resample(List<Double> ratios, SplittableRandom random) {
        var chosen = new ArrayList<Double>(ratios.size());
        for (var i = 0; i < ratios.size(); i++) {
            chosen.add(ratios.get(random.nextInt(ratios.size())));
        }
        return chosen;
    }

    private static double meanOfMedians(List<List<Double>> series) {
        return Math.exp(series.stream()
                .mapToDouble(ratios -> Math.log(Median.of(ratios)))
                .average()
                .orElseThrow());
    }
}
