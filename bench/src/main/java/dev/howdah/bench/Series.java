package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What one piece of work gave, round by round.
 *
 * @param work as the table names it
 * @param bar the least median ratio that is good enough, where there is one
 * @param rounds one figure of each way
 */
record Series(String work, Unit unit, OptionalDouble bar, List<Map<Way, Figure>> rounds) {
    /** Whether less or more is better. */
    enum Unit {
        SECONDS("s"),
        PER_SECOND("per s");

        private final String title;

        Unit(String title) {
            this.title = title;
        }
    }

    /**
     * One measurement.
     *
     * @param value in the series' unit
     * @param ownCpuSeconds what this JVM, where the proxy runs, spent meanwhile
     */
    record Figure(double value, double ownCpuSeconds) {}

    Series {
        rounds = rounds.stream().map(Map::copyOf).toList();
        require(!rounds.isEmpty(), "a series needs a round");
        require(
                rounds.stream().allMatch(round -> round.size() == Way.values().length),
                "a round needs a figure of each way");
    }

    static String header() {
        return """
                | work | unit | %s | %s | %s | ratio: median (min..max) | bar | CPU of the proxy's JVM, s |
                | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |""".formatted(Way.OWN_TLS.title(), Way.HOWDAH.title(), Way.PLAIN.title());
    }

    /** One line of the Markdown table. */
    String row() {
        var ratios = ratios();
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %s | %.2f (%.2f..%.2f) | %s | %.2f |",
                work,
                unit.title,
                number(median(Way.OWN_TLS)),
                number(median(Way.HOWDAH)),
                number(median(Way.PLAIN)),
                Median.of(ratios),
                ratios.stream().mapToDouble(ratio -> ratio).min().orElseThrow(),
                ratios.stream().mapToDouble(ratio -> ratio).max().orElseThrow(),
                bar.isPresent() ? String.format(Locale.ROOT, ">= %.2f", bar.getAsDouble()) : "",
                Median.of(rounds.stream()
                        .map(round -> figure(round, Way.HOWDAH).ownCpuSeconds())
                        .toList()));
    }

    double median(Way way) {
        return Median.of(
                rounds.stream().map(round -> figure(round, way).value()).toList());
    }

    /** Within each round, how Howdah compares with PostgreSQL's own TLS: above 1, Howdah is the faster one. */
    List<Double> ratios() {
        return rounds.stream()
                .map(round -> {
                    var own = figure(round, Way.OWN_TLS).value();
                    var howdah = figure(round, Way.HOWDAH).value();
                    return unit == Unit.SECONDS ? own / howdah : howdah / own;
                })
                .toList();
    }

    boolean reachesItsBar() {
        return bar.isEmpty() || Median.of(ratios()) >= bar.getAsDouble();
    }

    // Each way is in each round: the constructor has seen to it.
    private static Figure figure(Map<Way, Figure> round, Way way) {
        var figure = round.get(way);
        if (figure == null) {
            throw new IllegalStateException("no figure of " + way);
        }
        return figure;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.3f", value);
    }
}
