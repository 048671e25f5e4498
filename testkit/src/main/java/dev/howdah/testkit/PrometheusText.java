package dev.howdah.testkit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads Prometheus' text format 0.0.4 as strictly as its rules can be read, and refuses what a scraper would put up with: families in pieces,
 * samples without HELP and TYPE, series given twice, histograms whose steps do not grow or do not end in their count.
 */
public final class PrometheusText {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    private static final Pattern LABEL_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
    private static final Pattern NUMBER = Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?([eE][-+]?[0-9]+)?|Inf)|NaN");
    private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "summary", "untyped");

    private final Map<String, Family> families = new LinkedHashMap<>();
    private final Map<Series, Double> series = new LinkedHashMap<>();
    private final Map<String, String> help = new HashMap<>();
    private Optional<String> current = Optional.empty();

    /** What is said of a name. */
    public record Family(String name, String type, String help) {}

    /** One line of numbers, by its name and labels. */
    public record Series(String name, Map<String, String> labels) {}

    private PrometheusText() {}

    /** An {@link IllegalArgumentException} names the line that breaks a rule. */
    public static PrometheusText parse(String text) {
        var parsed = new PrometheusText();
        require(text.isEmpty() || text.endsWith("\n"), "the last line has no end", text);
        text.lines().forEach(parsed::line);
        parsed.checkHistograms();
        return parsed;
    }

    public Map<String, Family> families() {
        return families;
    }

    public Map<Series, Double> series() {
        return series;
    }

    /** The family that a sample's name belongs to. */
    public Family family(Series one) {
        for (var name : List.of(one.name(), one.name().replaceFirst("_(bucket|sum|count)$", ""))) {
            var family = families.get(name);
            if (family != null && (name.equals(one.name()) || family.type().equals("histogram"))) {
                return family;
            }
        }
        throw new IllegalArgumentException("no TYPE for " + one);
    }

    private void line(String line) {
        if (line.startsWith("# HELP ")) {
            var words = line.substring(7).split(" ", 2);
            require(words.length == 2 && !words[1].isBlank(), "no help", line);
            require(help.put(words[0], words[1]) == null, "a second HELP", line);
        } else if (line.startsWith("# TYPE ")) {
            type(line);
        } else {
            require(!line.startsWith("#") && !line.isBlank(), "neither HELP, TYPE nor a sample", line);
            sample(line);
        }
    }

    private void type(String line) {
        var words = line.substring(7).split(" ", -1);
        require(words.length == 2 && NAME.matcher(words[0]).matches() && TYPES.contains(words[1]), "no type", line);
        require(help.containsKey(words[0]), "TYPE before HELP", line);
        var family = new Family(words[0], words[1], help.getOrDefault(words[0], ""));
        require(families.put(words[0], family) == null, "a second TYPE, or a family in two pieces", line);
        current = Optional.of(words[0]);
    }

    private void sample(String line) {
        var brace = line.indexOf('{');
        var nameEnd = brace >= 0 ? brace : line.indexOf(' ');
        require(nameEnd > 0 && NAME.matcher(line.substring(0, nameEnd)).matches(), "no name", line);
        var labels = new TreeMap<String, String>();
        var end = brace >= 0 ? labels(line, brace + 1, labels) : nameEnd;
        var rest = line.substring(end);
        require(rest.startsWith(" ") && NUMBER.matcher(rest.substring(1)).matches(), "no number", line);
        var one = new Series(line.substring(0, nameEnd), labels);
        require(Optional.of(family(one).name()).equals(current), "a sample outside its family", line);
        var value = rest.substring(1).replace("Inf", "Infinity");
        require(series.put(one, Double.parseDouble(value)) == null, "a series twice", line);
    }

    /** Returns where the labels end, behind their brace. */
    private static int labels(String line, int from, Map<String, String> labels) {
        var at = from;
        while (line.charAt(at) != '}') {
            var equals = line.indexOf("=\"", at);
            require(
                    equals > at
                            && LABEL_NAME.matcher(line.substring(at, equals)).matches(),
                    "no label",
                    line);
            var value = new StringBuilder();
            var next = value(line, equals + 2, value);
            require(labels.put(line.substring(at, equals), value.toString()) == null, "a label twice", line);
            at = line.charAt(next) == ',' ? next + 1 : next;
        }
        return at + 1;
    }

    /** Returns where the value ends, behind its quote. */
    private static int value(String line, int from, StringBuilder value) {
        var at = from;
        while (line.charAt(at) != '"') {
            if (line.charAt(at) == '\\') {
                at++;
                var escaped = "\\\"n".indexOf(line.charAt(at));
                require(escaped >= 0, "an unknown escape", line);
                value.append("\\\"\n".charAt(escaped));
            } else {
                value.append(line.charAt(at));
            }
            at++;
        }
        return at + 1;
    }

    private void checkHistograms() {
        var steps = new LinkedHashMap<Series, List<Map.Entry<Double, Double>>>();
        series.forEach((one, value) -> {
            if (one.name().endsWith("_bucket") && family(one).type().equals("histogram")) {
                var labels = new TreeMap<>(one.labels());
                var bound = String.valueOf(labels.remove("le")).replace("Inf", "Infinity");
                steps.computeIfAbsent(
                                new Series(one.name().replaceFirst("_bucket$", ""), labels), _ -> new ArrayList<>())
                        .add(Map.entry(Double.parseDouble(bound), value));
            }
        });
        steps.forEach(this::checkSteps);
        var counted = new HashSet<>(steps.keySet());
        series.keySet().stream()
                .filter(one ->
                        one.name().endsWith("_count") && family(one).type().equals("histogram"))
                .forEach(one -> require(
                        counted.contains(new Series(one.name().replaceFirst("_count$", ""), one.labels())),
                        "a histogram without steps",
                        one.toString()));
    }

    private void checkSteps(Series histogram, List<Map.Entry<Double, Double>> steps) {
        for (var i = 1; i < steps.size(); i++) {
            require(
                    steps.get(i - 1).getKey() < steps.get(i).getKey()
                            && steps.get(i - 1).getValue() <= steps.get(i).getValue(),
                    "steps that do not grow",
                    histogram.toString());
        }
        var last = steps.getLast();
        require(last.getKey() == Double.POSITIVE_INFINITY, "no step +Inf", histogram.toString());
        var count = series.get(new Series(histogram.name() + "_count", histogram.labels()));
        require(last.getValue().equals(count), "the step +Inf is not the count", histogram.toString());
        require(
                series.containsKey(new Series(histogram.name() + "_sum", histogram.labels())),
                "no sum",
                histogram.toString());
    }

    private static void require(boolean holds, String otherwise, String where) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise + ": " + where);
        }
    }
}
