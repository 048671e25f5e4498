package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people read after {@code up}, against an HTTP server that answers as the API does. */
final class ConnectionCommandTest {
    private static final String CONNECTION = "GET " + Bodies.BRANCHES + "/main/connection";
    private static final String DEFAULT_ROLE = "GET " + Bodies.ROLES + "/postgres";
    private static final String RESET = "POST " + Bodies.ROLES + "/reset-default";
    private static final String PASSWORD = "howdah_pw_secret";

    @TempDir
    private Path directory;

    private TestApi api;

    @BeforeEach
    void start() throws IOException {
        api = new TestApi(directory.resolve("my home"));
        api.answer("GET /v1/status", 200, Bodies.status());
        api.answer(CONNECTION, 200, Bodies.connection("postgres", ""));
        api.answer(RESET, 200, Bodies.secret("postgres", PASSWORD, Bodies.connection("postgres", PASSWORD)));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private boolean wasReset() {
        return api.requests().stream().anyMatch(request -> request.method().equals("POST"));
    }

    @Test
    void itPrintsAllThatIsNeededToConnectAndToStop() {
        api.answer(DEFAULT_ROLE, 200, Bodies.defaultRole(true));
        var outcome = api.run("connection");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        var home = "--home '%s'".formatted(api.home());
        assertEquals(
                List.of(
                        "  direct  localhost:5432          one server connection per client; DDL, COPY, replication",
                        "  pooled  localhost:6432          transaction pooling; applications",
                        "  api     http://127.0.0.1:8080   REST",
                        "  ca      /srv/h/tls/edge-ca.crt  sslmode=verify-full sslrootcert=",
                        "  data    /srv/h",
                        "",
                        "Role postgres, database postgres:",
                        "  psql    psql 'postgresql://postgres.k3j5h7f9d1s2@localhost:5432/postgres'",
                        "  url     postgresql://postgres.k3j5h7f9d1s2@localhost:5432/postgres",
                        "  pooled  postgresql://postgres.k3j5h7f9d1s2@localhost:6432/postgres",
                        "  jdbc    jdbc:postgresql://localhost:5432/postgres?user=postgres",
                        "",
                        "For a new password: howdah role reset-default " + home,
                        "Without a password: eval \"$(howdah env %s)\" && psql".formatted(home),
                        "There are no backups yet: what is deleted is gone.",
                        "To stop: howdah down " + home),
                TestApi.lines(outcome.out()));
    }

    @Test
    void theFirstTimeMakesThePasswordAndShowsIt() {
        api.answer(DEFAULT_ROLE, 200, Bodies.defaultRole(false));
        var outcome = api.run("connection", "--create-default");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        assertTrue(outcome.out().contains("  password  " + PASSWORD), outcome.out());
        assertTrue(outcome.out().contains("postgres.k3j5h7f9d1s2:" + PASSWORD + "@localhost:6432"), outcome.out());
        assertTrue(outcome.out().contains("shown this once"), outcome.out());
    }

    @Test
    void aPasswordThatIsThereIsNeverReplaced() {
        api.answer(DEFAULT_ROLE, 200, Bodies.defaultRole(true));
        var outcome = api.run("connection", "--create-default");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        assertFalse(wasReset());
        assertFalse(outcome.out().contains("howdah_pw_"), outcome.out());
    }

    @Test
    void nothingIsMadeUnlessAskedFor() {
        api.answer(DEFAULT_ROLE, 200, Bodies.defaultRole(false));
        var outcome = api.run("connection");

        assertFalse(wasReset());
        assertTrue(outcome.out().contains("It has no password yet; for one: howdah role reset-default"), outcome.out());
    }

    @Test
    void anotherRoleNeverGetsAPasswordHere() {
        api.answer(
                "GET " + Bodies.ROLES + "/app", 200, Bodies.role("app").replace("\"ready\": true", "\"ready\": false"));
        var outcome = api.run("connection", "--create-default", "--role", "app");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        assertFalse(wasReset());
        assertTrue(outcome.out().contains("howdah role reset app"), outcome.out());
        assertTrue(api.requests().stream()
                .anyMatch(request -> request.path().equals(Bodies.BRANCHES + "/main/connection?role=app")));
    }

    @Test
    void theHintsNameTheBranchThatWasNamed() {
        api.answer("GET /v1/projects/shop/branches/eu/roles/postgres", 200, Bodies.defaultRole(true));
        api.answer("GET /v1/projects/shop/branches/eu/connection", 200, Bodies.connection("postgres", ""));
        var outcome = api.run("connection", "--project", "shop", "--branch", "eu");

        assertTrue(
                outcome.out().contains("howdah role reset-default --project shop --branch eu --home"), outcome.out());
    }

    @Test
    void theUsualHomeNeedsNoNaming() {
        var home = new HomeOption(TestApi.environment(Map.of("HOWDAH_HOME", "/home/alice/.howdah")));
        assertEquals("", home.words());
    }

    @Test
    void programsGetTheConnectionAlone() {
        api.answer(DEFAULT_ROLE, 200, Bodies.defaultRole(false));
        var json = Json.parse(api.run("connection", "--format", "json").out());
        assertEquals(6432, json.path("pooled_port").asInt());
        assertTrue(api.run("connection", "--format", "csv").out().startsWith("host,direct_port,pooled_port,user,"));
        var first = Json.parse(
                api.run("connection", "--create-default", "--format", "json").out());
        assertTrue(first.path("uri").asString().contains(PASSWORD), first.toString());
    }

    @Test
    void aPlatformThatHasJustStartedIsTheOneOfItsHome() {
        api.answer(DEFAULT_ROLE, 200, Bodies.defaultRole(false));
        var elsewhere = Map.of("HOWDAH_API", "http://127.0.0.1:1", "HOWDAH_TOKEN", "theirs");
        var outcome = api.run(elsewhere, "connection", "--create-default");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        assertTrue(api.requests().stream().allMatch(request -> request.token().equals("Bearer " + TestApi.TOKEN)));
    }

    @Test
    void anUnknownRoleEndsWith4() {
        assertEquals(ExitCode.NOT_FOUND, api.run("connection", "--role", "none").exitCode());
    }
}
