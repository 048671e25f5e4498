package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.control.ProxyControl;
import dev.howdah.testkit.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The whole API, over a real control plane and real servers. */
class ControlApiTest {
    private static TestApi api;
    private static TestClient local;
    /** A project whose branch main is ready. */
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
        assertFalse(reply.field("detail").isEmpty(), reply.text());
    }

    private static TestClient.Reply done(int status, TestClient.Reply reply) {
        assertEquals(status, reply.status(), reply.text());
        return reply;
    }

    private static String roles() {
        return ApiPaths.roles(project, "main");
    }

    @Test
    void itIsReadyWhenControlIs() {
        assertEquals("ready\n", done(200, local.get("/readyz")).text());
    }

    @Test
    void statusShowsEveryBranchWithItsInstances() {
        var status = done(200, local.get("/v1/status")).json();

        assertEquals("0.1.0", status.path("version").asString());
        assertEquals(5432, status.path("direct").path("port").asInt());
        assertEquals(api.address().port(), status.path("api").path("port").asInt());
        var shop = status.path("branches")
                .valueStream()
                .filter(branch -> branch.path("project_name").asString().equals("shop"))
                .findFirst()
                .orElseThrow();
        assertEquals("main", shop.path("branch").path("name").asString());
        assertEquals(3, shop.path("instances").size());
        assertEquals(
                "control",
                status.path("branches").path(0).path("branch").path("id").asString());
    }

    @Test
    void aProjectIsMadeShownRenamedAndDeleted() {
        var made = done(201, local.post("/v1/projects", "{\"name\":\"first\"}"));
        var id = made.field("id");

        assertTrue(id.matches("hd_[0-9a-f]{8}"), id);
        assertEquals(made.json(), local.get("/v1/projects/first").json());
        assertEquals(made.json(), local.get("/v1/projects/" + id).json());
        assertEquals(
                "second",
                done(200, local.patch("/v1/projects/first", "{\"name\":\"second\"}"))
                        .field("name"));
        assertRefused(404, "undefined_object", local.get("/v1/projects/first"));
        assertRefused(409, "object_in_use", local.delete("/v1/projects/second"));
        assertRefused(400, "invalid_parameter_value", local.delete("/v1/projects/second?confirm=first"));
        done(204, local.delete("/v1/projects/second?confirm=second"));
        assertRefused(404, "undefined_object", local.get("/v1/projects/" + id));
    }

    @Test
    void aNameThatIsTakenIsRefused() {
        assertRefused(409, "duplicate_object", local.post("/v1/projects", "{\"name\":\"shop\"}"));
        assertRefused(409, "duplicate_object", local.post(ApiPaths.branches(project), "{\"name\":\"main\"}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "a'b",
                "a\\\"b",
                "Ä",
                "a;drop table project",
                "A",
                "1a",
                "a/b",
                "../a",
                "a.b",
                "\\t",
                "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg",
                "--"
            })
    void aBadNameIsRefusedAndNothingIsMade(String name) {
        var before = local.get("/v1/projects?limit=200").json().path("items").size();

        assertRefused(400, "invalid_name", local.post("/v1/projects", "{\"name\":\"%s\"}".formatted(name)));
        assertRefused(400, "invalid_name", local.post(ApiPaths.branches(project), "{\"name\":\"%s\"}".formatted(name)));
        assertEquals(
                before, local.get("/v1/projects?limit=200").json().path("items").size());
    }

    @Test
    void anUnknownNameIsRefusedWhereverItStands() {
        for (var path : List.of(
                "/v1/projects/none",
                "/v1/projects/hd_ffffffff",
                "/v1/projects/none/branches",
                "/v1/projects/%22%27;--/branches/main",
                ApiPaths.branch(project, "none"),
                ApiPaths.instances(project, "none"),
                ApiPaths.roles(project, "none"),
                ApiPaths.connection(project, "none", "postgres"),
                ApiPaths.connection(project, "main", "none"),
                ApiPaths.connection(project, "main", "howdah_admin"),
                ApiPaths.role(project, "main", "none"),
                ApiPaths.role(project, "main", "a'; drop role postgres"),
                ApiPaths.role(project, "main", "x".repeat(300)))) {
            assertRefused(404, "undefined_object", local.get(path));
        }
        assertRefused(404, "undefined_object", local.delete("/v1/tokens/none"));
        assertRefused(404, "undefined_object", local.delete("/v1/bans/10.0.0.9"));
    }

    @Test
    void aListIsWalkedInPartsWithoutGapOrRepetition() {
        for (var i = 0; i < 4; i++) {
            done(201, local.post("/v1/projects", "{\"name\":\"list-%d\"}".formatted(i)));
        }
        var walked = new ArrayList<String>();
        var path = "/v1/projects?limit=2";
        while (!path.isEmpty()) {
            var page = done(200, local.get(path)).json();
            assertTrue(page.path("items").size() <= 2);
            page.path("items").forEach(item -> walked.add(item.path("id").asString()));
            path = page.path("next_cursor").isNull()
                    ? ""
                    : "/v1/projects?limit=2&cursor="
                            + ApiPaths.encode(page.path("next_cursor").asString());
        }

        assertTrue(walked.size() >= 5);
        assertEquals(walked.size(), Set.copyOf(walked).size());
    }

    @Test
    void aListInMemoryIsWalkedTheSameWay() {
        var path = ApiPaths.instances(project, "main");
        var first = done(200, local.get(path + "?limit=2")).json();
        var second = done(
                        200,
                        local.get(path + "?limit=2&cursor="
                                + first.path("next_cursor").asString()))
                .json();

        assertEquals(2, first.path("items").size());
        assertEquals(1, second.path("items").size());
        assertTrue(second.path("next_cursor").isNull());
    }

    @Test
    void aBadCursorIsRefused() {
        assertRefused(400, "invalid_parameter_value", local.get("/v1/projects?cursor=nonsense"));
    }

    @Test
    void aBranchIsMadeAndDeleted() {
        var branches = ApiPaths.branches(project);
        var made = done(201, local.post(branches, "{\"name\":\"try\",\"kind\":\"development\"}"));

        assertEquals("development", made.field("kind"));
        assertEquals(project, made.field("project_id"));
        assertEquals(made.field("id"), local.get(branches + "/try").field("id"));
        assertRefused(400, "invalid_parameter_value", local.post(branches, "{\"name\":\"x\",\"kind\":\"big\"}"));
        assertRefused(409, "object_not_in_prerequisite_state", local.delete(branches + "/main"));
        done(204, local.delete(branches + "/try"));
        Eventually.until(
                Duration.ofSeconds(20),
                "the branch is gone",
                () -> local.get(branches + "/try").status() == 404);
    }

    @Test
    void whatIsNotKnownOfAnInstanceIsNullAndNeverZero() {
        var instances =
                done(200, local.get(ApiPaths.instances(project, "main"))).json().path("items");

        assertEquals("0/3000010", instances.path(0).path("written_lsn").asString());
        assertTrue(instances.path(0).path("lag_bytes").isNull());
        assertEquals(16, instances.path(1).path("lag_bytes").asLong());
        assertEquals(0.25, instances.path(1).path("lag_seconds").asDouble());
        for (var field : List.of("timeline", "written_lsn", "replayed_lsn", "lag_bytes", "lag_seconds", "seen_at")) {
            assertTrue(instances.path(2).path(field).isNull(), field);
        }
    }

    @Test
    void theDefaultRoleGetsANewPasswordWithEveryReset() {
        var first = done(200, local.post(roles() + "/reset-default", ""));
        var second = done(200, local.post(roles() + "/reset-default", "{}"));

        assertTrue(first.field("password").matches("howdah_pw_[0-9A-Za-z]{32}"));
        assertNotEquals(first.field("password"), second.field("password"));
        var role = second.json().path("role");
        assertEquals("postgres", role.path("name").asString());
        assertTrue(role.path("is_default").asBoolean());
        var connection = second.json().path("connection");
        assertEquals(role.path("login").asString(), connection.path("user").asString());
        assertTrue(connection.path("uri").asString().contains(second.field("password")));
    }

    @Test
    void howToConnectIsShownForAnyRoleAndNeverWithAPassword() {
        var password = done(201, local.post(roles(), "{\"name\":\"web\"}")).field("password");
        var branch = done(200, local.get(ApiPaths.branch(project, "main"))).field("id");

        var usual = done(200, local.get(ApiPaths.branch(project, "main") + "/connection"));
        assertEquals("postgres." + branch, usual.field("user"));
        assertEquals(5432, usual.json().path("direct_port").asInt());
        assertEquals(6432, usual.json().path("pooled_port").asInt());
        assertTrue(
                usual.field("uri").startsWith("postgresql://postgres.%s@127.0.0.1:5432/".formatted(branch)),
                usual.text());
        assertTrue(usual.field("sslrootcert").endsWith("/ca.pem"), usual.text());

        var web = done(200, local.get(ApiPaths.connection(project, "main", "web")));
        assertEquals("web." + branch, web.field("user"));
        assertFalse(web.text().contains(password) || web.text().contains("password"), web.text());
        assertRefused(400, "invalid_parameter_value", local.get(ApiPaths.branch(project, "main") + "/connection?x=1"));
    }

    @Test
    void aRoleLivesItsLife() {
        var wanted = """
                {"name": "app", "label": "The app", "inherited_roles": ["pg_read_all_data"], "ttl_seconds": 3600}""";
        var made = done(201, local.post(roles(), wanted));
        var role = made.json().path("role");
        var one = ApiPaths.role(project, "main", "app");

        assertTrue(role.path("login").asString().startsWith("app."));
        assertEquals("The app", role.path("label").asString());
        assertEquals(3600, role.path("ttl_seconds").asLong());
        assertRefused(409, "duplicate_object", local.post(roles(), wanted));
        assertEquals(role.path("id"), local.get(one).json().path("id"));
        assertEquals("Mine", done(200, local.patch(one, "{\"label\":\"Mine\"}")).field("label"));
        assertEquals(
                7200,
                done(200, local.post(one + "/renew", "{\"ttl_seconds\":7200}"))
                        .json()
                        .path("ttl_seconds")
                        .asLong());
        assertEquals(
                7200,
                done(200, local.post(one + "/renew", ""))
                        .json()
                        .path("ttl_seconds")
                        .asLong());
        assertRefused(400, "invalid_parameter_value", local.post(one + "/renew", "{\"ttl_seconds\":-1}"));
        assertNotEquals(
                made.field("password"),
                done(200, local.post(one + "/reset", "")).field("password"));
        done(201, local.post(roles(), "{\"name\":\"heir\"}"));
        done(204, local.post(one + "/reassign", "{\"successor\":\"heir\"}"));
        assertRefused(404, "undefined_object", local.post(one + "/reassign", "{\"successor\":\"none\"}"));
        done(204, local.delete(one + "?successor=heir"));
        assertRefused(404, "undefined_object", local.get(one));
    }

    @ParameterizedTest
    @ValueSource(strings = {"howdah_admin", "howdah_x", "pg_x"})
    void reservedRoleNamesAreRefused(String name) {
        assertRefused(400, "reserved_name", local.post(roles(), "{\"name\":\"%s\"}".formatted(name)));
    }

    @Test
    void aTemporaryRoleIsRenewedForTheSamePurposeAndKeepsAKnownPassword() {
        var first = done(200, local.post(roles() + "/temporary", "{\"purpose\":\"env:alice\"}"));
        var second = done(
                200,
                local.post(
                        roles() + "/temporary",
                        "{\"purpose\":\"env:alice\",\"known_password\":\"%s\"}".formatted(first.field("password"))));

        assertEquals(
                first.json().path("role").path("id"), second.json().path("role").path("id"));
        assertEquals(first.field("password"), second.field("password"));
    }

    @Test
    void aRepeatedRequestActsOnceAndShowsItsSecretOnce() {
        var first = done(201, local.post(roles(), "{\"name\":\"once\"}", ApiPaths.IDEMPOTENCY_KEY, "key-1"));
        var second = done(201, local.post(roles(), "{\"name\":\"once\"}", ApiPaths.IDEMPOTENCY_KEY, "key-1"));

        assertEquals("true", second.header("Idempotency-Replayed"));
        assertEquals(first.json().path("role"), second.json().path("role"));
        assertEquals("", second.field("password"));
        assertFalse(second.text().contains(first.field("password")));
        assertRefused(
                409,
                "duplicate_object",
                local.post(roles(), "{\"name\":\"other\"}", ApiPaths.IDEMPOTENCY_KEY, "key-1"));
        assertRefused(
                400,
                "invalid_parameter_value",
                local.post(roles(), "{\"name\":\"other\"}", ApiPaths.IDEMPOTENCY_KEY, "k".repeat(256)));
    }

    @Test
    void whatWasDoneAndRefusedStandsInTheAuditLog() {
        done(201, local.post("/v1/projects", "{\"name\":\"audited\"}"));
        local.post("/v1/projects", "{\"name\":\"audited\"}");

        Eventually.until(Duration.ofSeconds(20), "both are in the log", () -> {
            var entries = local.get("/v1/audit?limit=200")
                    .json()
                    .path("items")
                    .valueStream()
                    .filter(entry -> entry.toString().contains("audited"))
                    .filter(entry -> entry.path("action").asString().equals("project.create"))
                    .toList();
            return entries.stream().anyMatch(entry -> isBy(entry, "done"))
                    && entries.stream().anyMatch(entry -> isBy(entry, "refused"));
        });
        assertTrue(done(200, local.get("/v1/audit/verify")).json().path("valid").asBoolean());
    }

    private static boolean isBy(JsonNode entry, String outcome) {
        return entry.path("outcome").asString().equals(outcome)
                && entry.path("actor").asString().equals("local")
                && entry.path("address").asString().equals("127.0.0.1")
                && entry.path("details").isObject();
    }

    @Test
    void eventsCanBeListed() {
        done(200, local.get("/v1/events"));
        done(200, local.get(ApiPaths.branchEvents(project, "main") + "?limit=5"));
    }

    @Test
    void aBanIsShownAndLifted() {
        api.bans.add(new ProxyControl.Ban("2001:db8::1", Duration.ofMillis(46_100), 12));

        var ban = done(200, local.get("/v1/bans")).json().path("items").path(0);
        assertEquals("2001:db8::1", ban.path("address").asString());
        assertEquals(47, ban.path("seconds").asLong());
        done(204, local.delete(ApiPaths.ban("2001:db8::1")));
        assertRefused(404, "undefined_object", local.delete(ApiPaths.ban("2001:db8::1")));
    }

    @Test
    void sessionsAreShownForAllOrForOneBranch() {
        var all = done(200, local.get("/v1/sessions")).json().path("items").size();
        var one = done(200, local.get("/v1/sessions?project=shop&branch=main"))
                .json()
                .path("items");

        assertTrue(all >= 1);
        assertEquals(1, one.size());
        assertEquals("psql", one.path(0).path("application").asString());
        assertRefused(400, "invalid_parameter_value", local.get("/v1/sessions?branch=main"));
    }

    @Test
    void theLocalTokenStopsThePlatformOnceTheAnswerIsOnItsWay() {
        done(202, local.post("/v1/shutdown", ""));

        Eventually.until(Duration.ofSeconds(10), "the platform is told", () -> api.shutdowns.get() == 1);
    }

    @Test
    void theDocumentIsServedToAnybody() {
        try (var nobody = api.client("")) {
            assertEquals("3.1.0", done(200, nobody.get("/v1/openapi.json")).field("openapi"));
        }
    }
}
