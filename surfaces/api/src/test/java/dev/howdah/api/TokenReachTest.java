package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.api.model.ApiPaths;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What tokens reach and what they do not, over a real control plane. */
class TokenReachTest {
    private static TestApi api;
    private static TestClient local;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        api = TestApi.start();
        local = api.local();
        api.readyProject(local, "shop");
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

    private static String roles() {
        return ApiPaths.roles("shop", "main");
    }

    @Test
    void aTokenOfOneProjectReachesThatProjectOnly() {
        done(201, local.post("/v1/projects", "{\"name\":\"other\"}"));
        var made = done(201, local.post("/v1/tokens", "{\"name\":\"one\",\"role\":\"read\",\"project\":\"shop\"}"));
        try (var one = api.client(made.field("secret"))) {
            done(200, one.get("/v1/projects/shop"));
            done(200, one.get(roles()));
            assertEquals(1, one.get("/v1/projects").json().path("items").size());
            assertEquals(1, one.get("/v1/status").json().path("projects").asInt());
            var hidden = one.get("/v1/projects/other");
            assertRefused(404, "undefined_object", hidden);
            assertEquals(
                    local.get("/v1/projects/others").field("detail").replace("others", "other"),
                    hidden.field("detail"));
            assertRefused(404, "undefined_object", one.get("/v1/sessions?project=other"));
            assertRefused(403, "insufficient_privilege", one.post(roles(), "{\"name\":\"x\"}"));
            assertRefused(403, "insufficient_privilege", one.get("/v1/events"));
            assertRefused(403, "insufficient_privilege", one.get("/v1/audit"));

            done(204, local.delete("/v1/tokens/one"));
            assertEquals(401, one.get("/v1/projects/shop").status());
        }
    }

    @Test
    void anAdministratorOfOneProjectMakesTokensForThatProjectOnly() {
        done(201, local.post("/v1/projects", "{\"name\":\"theirs\"}"));
        var made = done(201, local.post("/v1/tokens", "{\"name\":\"chief\",\"role\":\"admin\",\"project\":\"shop\"}"));
        try (var chief = api.client(made.field("secret"))) {
            done(201, chief.post("/v1/tokens", "{\"name\":\"helper\",\"role\":\"write\",\"project\":\"shop\"}"));
            assertRefused(
                    403, "insufficient_privilege", chief.post("/v1/tokens", "{\"name\":\"all\",\"role\":\"read\"}"));
            assertRefused(
                    404,
                    "undefined_object",
                    chief.post("/v1/tokens", "{\"name\":\"all\",\"role\":\"read\",\"project\":\"theirs\"}"));
            assertRefused(403, "insufficient_privilege", chief.post("/v1/projects", "{\"name\":\"more\"}"));
            assertRefused(403, "insufficient_privilege", chief.delete("/v1/projects/shop?confirm=shop"));
            assertRefused(403, "insufficient_privilege", chief.post("/v1/shutdown", ""));
        }
    }

    @Test
    void aTokenOfAnotherProjectCannotBeRevokedOrSeen() {
        done(201, local.post("/v1/tokens", "{\"name\":\"wide\",\"role\":\"read\"}"));
        var made = done(201, local.post("/v1/tokens", "{\"name\":\"narrow\",\"role\":\"admin\",\"project\":\"shop\"}"));
        try (var narrow = api.client(made.field("secret"))) {
            assertRefused(404, "undefined_object", narrow.delete("/v1/tokens/wide"));
            assertFalse(narrow.get("/v1/tokens").text().contains("wide"));
            done(204, narrow.delete("/v1/tokens/narrow"));
        }
    }

    @Test
    void aTokenOfAnUnknownRoleIsNotMade() {
        var refused = local.post("/v1/tokens", "{\"name\":\"t\",\"role\":\"root\"}");

        assertRefused(400, "invalid_parameter_value", refused);
        assertTrue(refused.field("hint").contains("read, write, admin"), refused.text());
    }

    @Test
    void anUnknownTokenIsRefused() {
        for (var secret : List.of("howdah_sk_" + "a".repeat(40), "nonsense", "howdah_pw_" + "a".repeat(32))) {
            try (var stranger = api.client(secret)) {
                assertEquals(401, stranger.get("/v1/projects").status());
            }
        }
    }
}
