package dev.howdah.base;

import static dev.howdah.base.Checks.require;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Measurements of one kind, in base units (seconds, bytes), as a feature hands them out. How they are written for a monitoring system is the
 * affair of whoever serves them.
 *
 * @param name in small letters and underscores; without the {@code _total} of a counter
 * @param help one sentence for people
 */
public record MetricFamily(String name, Kind kind, String help, List<Sample> samples) {
    private static final Pattern NAME = Pattern.compile("howdah_[a-z0-9_]*[a-z0-9]");
    private static final Pattern LABEL = Pattern.compile("[a-z][a-z0-9_]*");

    /** How a measurement moves. */
    public enum Kind {
        /** Only grows, until the program starts again. */
        COUNTER,
        GAUGE,
        HISTOGRAM
    }

    /** One measurement, told from others of its family by its labels. */
    public sealed interface Sample {
        Map<String, String> labels();
    }

    /** Of a counter or a gauge. */
    public record Value(Map<String, String> labels, double value) implements Sample {
        public Value {
            labels = checked(labels);
        }
    }

    /**
     * Of a histogram.
     *
     * @param bounds the upper end of each step but the last, which has none
     * @param counts of each step alone
     */
    public record Distribution(Map<String, String> labels, List<Double> bounds, List<Long> counts, double sum)
            implements Sample {
        public Distribution {
            labels = checked(labels);
            bounds = List.copyOf(bounds);
            counts = List.copyOf(counts);
            require(counts.size() == bounds.size() + 1, "a histogram has one count more than bounds");
        }
    }

    public MetricFamily {
        require(NAME.matcher(name).matches(), "not the name of a metric: " + name);
        require(!name.endsWith("_total"), "a counter is named without its _total: " + name);
        samples = List.copyOf(samples);
        for (var sample : samples) {
            require(
                    (kind == Kind.HISTOGRAM) == (sample instanceof Distribution),
                    name + " has a sample that is not of its kind");
        }
        require(
                samples.stream().map(Sample::labels).distinct().count() == samples.size(),
                name + " has two samples with the same labels");
    }

    private static Map<String, String> checked(Map<String, String> labels) {
        labels.keySet().forEach(label -> require(LABEL.matcher(label).matches(), "not the name of a label: " + label));
        return Collections.unmodifiableMap(new TreeMap<>(labels));
    }
}
