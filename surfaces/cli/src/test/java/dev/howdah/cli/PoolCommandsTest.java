package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code howdah pools} against an HTTP server that answers as the API does. */
class PoolCommandsTest {
    private static final String POOL = """
            {"database": "shop", "role": "postgres", "paused": false, "disabled": false, "clients_active": 2, "clients_idle": 3,
             "clients_waiting": 1, "wait_seconds": 0.25, "servers_active": 2, "servers_idle": 1, "servers_opening": 0,
             "servers_pinned": 1, "size_max": 20, "transactions": 100, "queries": 300}""";
    private static final String SETTING = """
            {"name": "default_pool_size", "value": "30", "initial": "20", "meaning": "server connections", "allowed": "Allowed is a number."}""";

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
    void poolsAreATableOrWhatTheApiSent() {
        api.answer("GET " + Bodies.BRANCHES + "/main/pools", 200, Bodies.page(POOL));
        assertEquals(
                List.of(
                        "DATABASE  ROLE      CLIENTS  IDLE  WAITING  LONGEST WAIT  SERVERS  PINNED  TRANSACTIONS  STATE",
                        "shop      postgres  2        3     1        0.3 s         3 of 20  1       100"),
                TestApi.lines(api.run("pools", "list").out()));
        var json =
                Json.parse(api.run("pools", "list", "main", "--format", "json").out());
        assertEquals(20, json.path(0).path("size_max").asInt());
    }

    @Test
    void theBranchStandsBehindTheCommandOrInAnOption() {
        for (var kind : List.of("pools", "clients", "servers")) {
            api.answer("GET " + Bodies.BRANCHES + "/eu/" + kind, 200, Bodies.page());
            var command = kind.equals("pools") ? "list" : kind;
            assertEquals(0, api.run("pools", command, "eu").exitCode());
            assertEquals(0, api.run("pool", command, "--branch", "eu").exitCode());
            assertTrue(api.lastRequest().path().startsWith(Bodies.BRANCHES + "/eu/" + kind));
        }
    }

    @Test
    void clientsAndServersNameEachOther() {
        api.answer("GET " + Bodies.BRANCHES + "/main/clients", 200, Bodies.page("""
                {"id": "7", "database": "shop", "role": "postgres", "state": "active", "address": "127.0.0.1", "port": 4, "application": "psql",
                 "started_at": "2026-11-20T10:00:00Z", "wait_seconds": 0.0, "server_id": "9", "pinned": true, "tls": "TLSv1.3", "prepared_statements": 4}"""));
        api.answer("GET " + Bodies.BRANCHES + "/main/servers", 200, Bodies.page("""
                {"id": "9", "database": "shop", "role": "postgres", "state": "active", "instance_id": "k3j5h7f9d1s2-1", "process_id": 4711,
                 "application": "psql", "started_at": "2026-11-20T10:00:00Z", "client_id": "7", "pinned": true, "closing": true,
                 "prepared_statements": 4}"""));
        var client = api.run("pools", "clients").out();
        assertTrue(client.contains("active, pinned") && client.contains(" 9 "), client);
        var server = api.run("pools", "servers").out();
        assertTrue(server.contains("active, closing") && server.contains(" 4711 "), server);
    }

    @Test
    void pausingNamesTheDatabaseAndSaysWhatIsLeft() {
        api.answer("POST " + Bodies.BRANCHES + "/main/pools/pause", 200, "{\"empty\": true}");
        api.answer("POST " + Bodies.BRANCHES + "/main/pools/pause", 200, "{\"empty\": false}");
        assertEquals(
                "Paused.\n", api.run("pools", "pause", "--database", "shop").out());
        assertEquals("{\"database\":\"shop\"}", api.lastRequest().body());
        var pausing = api.run("pools", "pause");
        assertEquals("Pausing: transactions still run.\n", pausing.out());
        assertTrue(pausing.error().contains("howdah pools resume"), pausing.error());
        assertEquals("{}", api.lastRequest().body());
    }

    @Test
    void resumeReconnectAndReloadSayThatTheyAreDone() {
        api.answer("POST " + Bodies.BRANCHES + "/main/pools/resume", 204, "");
        api.answer("POST " + Bodies.BRANCHES + "/main/pools/reconnect", 204, "");
        api.answer("POST /v1/pool-settings/reload", 204, "");
        api.answer("POST " + Bodies.BRANCHES + "/main/pool-settings/reload", 204, "");
        assertEquals("Resumed.\n", api.run("pools", "resume").out());
        assertEquals(0, api.run("pools", "reconnect").exitCode());
        assertEquals(
                "The settings are read again.\n", api.run("pools", "reload").out());
        assertTrue(api.lastRequest().path().startsWith(Bodies.BRANCHES));
        assertEquals(
                "The settings are read again.\n",
                api.run("pools", "reload", "--all").out());
        assertEquals("/v1/pool-settings/reload", api.lastRequest().path());
    }

    @Test
    void settingsAreListedShownAndChanged() {
        for (var place : List.of("/v1", Bodies.BRANCHES + "/main")) {
            api.answer("GET " + place + "/pool-settings", 200, Bodies.page(SETTING));
            api.answer("PATCH " + place + "/pool-settings/default_pool_size", 200, SETTING);
        }
        assertTrue(
                api.run("pools", "settings").out().contains("default_pool_size  30     20       server connections"));
        assertEquals(
                2,
                TestApi.lines(api.run("pools", "settings", "default_pool_size").out())
                        .size());
        assertEquals(ExitCode.USAGE, api.run("pools", "settings", "nonsense").exitCode());
        var changed = api.run("pools", "settings", "default_pool_size", "30");
        assertEquals("default_pool_size is 30 now.\n", changed.out());
        assertEquals("{\"value\":\"30\"}", api.lastRequest().body());
        assertTrue(api.lastRequest().path().startsWith(Bodies.BRANCHES));
        assertEquals(
                0,
                api.run("pools", "settings", "--all", "default_pool_size", "30").exitCode());
        assertEquals("/v1/pool-settings/default_pool_size", api.lastRequest().path());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pools nonsense",
                "pools list a b",
                "pools pause --database",
                "pools settings a b c",
                "pools reload x"
            })
    void wrongUsageHasItsExitCode(String line) {
        var outcome = api.run(line.split(" "));
        assertEquals(ExitCode.USAGE, outcome.exitCode(), outcome.out());
    }

    @Test
    void refusalsKeepTheirTextAndExitCode() {
        api.answer(
                "POST " + Bodies.BRANCHES + "/main/pools/resume",
                409,
                TestApi.problem(
                        409, "object_not_in_prerequisite_state", "pooler is not paused/suspended", "Nothing to do."));
        var outcome = api.run("pools", "resume");
        assertEquals(ExitCode.CONFLICT, outcome.exitCode());
        assertEquals(
                List.of("error: pooler is not paused/suspended", "hint: Nothing to do."),
                TestApi.lines(outcome.error()));
    }
}
