package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.queryOne;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.MetricFamily;
import dev.howdah.base.MetricFamily.Distribution;
import dev.howdah.base.MetricFamily.Kind;
import dev.howdah.base.MetricFamily.Value;
import dev.howdah.testkit.SeededRandom;
import dev.howdah.testkit.TestPostgres;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProxyMetricsTest {
    private static TestPostgres postgres;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        proxy = TestProxy.inFrontOf(postgres.address());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        postgres.close();
    }

    private static List<MetricFamily> metrics() {
        var pooler = proxy.proxy.pooler();
        return ProxyMetrics.of(pooler.summary(), pooler.settings(), proxy.proxy.counters());
    }

    private static double value(List<MetricFamily> families, String name, Map<String, String> labels) {
        return families.stream()
                .filter(family -> family.name().equals(name))
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.labels().equals(labels))
                .mapToDouble(sample -> sample instanceof Value(var _, var value) ? value : Double.NaN)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name + labels));
    }

    private static Map<String, String> pool(String... more) {
        var labels = new HashMap<>(Map.of("branch", BRANCH.value(), "database", "postgres", "role", "postgres"));
        for (var i = 0; i < more.length; i += 2) {
            labels.put(more[i], more[i + 1]);
        }
        return labels;
    }

    @Test
    void poolsAreMeasuredWhileTheyWork() throws Exception {
        try (var busy = proxy.connectPooled();
                var idle = proxy.connectPooled()) {
            busy.setAutoCommit(false);
            assertEquals("1", queryOne(busy, "SELECT 1"));
            assertEquals("1", queryOne(idle, "SELECT 1"));
            var families = metrics();
            assertEquals(1, value(families, "howdah_pool_clients", pool("state", "active")));
            assertEquals(0, value(families, "howdah_pool_clients", pool("state", "waiting")));
            assertEquals(1, value(families, "howdah_pool_servers", pool("state", "active")));
            assertEquals(20, value(families, "howdah_pool_servers_max", pool()));
            assertEquals(
                    2,
                    value(
                            families,
                            "howdah_database_clients",
                            Map.of("branch", BRANCH.value(), "database", "postgres")));
            assertTrue(value(families, "howdah_proxy_open_files_max", Map.of()) > 0);
            busy.commit();
        }
    }

    @Test
    void whatPinsAndWhoListensIsMeasured() throws Exception {
        try (var client = proxy.connectPooled();
                var statement = client.createStatement()) {
            statement.execute("LISTEN news");
            statement.execute("CREATE TEMP TABLE mine ()");
            statement.execute("SELECT pg_advisory_lock(1)");
            var families = metrics();
            assertEquals(1, value(families, "howdah_pool_clients_pinned", pool("kind", "temp_table")));
            assertEquals(1, value(families, "howdah_pool_clients_pinned", pool("kind", "advisory_lock")));
            assertEquals(0, value(families, "howdah_pool_clients_pinned", pool("kind", "sql_prepare")));
            assertEquals(1, value(families, "howdah_pool_clients_listening", pool()));
            assertEquals(1, value(families, "howdah_pool_servers_listening", pool()));
            statement.execute("DROP TABLE mine");
            statement.execute("UNLISTEN *");
            families = metrics();
            assertEquals(0, value(families, "howdah_pool_clients_pinned", pool("kind", "temp_table")));
            assertEquals(1, value(families, "howdah_pool_clients_pinned", pool("kind", "advisory_lock")));
            assertEquals(0, value(families, "howdah_pool_clients_listening", pool()));
        }
        assertEquals(0, value(metrics(), "howdah_pool_servers_pinned", pool()));
    }

    @Test
    void countersOnlyGrowAndTimesAreCountedOnce() throws Exception {
        try (var client = proxy.connectPooled()) {
            var before = metrics();
            for (var i = 0; i < 10; i++) {
                assertEquals("1", queryOne(client, "SELECT 1"));
            }
            assertThrows(SQLException.class, () -> queryOne(client, "SELECT nonsense"));
            var after = metrics();
            var grown = 0;
            for (var family : after) {
                if (family.kind() == Kind.COUNTER) {
                    for (var sample : family.samples()) {
                        var then = before.stream()
                                .filter(earlier -> earlier.name().equals(family.name()))
                                .flatMap(earlier -> earlier.samples().stream())
                                .filter(earlier -> earlier.labels().equals(sample.labels()))
                                .mapToDouble(earlier -> ((Value) earlier).value())
                                .findFirst()
                                .orElse(0);
                        var now = ((Value) sample).value();
                        assertTrue(now >= then, family.name() + sample.labels());
                        grown += now > then ? 1 : 0;
                    }
                }
            }
            assertTrue(grown >= 4, "so few have grown: " + grown);
            assertEquals(
                    11,
                    value(after, "howdah_pool_transactions", pool())
                            - value(before, "howdah_pool_transactions", pool()));
            assertEquals(1, value(after, "howdah_pool_errors", pool()) - value(before, "howdah_pool_errors", pool()));
            assertEquals(
                    11,
                    count(after, "howdah_pool_query_duration_seconds")
                            - count(before, "howdah_pool_query_duration_seconds"));
            assertTrue(
                    count(after, "howdah_pool_wait_duration_seconds")
                            <= value(after, "howdah_pool_server_assignments", pool()),
                    "only who got a server has waited for one");
        }
    }

    private static long count(List<MetricFamily> families, String name) {
        return families.stream()
                .filter(family -> family.name().equals(name))
                .flatMap(family -> family.samples().stream())
                .filter(sample -> sample.labels().equals(pool()))
                .mapToLong(sample -> ((Distribution) sample)
                        .counts().stream().mapToLong(Long::longValue).sum())
                .sum();
    }

    /** Prometheus' rules of naming: base units, and the unit behind the name. */
    @Test
    void namesTellTheirUnit() throws Exception {
        try (var client = proxy.connectPooled()) {
            assertEquals("1", queryOne(client, "SELECT 1"));
            var names = new HashSet<String>();
            for (var family : metrics()) {
                assertTrue(names.add(family.name()), family.name());
                assertFalse(
                        family.name().matches(".*_(micros|millis|milliseconds|ms|us|kb|mb|kilobytes)(_.*)?"),
                        family.name());
                assertTrue(family.help().endsWith("."), family.help());
                if (family.kind() == Kind.HISTOGRAM || family.name().contains("wait")) {
                    assertTrue(family.name().endsWith("_seconds"), family.name());
                }
                for (var sample : family.samples()) {
                    assertTrue(
                            List.of("branch", "database", "role", "state", "kind", "area")
                                    .containsAll(sample.labels().keySet()),
                            family.name() + sample.labels());
                }
            }
        }
    }

    @Test
    void aHistogramPutsATimeIntoItsStep() {
        var histogram = new Histogram();
        var bounds = Histogram.bounds();
        histogram.record(0);
        histogram.record(-5); // a clock that went back
        histogram.record(bounds.getFirst().toNanos());
        histogram.record(bounds.getFirst().toNanos() + 1);
        histogram.record(Duration.ofHours(1).toNanos());
        var snapshot = histogram.snapshot();
        assertEquals(3, snapshot.counts().getFirst());
        assertEquals(1, snapshot.counts().get(1));
        assertEquals(1, snapshot.counts().getLast());
        assertEquals(Duration.ofHours(1).plus(bounds.getFirst().multipliedBy(2)).plusNanos(1), snapshot.total());
        assertEquals(bounds.stream().sorted().toList(), bounds);
    }

    @Test
    void histogramsAddUp() {
        var random = SeededRandom.create();
        var one = new Histogram();
        var other = new Histogram();
        var both = new Histogram();
        for (var i = 0; i < 1000; i++) {
            var nanos = random.nextLong(40_000_000_000L) >> random.nextInt(30);
            (random.nextBoolean() ? one : other).record(nanos);
            both.record(nanos);
        }
        one.add(other);
        assertEquals(both.snapshot(), one.snapshot());
        assertEquals(
                1000,
                one.snapshot().counts().stream().mapToLong(Long::longValue).sum());
    }
}
