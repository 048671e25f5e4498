package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.base.MetricFamily;
import dev.howdah.base.MetricFamily.Kind;
import dev.howdah.base.MetricFamily.Value;
import dev.howdah.testkit.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the API shows of the pools, and what it tells them. */
class PoolsApiTest {
    private static TestApi api;
    private static TestClient local;
    private static String project;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        api = TestApi.start();
        local = api.local();
        project = api.readyProject(local, "shop");
    }

    @AfterAll
    static void stop() {
        local.close();
        api.close();
    }

    private static void assertRefused(int status, String code, TestClient.Reply reply) {
        assertEquals(status, reply.status(), reply.text());
        assertEquals(code, reply.field("code"), reply.text());
    }

    private static TestClient.Reply done(int status, TestClient.Reply reply) {
        assertEquals(status, reply.status(), reply.text());
        return reply;
    }

    private static TestClient with(String role, String ofProject) {
        var body = ofProject.isEmpty()
                ? "{\"name\":\"%s%d\",\"role\":\"%s\"}".formatted(role, System.nanoTime(), role)
                : "{\"name\":\"%s%d\",\"role\":\"%s\",\"project\":\"%s\"}"
                        .formatted(role, System.nanoTime(), role, ofProject);
        return api.client(done(201, local.post("/v1/tokens", body)).field("secret"));
    }

    @Test
    void poolsClientsAndServersAreListedInParts() {
        var first = done(200, local.get(ApiPaths.pools(project, "main") + "?limit=1"))
                .json();
        assertEquals("app", first.path("items").path(0).path("database").asString());
        var second = done(
                        200,
                        local.get(ApiPaths.pools(project, "main") + "?limit=1&cursor="
                                + ApiPaths.encode(first.path("next_cursor").asString())))
                .json();
        var pool = second.path("items").path(0);
        assertEquals("shop", pool.path("database").asString());
        assertEquals(0.25, pool.path("wait_seconds").asDouble());
        assertEquals(1, pool.path("servers_pinned").asInt());

        var client = done(200, local.get(ApiPaths.poolClients(project, "main")))
                .json()
                .path("items")
                .path(0);
        assertEquals("7", client.path("id").asString());
        assertEquals("9", client.path("server_id").asString());
        var server = done(200, local.get(ApiPaths.poolServers(project, "main")))
                .json()
                .path("items")
                .path(0);
        assertEquals(4711, server.path("process_id").asInt());
        assertEquals("2026-11-20T10:00:00Z", server.path("started_at").asString());
    }

    @Test
    void poolsArePausedAndResumedWithALineInTheAuditLog() {
        var pools = ApiPaths.pools(project, "main");
        assertRefused(409, "object_not_in_prerequisite_state", local.post(pools + "/resume", ""));
        assertTrue(done(200, local.post(pools + "/pause", "{\"database\":\"shop\"}"))
                .json()
                .path("empty")
                .asBoolean());
        assertTrue(done(200, local.get(pools))
                .json()
                .path("items")
                .path(0)
                .path("paused")
                .asBoolean());
        done(204, local.post(pools + "/reconnect", "{}"));
        done(204, local.post(pools + "/resume", "{\"database\":null}"));
        assertTrue(api.pooler.told.containsAll(List.of("pause shop", "reconnect all", "resume all")));
        Eventually.until(Duration.ofSeconds(20), "the audit log has it", () -> {
            var audit = local.get("/v1/audit?limit=100").text();
            return audit.contains("pools.pause") && audit.contains("pools.resume");
        });
    }

    @Test
    void badInputIsAProblem() {
        var pools = ApiPaths.pools(project, "main");
        assertRefused(404, "undefined_object", local.post(ApiPaths.pools(project, "nowhere") + "/pause", "{}"));
        assertRefused(404, "undefined_object", local.get(ApiPaths.poolClients("nothing", "main")));
        assertRefused(400, "invalid_parameter_value", local.post(pools + "/pause", "{\"databases\":\"shop\"}"));
        assertRefused(400, "invalid_parameter_value", local.get(pools + "?sort=role"));
        assertEquals(404, local.post(pools + "/shutdown", "{}").status());
        assertRefused(404, "undefined_object", local.patch(ApiPaths.poolSetting("nonsense"), "{\"value\":\"1\"}"));
        assertRefused(
                400,
                "invalid_parameter_value",
                local.patch(ApiPaths.poolSetting("default_pool_size"), "{\"value\":\"many\"}"));
        assertRefused(400, "invalid_parameter_value", local.patch(ApiPaths.poolSetting("default_pool_size"), "{}"));
    }

    @Test
    void settingsAreChangedByThePlatformsAdminsOnly() {
        var path = ApiPaths.poolSetting("default_pool_size");
        var changed = done(200, local.patch(path, "{\"value\":\"33\"}")).json();
        assertEquals("33", changed.path("value").asString());
        assertEquals("20", changed.path("initial").asString());
        try (var writer = with("write", "");
                var ofProject = with("admin", project);
                var reader = with("read", "")) {
            assertRefused(403, "insufficient_privilege", writer.patch(path, "{\"value\":\"1\"}"));
            assertRefused(403, "insufficient_privilege", ofProject.patch(path, "{\"value\":\"1\"}"));
            assertRefused(403, "insufficient_privilege", ofProject.post(ApiPaths.RELOAD_POOL_SETTINGS, ""));
            assertEquals(
                    "33",
                    done(200, reader.get(ApiPaths.POOL_SETTINGS))
                            .json()
                            .path("items")
                            .path(0)
                            .path("value")
                            .asString());
            assertRefused(403, "insufficient_privilege", reader.post(ApiPaths.pools(project, "main") + "/pause", "{}"));
        }
        done(204, local.post(ApiPaths.RELOAD_POOL_SETTINGS, ""));
        assertTrue(api.pooler.told.containsAll(List.of("set all", "reload all")));
    }

    @Test
    void whoMayWriteInAProjectSetsWhatItsBranchesHave() {
        var settings = ApiPaths.branchPoolSettings(project, "main");
        try (var writer = with("write", project);
                var reader = with("read", project)) {
            done(
                    200,
                    writer.patch(
                            ApiPaths.branchPoolSetting(project, "main", "default_pool_size"), "{\"value\":\"5\"}"));
            done(200, reader.get(settings));
            done(204, writer.post(settings + "/reload", ""));
            assertRefused(403, "insufficient_privilege", reader.post(settings + "/reload", ""));
        }
        assertTrue(api.pooler.told.containsAll(List.of("set one", "reload one")));
    }

    @Test
    void metricsAreForTokensOfTheWholePlatform() throws IOException {
        api.pooler.families.add(new MetricFamily(
                "howdah_pool_queries", Kind.COUNTER, "Queries.", List.of(new Value(Map.of("branch", "b"), 3))));
        var metrics = done(200, local.get(ApiPaths.METRICS));
        assertEquals("text/plain; version=0.0.4; charset=utf-8", metrics.header("Content-Type"));
        assertTrue(metrics.text().contains("howdah_pool_queries_total{branch=\"b\"} 3.0\n"), metrics.text());
        var open = done(200, local.get(ApiPaths.METRICS, "Accept", "application/openmetrics-text; version=1.0.0"));
        assertTrue(open.header("Content-Type").startsWith("application/openmetrics-text; version=1.0.0"));
        assertTrue(open.text().endsWith("# EOF\n"), open.text());
        try (var reader = with("read", "");
                var ofProject = with("admin", project);
                var nobody = api.client("")) {
            assertFalse(done(200, reader.get(ApiPaths.METRICS)).text().isEmpty());
            assertRefused(403, "insufficient_privilege", ofProject.get(ApiPaths.METRICS));
            assertEquals(401, nobody.get(ApiPaths.METRICS).status());
            var foreign = TestClient.raw(
                    api.address(), "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
            assertTrue(foreign.startsWith("HTTP/1.1 421 "), foreign);
        }
    }
}
