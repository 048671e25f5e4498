package dev.howdah.bench;

import dev.howdah.bench.Slice.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The Markdown tables of {@code bench/run pooler}. */
final class PoolerTable {
    private static final List<String> COLUMNS = List.of(
            "work",
            "clients",
            "door",
            "target",
            "rate",
            "p50 µs",
            "p99 µs",
            "CPU ms (user + system)",
            "RSS MB",
            "rate ratio",
            "p99 ratio",
            "CPU ratio",
            "bars");

    private PoolerTable() {}

    static String header() {
        return line(COLUMNS) + "\n|" + " --- |".repeat(4) + " ---: |".repeat(COLUMNS.size() - 5) + " --- |";
    }

    /** The candidate's line, with what it reached. */
    static String candidate(Comparison comparison) {
        var slices = comparison.pairs().stream().map(Comparison.Pair::candidate).toList();
        var cells = figures(comparison.row(), comparison.candidate(), slices);
        for (var metric : Metric.values()) {
            cells.add(comparison.interval(metric).map(Interval::toString).orElse("-"));
        }
        cells.add(comparison.row().bars().stream()
                .map(bar -> bar + ": " + comparison.verdict(bar).words())
                .collect(Collectors.joining("; ")));
        return line(cells);
    }

    /** A line without ratios. */
    static String plain(PoolerRow row, Target target, List<Slice> slices) {
        var cells = figures(row, target, slices);
        cells.addAll(List.of("", "", "", ""));
        return line(cells);
    }

    private static List<String> figures(PoolerRow row, Target target, List<Slice> slices) {
        return new ArrayList<>(List.of(
                row.workload(),
                Integer.toString(row.clients()),
                row.door().title(),
                target.name(),
                number(slices, Slice::rate) + " " + row.unit().rate(),
                number(slices, Slice::p50Micros),
                number(slices, Slice::p99Micros),
                cpu(row, slices),
                number(slices, Slice::residentMegabytes)));
    }

    private static String cpu(PoolerRow row, List<Slice> slices) {
        return median(slices, Slice::cpuMillis) == 0
                ? "-"
                : "%s per %s (%s + %s)"
                        .formatted(
                                number(slices, Slice::cpuMillis),
                                row.unit().portion(),
                                number(slices, Slice::userMillis),
                                number(slices, Slice::systemMillis));
    }

    /** Processor time over all rows together, the one bar that is not a row's own. */
    static String together(List<Comparison> comparisons, Bar bar) {
        var series = comparisons.stream()
                .map(comparison -> comparison.ratios(Metric.CPU))
                .filter(ratios -> !ratios.isEmpty())
                .toList();
        if (series.isEmpty()) {
            return "Processor time was not measured.";
        }
        var ratio = PairedBootstrap.geometricMean(series);
        return "Processor time per transaction of %s against %s, geometric mean of %d rows: %s; bar %s: %s."
                .formatted(
                        comparisons.getFirst().candidate().name(),
                        comparisons.getFirst().base().name(),
                        series.size(),
                        ratio,
                        bar,
                        bar.verdict(ratio).words());
    }

    private static String number(List<Slice> slices, ToDoubleFunction<Slice> figure) {
        var value = median(slices, figure);
        if (Double.isNaN(value)) {
            return "-";
        }
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }

    private static double median(List<Slice> slices, ToDoubleFunction<Slice> figure) {
        return Median.of(slices.stream().map(figure::applyAsDouble).toList());
    }

    static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    /** For a row that could not be measured. */
    static String failed(PoolerRow row, Target target, String why) {
        var cells = new ArrayList<>(List.of(
                row.workload(), Integer.toString(row.clients()), row.door().title(), target.name()));
        cells.add("failed: " + why.lines().findFirst().orElse(""));
        while (cells.size() < COLUMNS.size()) {
            cells.add("");
        }
        return line(cells);
    }
}
