package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.postgres.StopMode;
import org.junit.jupiter.api.Test;

class ControlAwayTest {
    @Test
    void withoutTheControlDatabaseItSaysSoAndWhenToRetry() throws Exception {
        try (var api = TestApi.start();
                var local = api.local()) {
            assertEquals(200, local.get("/v1/projects").status());
            api.controlServer.stop(StopMode.IMMEDIATE);

            var refused = local.get("/v1/projects");

            assertEquals(503, refused.status(), refused.text());
            assertEquals("cannot_connect_now", refused.field("code"));
            assertEquals("1", refused.header("Retry-After"));
            assertEquals(200, local.get("/healthz").status());
            var status = local.get("/v1/status");
            assertEquals(200, status.status(), status.text());
            var only = status.json().path("branches").path(0);
            assertEquals("control", only.path("branch").path("name").asString());
            assertEquals("platform", only.path("branch").path("kind").asString());
            assertEquals(3, only.path("instances").size());
            assertTrue(only.path("branch").path("state_detail").asString().contains("control database"));
            assertEquals(
                    202,
                    local.post("/v1/shutdown", "", ApiPaths.IDEMPOTENCY_KEY, "k1")
                            .status());
        }
    }
}
