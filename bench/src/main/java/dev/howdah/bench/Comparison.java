package dev.howdah.bench;

import dev.howdah.bench.Slice.Metric;
import java.util.List;
import java.util.Optional;

/** One row, measured: a target against the one it is to beat, in pairs of slices that ran one after the other. */
record Comparison(PoolerRow row, Target candidate, Target base, List<Pair> pairs) {
    record Pair(Slice candidate, Slice base) {}

    Comparison {
        pairs = List.copyOf(pairs);
    }

    List<Double> ratios(Metric metric) {
        return pairs.stream()
                .map(pair -> metric.of(pair.candidate()) / metric.of(pair.base()))
                .filter(Double::isFinite)
                .toList();
    }

    /** Empty when the figure means nothing for this row, or one of the two has no processes of its own. */
    Optional<Interval> interval(Metric metric) {
        var ratios = ratios(metric);
        return ratios.isEmpty() ? Optional.empty() : Optional.of(PairedBootstrap.median(ratios));
    }

    Bar.Verdict verdict(Bar bar) {
        return interval(bar.metric()).map(bar::verdict).orElse(Bar.Verdict.NO);
    }

    boolean reachesItsBars() {
        return row.bars().stream().allMatch(bar -> verdict(bar).reached());
    }
}
