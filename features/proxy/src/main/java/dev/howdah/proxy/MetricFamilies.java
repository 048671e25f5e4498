package dev.howdah.proxy;

import dev.howdah.base.MetricFamily;
import dev.howdah.base.MetricFamily.Distribution;
import dev.howdah.base.MetricFamily.Kind;
import dev.howdah.base.MetricFamily.Sample;
import dev.howdah.base.MetricFamily.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What is being measured, family by family. */
final class MetricFamilies {
    private final List<MetricFamily> all = new ArrayList<>();

    List<MetricFamily> all() {
        return List.copyOf(all);
    }

    /** One without labels. */
    void single(Kind kind, String name, String help, long value) {
        add(kind, name, help, Stream.of(new Value(Map.of(), (double) value)));
    }

    /** A role that was dropped and made again has two pools for a while, which are one series. */
    void add(Kind kind, String name, String help, Stream<? extends Sample> samples) {
        var series = new LinkedHashMap<Map<String, String>, Sample>();
        samples.forEach(sample -> series.merge(
                sample.labels(), sample, (first, second) -> together(first, second, name.contains("_max"))));
        all.add(new MetricFamily(name, kind, help, List.copyOf(series.values())));
    }

    private static Sample together(Sample first, Sample second, boolean highest) {
        if (first instanceof Value(var labels, var one) && second instanceof Value(var _, var other)) {
            return new Value(labels, highest ? Math.max(one, other) : one + other);
        }
        if (first instanceof Distribution one && second instanceof Distribution other) {
            var counts = IntStream.range(0, one.counts().size())
                    .mapToObj(i -> one.counts().get(i) + other.counts().get(i))
                    .toList();
            return new Distribution(one.labels(), one.bounds(), counts, one.sum() + other.sum());
        }
        throw new IllegalStateException("samples of two kinds");
    }
}
