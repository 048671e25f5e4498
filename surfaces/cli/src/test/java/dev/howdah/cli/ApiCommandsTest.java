package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands against an HTTP server that answers as the API does. */
final class ApiCommandsTest {
    @TempDir
    private Path directory;

    private TestApi api;

    @BeforeEach
    void start() throws IOException {
        api = new TestApi(directory.resolve("home"));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void aListIsATableAJsonArrayOrCsv() {
        api.answer("GET /v1/projects", 200, Bodies.page(Bodies.project("shop"), Bodies.project("b, \\\"c\\\"")));

        var human = api.run("projects", "list");
        assertEquals(ExitCode.SUCCESS, human.exitCode(), human.error());
        assertEquals(
                List.of(
                        "NAME    ID           CREATED",
                        "shop    hd_2abf90d3  2026-11-20 10:00:00Z",
                        "b, \"c\"  hd_2abf90d3  2026-11-20 10:00:00Z"),
                TestApi.lines(human.out()));

        var json = Json.parse(api.run("projects", "list", "--format", "json").out());
        assertEquals(
                "2026-11-20T10:00:00.123456Z", json.path(0).path("created_at").asString());
        assertEquals("b, \"c\"", json.path(1).path("name").asString());

        assertEquals(
                "id,name,created_at\r\nhd_2abf90d3,shop,2026-11-20T10:00:00.123456Z\r\nhd_2abf90d3,\"b, \"\"c\"\"\",2026-11-20T10:00:00.123456Z\r\n",
                api.run("projects", "list", "--format", "csv").out());
    }

    @Test
    void jsonIsWhatTheApiSentEvenWhatThisProgramDoesNotKnow() {
        api.answer("GET " + Bodies.BRANCHES + "/main", 200, Bodies.branch("main", "ready"));
        var json =
                Json.parse(api.run("branch", "show", "main", "--format", "json").out());
        assertEquals(1, json.path("new_in_a_later_version").path(0).asInt());
    }

    @Test
    void anEmptyListIsNoRowsAndARemark() {
        api.answer("GET /v1/bans", 200, Bodies.page());
        var human = api.run("bans", "list");
        assertEquals("", human.out());
        assertEquals(List.of("No address is banned."), TestApi.lines(human.error()));
        assertEquals(
                "address,failures,seconds\r\n",
                api.run("bans", "list", "--format", "csv").out());
        assertEquals(
                0, Json.parse(api.run("bans", "list", "--format", "json").out()).size());
    }

    @Test
    void allPagesAreFetchedWithTheCursorOfTheOneBefore() {
        api.answer("GET /v1/projects", 200, Bodies.pageBefore("a b&c", Bodies.project("one")));
        api.answer("GET /v1/projects", 200, Bodies.page(Bodies.project("two")));
        var outcome = api.run("projects", "list");
        assertTrue(outcome.out().contains("one") && outcome.out().contains("two"), outcome.out());
        assertEquals(
                "/v1/projects?limit=100&cursor=a%20b%26c", api.lastRequest().path());
    }

    @Test
    void aLimitStopsThePaging() {
        var event = """
                {"id": "1", "at": "2026-11-20T10:00:00Z", "severity": "info", "kind": "promoted", "branch_id": "k3j5h7f9d1s2", "message": "m"}""";
        api.answer("GET /v1/events", 200, Bodies.pageBefore("next", event));
        assertEquals(
                2,
                TestApi.lines(api.run("events", "list", "--limit", "1").out()).size());
        assertEquals(1, api.requests().size());
        assertEquals("/v1/events?limit=1", api.lastRequest().path());
    }

    @Test
    void theTokenOfTheHomeIsSentAndOneOfTheEnvironmentGoesBeforeIt() {
        api.answer("GET /v1/status", 200, Bodies.status());
        api.run("status");
        assertEquals("Bearer " + TestApi.TOKEN, api.lastRequest().token());
        api.run(Map.of("HOWDAH_TOKEN", "other"), "status");
        assertEquals("Bearer other", api.lastRequest().token());
    }

    @Test
    void theTokenOfTheHomeIsNeverSentToAnAddressOfTheEnvironment() {
        var outcome = api.run(Map.of("HOWDAH_API", api.url()), "status");
        assertEquals(ExitCode.DENIED, outcome.exitCode());
        assertTrue(outcome.error().contains("HOWDAH_TOKEN"), outcome.error());
        assertEquals(List.of(), api.requests());

        api.answer("GET /v1/status", 200, Bodies.status());
        var variables = Map.of("HOWDAH_API", api.url() + "/", "HOWDAH_TOKEN", "theirs");
        assertEquals(ExitCode.SUCCESS, api.run(variables, "status").exitCode());
        assertEquals("Bearer theirs", api.lastRequest().token());
    }

    @Test
    void refusalsHaveTheExitCodeOfTheirStatusAndTheTextOfTheApi() {
        var expected = Map.of(
                400, ExitCode.FAILURE,
                401, ExitCode.DENIED,
                403, ExitCode.DENIED,
                404, ExitCode.NOT_FOUND,
                409, ExitCode.CONFLICT,
                429, ExitCode.UNAVAILABLE,
                500, ExitCode.FAILURE,
                503, ExitCode.UNAVAILABLE);
        expected.forEach((status, exitCode) -> {
            var request = "GET /v1/projects/p" + status;
            api.answer(request, status, TestApi.problem(status, "some_code", "what was refused", "what to do"));
            var outcome = api.run("project", "show", "p" + status);
            assertEquals(exitCode, outcome.exitCode(), "status " + status);
            assertEquals(List.of("error: what was refused", "hint: what to do"), TestApi.lines(outcome.error()));
            assertEquals("", outcome.out());
        });
    }

    @Test
    void aRefusalIsTheProblemDocumentOfTheApiWhereJsonWasAskedFor() {
        var outcome = api.run("project", "show", "nosuch", "--format", "json");
        assertEquals(ExitCode.NOT_FOUND, outcome.exitCode());
        assertEquals("r1", Json.parse(outcome.error()).path("request_id").asString());
    }

    @Test
    void whatIsNotTheApiIsCalledThat() {
        api.answerWithText("GET /v1/status", 200, "<html>");
        assertEquals(
                "error: the API sent what is not JSON",
                TestApi.lines(api.run("status").error()).getFirst());
        api.answerWithText("GET /v1/projects/x", 418, "teapot");
        var outcome = api.run("project", "show", "x");
        assertEquals(ExitCode.FAILURE, outcome.exitCode());
        assertTrue(outcome.error().contains("status 418"), outcome.error());
    }

    @Test
    void aBusyPlatformIsWaitedForAsLongAsItAsks() {
        api.busy("GET /v1/status", 0).answer("GET /v1/status", 200, Bodies.status());
        assertEquals(ExitCode.SUCCESS, api.run("status").exitCode());
        assertEquals(2, api.requests().size());
    }

    @Test
    void aPlatformThatStoppedAnsweringEndsWith3() {
        api.close();
        assertEquals(ExitCode.NOT_RUNNING, api.run("status").exitCode());
    }

    @Test
    void oddNamesTravelEncodedInPathsAndAsTheyAreInBodies() {
        var odd = "a/b ?#%é\"'; drop table x";
        api.run("project", "show", odd);
        assertEquals(
                "/v1/projects/a%2Fb%20%3F%23%25%C3%A9%22%27%3B%20drop%20table%20x",
                api.lastRequest().path());
        api.run("project", "create", odd);
        assertEquals(odd, Json.parse(api.lastRequest().body()).path("name").asString());
    }

    @Test
    void namesCannotWriteControlCharactersToTheTerminal() {
        api.answer("GET /v1/projects", 200, Bodies.page(Bodies.project("a\\u001b[31mb\\nc")));
        assertTrue(api.run("projects", "list").out().contains("a\\u001b[31mb\\nc"));
    }

    @Test
    void aBranchIsMadeAndWaitedForAndItsInstancesAreTheProgress() {
        api.answer("POST " + Bodies.BRANCHES, 201, Bodies.branch("eu", "creating"));
        api.answer("GET " + Bodies.BRANCHES + "/k3j5h7f9d1s2", 200, Bodies.branch("eu", "creating"));
        api.answer("GET " + Bodies.BRANCHES + "/k3j5h7f9d1s2", 200, Bodies.branch("eu", "ready"));
        api.answer(
                "GET " + Bodies.BRANCHES + "/k3j5h7f9d1s2/instances",
                200,
                Bodies.page(Bodies.instance("i-2", "replica", "cloning 40 %")));

        var outcome = api.run("branch", "create", "eu", "--kind", "production");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        assertEquals(
                "Branch eu (k3j5h7f9d1s2) is ready.",
                TestApi.lines(outcome.out()).getFirst());
        assertTrue(outcome.error().contains("eu: creating (i-2 cloning 40 %)"), outcome.error());
        assertEquals(
                "production",
                Json.parse(api.requests().getFirst().body()).path("kind").asString());
    }

    @Test
    void aBranchThatCannotBeMadeIsAFailureWithItsReason() {
        api.answer("POST " + Bodies.BRANCHES, 201, Bodies.branch("eu", "creating"));
        api.answer(
                "GET " + Bodies.BRANCHES + "/k3j5h7f9d1s2",
                200,
                Bodies.branch("eu", "failed").replace("\"state_detail\": \"\"", "\"state_detail\": \"disk full\""));
        var outcome = api.run("branch", "create", "eu");
        assertEquals(ExitCode.FAILURE, outcome.exitCode());
        assertEquals(
                "error: branch eu could not be made: disk full",
                TestApi.lines(outcome.error()).getFirst());
    }

    @Test
    void noWaitReturnsAtOnce() {
        api.answer("POST " + Bodies.BRANCHES, 201, Bodies.branch("eu", "creating"));
        assertEquals(
                ExitCode.SUCCESS, api.run("branch", "create", "eu", "--no-wait").exitCode());
        assertEquals(1, api.requests().size());
    }

    @Test
    void deletingDataNeedsAYesAndNamesWhatIsMeant() {
        api.answer("GET " + Bodies.BRANCHES + "/eu", 200, Bodies.branch("eu", "ready"));
        api.answer("DELETE " + Bodies.BRANCHES + "/k3j5h7f9d1s2", 204, "");
        var refused = api.run("branch", "delete", "eu");
        assertEquals(ExitCode.USAGE, refused.exitCode());
        assertTrue(refused.error().contains("--yes"), refused.error());
        assertEquals("GET", api.lastRequest().method());

        var deleted = api.run("branch", "delete", "eu", "--yes");
        assertEquals(ExitCode.SUCCESS, deleted.exitCode(), deleted.error());
        assertTrue(api.requests().stream()
                .anyMatch(request ->
                        request.method().equals("DELETE") && request.path().endsWith("?confirm=eu")));
    }

    @Test
    void aNewRoleShowsItsPasswordAndWaysIn() {
        api.answer("POST " + Bodies.ROLES, 201, Bodies.secret("app", "howdah_pw_x"));
        var outcome =
                api.run("role", "create", "app", "--inherit", "postgres,pg_monitor", "--replication", "--ttl", "2h");
        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        for (var shown : List.of("howdah_pw_x", "app.k3j5h7f9d1s2", "postgresql://direct", "postgresql://pooled")) {
            assertTrue(outcome.out().contains(shown), outcome.out());
        }
        var sent = Json.parse(api.lastRequest().body());
        assertEquals(7200, sent.path("ttl_seconds").asInt());
        assertEquals("pg_monitor", sent.path("inherited_roles").path(1).asString());
        assertTrue(sent.path("with_replication").asBoolean());
        assertFalse(sent.has("label"), "what is absent is not sent");
    }

    @Test
    void roleCommandsCallWhatTheyAreNamedAfter() {
        api.answer("POST " + Bodies.ROLES + "/reset-default", 200, Bodies.secret("postgres", "p"));
        api.answer("POST " + Bodies.ROLES + "/app/reset", 200, Bodies.secret("app", "p"));
        api.answer("POST " + Bodies.ROLES + "/app/renew", 200, Bodies.role("app"));
        api.answer("POST " + Bodies.ROLES + "/app/reassign", 204, "");
        api.answer("PATCH " + Bodies.ROLES + "/app", 200, Bodies.role("app"));
        api.answer("DELETE " + Bodies.ROLES + "/app", 204, "");
        assertEquals(0, api.run("role", "reset-default").exitCode());
        assertEquals(0, api.run("role", "reset", "app").exitCode());
        assertEquals(0, api.run("role", "renew", "app").exitCode());
        assertEquals("{}", api.lastRequest().body());
        assertEquals(0, api.run("role", "reassign", "app", "--to", "postgres").exitCode());
        assertEquals("{\"successor\":\"postgres\"}", api.lastRequest().body());
        assertEquals(0, api.run("role", "rename", "app", "the label").exitCode());
        assertEquals("{\"label\":\"the label\"}", api.lastRequest().body());
        assertEquals(0, api.run("role", "delete", "app", "--successor", "a&b").exitCode());
        assertEquals(Bodies.ROLES + "/app?successor=a%26b", api.lastRequest().path());
    }

    @Test
    void nestedRecordsBecomeColumnsInCsv() {
        api.answer("POST " + Bodies.ROLES, 201, Bodies.secret("app", "p"));
        var lines = TestApi.lines(
                api.run("role", "create", "app", "--format", "csv").out());
        assertTrue(lines.getFirst().startsWith("role.id,role.name,"), lines.getFirst());
        assertTrue(lines.getFirst().contains(",password,connection.host,"), lines.getFirst());
        assertTrue(lines.getLast().contains("\"it's, \"\"quoted\"\"\""), lines.getLast());
    }

    @Test
    void useChoosesWhatLaterCommandsMean() {
        api.answer("GET /v1/projects/shop/branches/eu", 200, Bodies.branch("eu", "ready"));
        api.answer("GET /v1/projects/shop/branches/eu/roles", 200, Bodies.page(Bodies.role("app")));
        assertEquals(
                List.of("project shop, branch eu"),
                TestApi.lines(
                        api.run("use", "--project", "shop", "--branch", "eu").out()));
        assertEquals(ExitCode.SUCCESS, api.run("roles", "list").exitCode());
        assertEquals(
                ExitCode.NOT_FOUND,
                api.run("roles", "list", "--branch", "other").exitCode());
        assertTrue(api.lastRequest().path().startsWith("/v1/projects/shop/branches/other/"));
        api.run("roles", "list", "--project", "third");
        assertTrue(
                api.lastRequest().path().startsWith("/v1/projects/third/branches/main/"),
                api.lastRequest().path());

        assertEquals(ExitCode.NOT_FOUND, api.run("use", "--branch", "nosuch").exitCode());
        assertEquals(
                List.of("project shop, branch eu"), TestApi.lines(api.run("use").out()));
        assertEquals(
                List.of("project default, branch main"),
                TestApi.lines(api.run("use", "--clear").out()));
    }

    @Test
    void statusDrawsTheCluster() {
        api.answer("GET /v1/status", 200, Bodies.status());
        assertEquals(
                List.of(
                        "Howdah 0.1.0 in /srv/h, running since 2026-11-20 10:00:00Z",
                        "",
                        "  direct  localhost:5432         one server connection per client; DDL, COPY, replication",
                        "  pooled  localhost:6432         transaction pooling; applications",
                        "  api     http://127.0.0.1:8080  REST",
                        "  ca      /srv/h/tls/ca.crt      sslmode=verify-full sslrootcert=",
                        "",
                        "default / main  k3j5h7f9d1s2  production  ready",
                        "     INSTANCE        ZONE  ROLE     STATE      TIMELINE  LSN        LAG              DETAIL",
                        "  ├─ k3j5h7f9d1s2-1  a     primary  streaming  3         0/5000028",
                        "  └─ k3j5h7f9d1s2-2  a     replica  streaming  3         0/5000028  56 bytes, 0.3 s  catching up"),
                TestApi.lines(api.run("status").out()));
    }

    @Test
    void envPrintsExportsThatAShellReadsBackUnchanged() throws Exception {
        api.answer("POST " + Bodies.ROLES + "/temporary", 200, Bodies.secret("tmp", "it's $HOME `x`"));
        var outcome = api.run("env");
        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        var shell = new ProcessBuilder(
                        "bash",
                        "-c",
                        "eval \"$1\"; printf '%s|%s|%s|%s|%s|%s|%s' \"$PGHOST\" \"$PGPORT\" \"$PGUSER\" \"$PGPASSWORD\" \"$PGDATABASE\" \"$PGSSLMODE\" \"$PGSSLROOTCERT\"",
                        "bash",
                        outcome.out())
                .start();
        assertEquals(
                "localhost|5432|tmp.k3j5h7f9d1s2|it's $HOME `x`|postgres|verify-full|/srv/with space/ca.crt",
                new String(shell.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
        assertTrue(api.run("env", "--shell", "fish").out().contains("set -gx PGPASSWORD 'it\\'s $HOME `x`';"));
        assertTrue(api.run("env", "--shell", "powershell").out().contains("$env:PGPASSWORD = 'it''s $HOME `x`'"));
        assertTrue(api.run("env", "--pooled").out().contains("export PGPORT=6432"));
    }

    @Test
    void theTemporaryRolesPasswordIsKeptForItsOwnerAndShownAgain() throws IOException {
        api.answer("POST " + Bodies.ROLES + "/temporary", 200, Bodies.secret("tmp", "first"));
        api.run("env");
        var first = Json.parse(api.lastRequest().body());
        assertEquals("env:alice", first.path("purpose").asString());
        assertFalse(first.has("known_password"));
        api.run("env");
        assertEquals(
                "first",
                Json.parse(api.lastRequest().body()).path("known_password").asString());

        try (var files = Files.list(api.home().resolve("run"))) {
            var kept = files.filter(file -> file.getFileName().toString().startsWith("env-"))
                    .toList();
            assertEquals(1, kept.size());
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.getFirst())));
        }
    }

    @Test
    void caPrintsThePathOrTheCertificate() throws IOException {
        var certificate = Files.writeString(directory.resolve("ca.crt"), "-----BEGIN CERTIFICATE-----\n");
        api.answer("GET /v1/status", 200, Bodies.status().replace("/srv/h/tls/ca.crt", certificate.toString()));
        assertEquals(
                List.of(certificate.toString()), TestApi.lines(api.run("ca").out()));
        assertEquals("-----BEGIN CERTIFICATE-----\n", api.run("ca", "--print").out());
    }

    @Test
    void tokensAndBansAreMadeAndTakenAway() {
        api.answer("POST /v1/tokens", 201, """
                {"token": {"id": "t1", "name": "ci", "role": "write", "project_id": "hd_2abf90d3", "created_by": "local", "created_at": "2026-11-20T10:00:00Z"}, "secret": "howdah_sk_secret"}""");
        api.answer("DELETE /v1/tokens/t1", 204, "");
        api.answer("DELETE /v1/bans/2001%3Adb8%3A%3A1", 204, "");
        assertTrue(api.run("token", "create", "ci", "--role", "write", "--project", "shop")
                .out()
                .contains("howdah_sk_secret"));
        assertEquals(0, api.run("token", "delete", "t1").exitCode());
        assertEquals(0, api.run("ban", "delete", "2001:db8::1").exitCode());
    }

    @Test
    void aBrokenAuditLogEndsWith1() {
        api.answer("GET /v1/audit/verify", 200, "{\"valid\": true, \"message\": \"as written\"}");
        api.answer("GET /v1/audit/verify", 200, "{\"valid\": false, \"message\": \"entry 7 was changed\"}");
        assertEquals(ExitCode.SUCCESS, api.run("audit", "verify").exitCode());
        var broken = api.run("audit", "verify");
        assertEquals(ExitCode.FAILURE, broken.exitCode());
        assertEquals(List.of("entry 7 was changed"), TestApi.lines(broken.out()));
    }

    @Test
    void auditDetailsAreOneCell() {
        api.answer("GET /v1/audit", 200, Bodies.page("""
                {"sequence": 1, "at": "2026-11-20T10:00:00Z", "actor": "local", "action": "role.create", "target": "b/app", "outcome": "done", "address": "", "details": {"a": [1]}, "hash": "x"}"""));
        assertTrue(api.run("audit", "list").out().contains("{\"a\":[1]}"));
        assertTrue(api.run("audit", "list", "--format", "csv").out().contains("\"{\"\"a\"\":[1]}\""));
    }

    @Test
    void sessionsAndEventsOfOneBranch() {
        api.answer("GET /v1/sessions", 200, Bodies.page());
        api.answer("GET " + Bodies.BRANCHES + "/eu/events", 200, Bodies.page());
        assertEquals(0, api.run("sessions", "list", "--branch", "eu").exitCode());
        assertEquals(
                "/v1/sessions?project=default&branch=eu&limit=100",
                api.lastRequest().path());
        assertEquals(0, api.run("events", "list", "--branch", "eu").exitCode());
    }

    @Test
    void eventsSayToWhichInstanceTheyHappened() {
        api.answer("GET /v1/events", 200, Bodies.page("""
                {"id": "2", "at": "2026-11-20T10:00:00Z", "severity": "info", "kind": "replica_streaming", "branch_id": "k3j5h7f9d1s2",
                 "instance_id": "k3j5h7f9d1s2-2", "message": "streams from the primary"}""", """
                {"id": "1", "at": "2026-11-20T10:00:00Z", "severity": "info", "kind": "branch_ready", "branch_id": "k3j5h7f9d1s2",
                 "instance_id": null, "message": "is ready"}"""));
        var lines = TestApi.lines(api.run("events", "list").out());
        assertTrue(lines.get(1).contains("k3j5h7f9d1s2-2  streams from the primary"), lines.toString());
        assertTrue(lines.get(2).contains("k3j5h7f9d1s2    is ready"), lines.toString());
    }

    @Test
    void thePlatformsOwnBranchIsDrawnLastAndUnlikeTheOthers() {
        var own = Bodies.branch("control", "ready").replace("production", "platform");
        api.answer(
                "GET /v1/status",
                200,
                Bodies.status()
                        .replace(
                                "\"branches\": [",
                                "\"branches\": [{\"branch\": %s, \"project_name\": \"platform\", \"instances\": []}, "
                                        .formatted(own)));
        var drawn = api.run("status").out();
        assertTrue(drawn.indexOf("Howdah's own database  ready") > drawn.indexOf("default / main"), drawn);
        assertFalse(drawn.contains("control"), drawn);
    }
}
