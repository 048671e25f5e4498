package dev.howdah.api;

import dev.howdah.base.MetricFamily;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Measurements as Prometheus reads them: in its text format 0.0.4, or as OpenMetrics for who accepts that. */
final class MetricsText {
    private static final OpenMetricsTextFormatWriter OPEN_METRICS = new OpenMetricsTextFormatWriter(false, true);
    private static final PrometheusTextFormatWriter PROMETHEUS = PrometheusTextFormatWriter.create();

    private MetricsText() {}

    /** @param accept the header of the request */
    static Answer.Raw of(List<MetricFamily> families, Optional<String> accept) {
        var writer = accept.filter(OPEN_METRICS::accepts).isPresent() ? OPEN_METRICS : PROMETHEUS;
        var snapshots = MetricSnapshots.builder();
        families.stream()
                .filter(family -> !family.samples().isEmpty())
                .map(MetricsText::snapshot)
                .forEach(snapshots::metricSnapshot);
        var out = new ByteArrayOutputStream();
        try {
            writer.write(out, snapshots.build());
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return new Answer.Raw(writer.getContentType(), out.toString(StandardCharsets.UTF_8));
    }

    private static MetricSnapshot snapshot(MetricFamily family) {
        return switch (family.kind()) {
            case COUNTER -> counter(family);
            case GAUGE -> gauge(family);
            case HISTOGRAM -> histogram(family);
        };
    }

    private static MetricSnapshot counter(MetricFamily family) {
        var snapshot = CounterSnapshot.builder().name(family.name()).help(family.help());
        for (var sample : family.samples()) {
            if (sample instanceof MetricFamily.Value(var _, var value)) {
                snapshot.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .labels(labels(sample))
                        .value(value)
                        .build());
            }
        }
        return snapshot.build();
    }

    private static MetricSnapshot gauge(MetricFamily family) {
        var snapshot = GaugeSnapshot.builder().name(family.name()).help(family.help());
        for (var sample : family.samples()) {
            if (sample instanceof MetricFamily.Value(var _, var value)) {
                snapshot.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .labels(labels(sample))
                        .value(value)
                        .build());
            }
        }
        return snapshot.build();
    }

    private static MetricSnapshot histogram(MetricFamily family) {
        var snapshot = HistogramSnapshot.builder().name(family.name()).help(family.help());
        for (var sample : family.samples()) {
            if (sample instanceof MetricFamily.Distribution distribution) {
                snapshot.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .labels(labels(sample))
                        .classicHistogramBuckets(buckets(distribution))
                        .sum(distribution.sum())
                        .build());
            }
        }
        return snapshot.build();
    }

    private static ClassicHistogramBuckets buckets(MetricFamily.Distribution distribution) {
        var buckets = ClassicHistogramBuckets.builder();
        for (var i = 0; i < distribution.counts().size(); i++) {
            var bound = i < distribution.bounds().size() ? distribution.bounds().get(i) : Double.POSITIVE_INFINITY;
            buckets.bucket(bound, distribution.counts().get(i));
        }
        return buckets.build();
    }

    private static Labels labels(MetricFamily.Sample sample) {
        var labels = Labels.builder();
        sample.labels().forEach(labels::label);
        return labels.build();
    }
}
