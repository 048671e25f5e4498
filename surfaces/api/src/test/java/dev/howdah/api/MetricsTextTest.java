package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.MetricFamily;
import dev.howdah.base.MetricFamily.Distribution;
import dev.howdah.base.MetricFamily.Kind;
import dev.howdah.base.MetricFamily.Value;
import dev.howdah.testkit.PrometheusText;
import dev.howdah.testkit.PrometheusText.Series;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTextTest {
    private static PrometheusText parsed(MetricFamily... families) {
        return PrometheusText.parse(
                MetricsText.of(List.of(families), Optional.empty()).text());
    }

    private static String type(PrometheusText text, String sample) {
        return text.family(new Series(sample, Map.of())).type();
    }

    private static MetricFamily counter(String name, Value... values) {
        return new MetricFamily(name, Kind.COUNTER, "Help.", List.of(values));
    }

    @Test
    void eachKindHasItsTypeAndItsSamples() {
        var text = parsed(
                counter("howdah_a", new Value(Map.of(), 3), new Value(Map.of("branch", "b"), 4)),
                new MetricFamily("howdah_b_bytes", Kind.GAUGE, "Help.", List.of(new Value(Map.of("x", "y"), 1.5e12))),
                new MetricFamily(
                        "howdah_c_seconds",
                        Kind.HISTOGRAM,
                        "Help.",
                        List.of(new Distribution(Map.of("x", "y"), List.of(0.001, 0.25), List.of(5L, 2L, 1L), 7.25))));
        assertEquals("counter", type(text, "howdah_a_total"));
        assertEquals("gauge", type(text, "howdah_b_bytes"));
        assertEquals("histogram", type(text, "howdah_c_seconds_sum"));
        assertEquals(4, text.series().get(new Series("howdah_a_total", Map.of("branch", "b"))));
        assertEquals(1.5e12, text.series().get(new Series("howdah_b_bytes", Map.of("x", "y"))));
        assertEquals(5, text.series().get(new Series("howdah_c_seconds_bucket", Map.of("x", "y", "le", "0.001"))));
        assertEquals(7, text.series().get(new Series("howdah_c_seconds_bucket", Map.of("x", "y", "le", "0.25"))));
        assertEquals(8, text.series().get(new Series("howdah_c_seconds_bucket", Map.of("x", "y", "le", "+Inf"))));
        assertEquals(8, text.series().get(new Series("howdah_c_seconds_count", Map.of("x", "y"))));
        assertEquals(7.25, text.series().get(new Series("howdah_c_seconds_sum", Map.of("x", "y"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\"b", "a\\b", "a\nb", "\\n", "}", "a,b=\"c\"", "ünïcödé 🐘", "#", "\t"})
    void anyNameOfADatabaseComesBackAsItWas(String name) {
        var text = parsed(counter("howdah_a", new Value(Map.of("database", name), 1)));
        assertEquals(name, text.series().keySet().iterator().next().labels().get("database"));
    }

    @Test
    void aFamilyWithoutSamplesIsLeftOut() {
        assertEquals(
                "",
                MetricsText.of(List.of(counter("howdah_a")), Optional.empty()).text());
    }

    @Test
    void openMetricsIsForWhoAcceptsIt() {
        var families = List.of(counter("howdah_a", new Value(Map.of(), 1)));
        var open = MetricsText.of(families, Optional.of("application/openmetrics-text; version=1.0.0; charset=utf-8"));
        assertEquals("application/openmetrics-text; version=1.0.0; charset=utf-8", open.mediaType());
        assertEquals("# TYPE howdah_a counter\n# HELP howdah_a Help.\nhowdah_a_total 1.0\n# EOF\n", open.text());
        var plain = MetricsText.of(families, Optional.of("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
        assertTrue(plain.mediaType().startsWith("text/plain; version=0.0.4"));
        assertFalse(plain.text().contains("EOF"));
    }

    /** The parser would notice: each of these is a mistake that the text could have. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a 1\n",
                "# TYPE a gauge\na 1\n",
                "# HELP a h\n# TYPE a gauge\na 1\na 2\n",
                "# HELP a h\n# TYPE a gauge\na{b=\"1\" 2\n",
                "# HELP a h\n# TYPE a gauge\na{b=\"\\x\"} 2\n",
                "# HELP a h\n# TYPE a gauge\na one\n",
                "# HELP a h\n# TYPE a gauge\na 1",
                "# HELP a h\n# TYPE a gauge\n# HELP b h\n# TYPE b gauge\nb 1\na 1\n",
                "# HELP a h\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum 1\n",
                "# HELP a h\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_count 1\na_sum 1\n"
            })
    void mistakesAreFound(String text) {
        assertThrows(RuntimeException.class, () -> PrometheusText.parse(text));
    }

    @Test
    void aFamilyKnowsItsRules() {
        assertThrows(IllegalArgumentException.class, () -> counter("howdah_a_total"));
        assertThrows(IllegalArgumentException.class, () -> counter("queries"));
        assertThrows(
                IllegalArgumentException.class,
                () -> counter("howdah_a", new Value(Map.of("a", "b"), 1), new Value(Map.of("a", "b"), 2)));
        assertThrows(
                IllegalArgumentException.class,
                () -> new MetricFamily("howdah_a", Kind.HISTOGRAM, "h", List.of(new Value(Map.of(), 1))));
        assertThrows(IllegalArgumentException.class, () -> new Value(Map.of("A b", "c"), 1));
    }
}
