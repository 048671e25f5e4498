package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.PrometheusText;
import dev.howdah.testkit.PrometheusText.Series;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pools of a running platform: the console, {@code howdah pools} and {@code /metrics} show the same. */
@ExtendWith(SharedPlatform.class)
class PoolsIT {
    private static Connection connect(RunningPlatform platform, String database) throws SQLException {
        var properties = new Properties();
        properties.putAll(Map.of(
                "user",
                "postgres." + platform.branch(),
                "password",
                platform.password(),
                "sslmode",
                "verify-full",
                "sslrootcert",
                platform.home().resolve("tls/edge-ca.crt").toString()));
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:%d/%s".formatted(platform.pooledPort(), database), properties);
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            assertTrue(rows.next(), sql);
            return rows.getString(1);
        }
    }

    private static PrometheusText metrics(RunningPlatform platform) throws Exception {
        var token = Files.readString(platform.home().resolve("run/token")).strip();
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:%d/metrics".formatted(platform.apiPort())))
                    .header("Authorization", "Bearer " + token)
                    .build();
            var answer = http.send(request, BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
            return PrometheusText.parse(answer.body());
        }
    }

    @Test
    void theDefaultRoleSeesAndSteersItsBranchAtTheConsole(RunningPlatform platform) throws Exception {
        try (var client = connect(platform, "postgres");
                var console = connect(platform, "howdah")) {
            assertEquals("1", one(client, "SELECT 1"));
            assertEquals("postgres", one(console, "SHOW POOLS"));
            try (var statement = console.createStatement()) {
                statement.execute("PAUSE");
                statement.execute("RESUME");
            }
            assertEquals("1", one(client, "SELECT 1"));
        }
    }

    @Test
    void theCommandShowsWhatTheConsoleShows(RunningPlatform platform) throws Exception {
        try (var client = connect(platform, "postgres")) {
            client.setAutoCommit(false);
            assertEquals("1", one(client, "SELECT 1"));
            var backend = Integer.parseInt(one(client, "SELECT pg_backend_pid()"));
            var servers = platform.json("pools", "servers");
            var server = servers.valueStream()
                    .filter(row -> row.path("process_id").asInt() == backend)
                    .findFirst()
                    .orElseThrow();
            assertEquals("active", server.path("state").asString());
            assertTrue(platform.json("pools", "clients")
                    .valueStream()
                    .anyMatch(row -> row.path("id").equals(server.path("client_id"))));
            assertTrue(platform.howdah("pools", "list").succeeded().out().contains("postgres"));
            client.commit();
        }
    }

    @Test
    void metricsHaveTypesAndUnitsAndCountersThatGrow(RunningPlatform platform) throws Exception {
        try (var client = connect(platform, "postgres")) {
            assertEquals("1", one(client, "SELECT 1"));
            var before = metrics(platform);
            for (var i = 0; i < 5; i++) {
                assertEquals("1", one(client, "SELECT 1"));
            }
            var after = metrics(platform);
            var grown = 0;
            for (var entry : after.series().entrySet()) {
                var family = after.family(entry.getKey());
                assertTrue(family.name().startsWith("howdah_"), family.name());
                assertEquals(family.type().equals("counter"), family.name().endsWith("_total"), family.name());
                if (!family.type().equals("gauge")) {
                    var then = before.series().getOrDefault(entry.getKey(), 0.0);
                    assertTrue(entry.getValue() >= then, entry.getKey().toString());
                    grown += entry.getValue() > then ? 1 : 0;
                }
            }
            assertTrue(grown >= 5, "so few have grown: " + grown);
            var ours = after.series().keySet().stream()
                    .filter(series -> platform.branch().equals(series.labels().get("branch")))
                    .map(Series::name)
                    .toList();
            assertTrue(ours.contains("howdah_pool_transactions_total"), ours.toString());
            assertTrue(ours.contains("howdah_pool_query_duration_seconds_bucket"), ours.toString());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pools list nowhere                          | 4
            pools resume                                | 5
            pools settings nonsense 1                   | 4
            pools settings default_pool_size many       | 1
            pools settings nonsense                     | 2
            pools pause --nonsense                      | 2
            """)
    void wrongInputEndsWithItsExitCode(String line, int exitCode, RunningPlatform platform) throws Exception {
        var result = platform.howdah(line.strip().split(" +"));
        assertEquals(exitCode, result.exitCode(), result.out() + result.err());
        assertFalse(result.err().contains("\tat "), result.err());
    }

    @Test
    void aSettingIsChangedForOneBranchAndForgottenByReload(RunningPlatform platform) throws Exception {
        platform.howdah("pools", "settings", "query_wait_timeout", "33").succeeded();
        try (var console = connect(platform, "howdah")) {
            assertEquals("33", one(console, "SHOW query_wait_timeout"));
            platform.howdah("pools", "reload").succeeded();
            assertEquals("120", one(console, "SHOW query_wait_timeout"));
        }
    }
}
