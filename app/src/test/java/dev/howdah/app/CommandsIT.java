package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The commands and the API of a running platform, with good and with bad input. */
@ExtendWith(SharedPlatform.class)
class CommandsIT {
    @Test
    void upPrintsAllThatAUserNeeds(RunningPlatform platform) {
        var printed = platform.printed();
        for (var piece : List.of(
                "" + platform.directPort(),
                "" + platform.pooledPort(),
                "" + platform.apiPort(),
                "edge-ca.crt",
                "howdah_pw_",
                "postgres." + platform.branch(),
                "jdbc:postgresql://",
                "postgresql://",
                "sslmode=verify-full",
                platform.home().toString(),
                "howdah down",
                "backup")) {
            assertTrue(printed.contains(piece), piece + " is missing in:\n" + printed);
        }
    }

    @Test
    void thePasswordIsNowhereOnDisk(RunningPlatform platform) throws Exception {
        try (var files = Files.walk(platform.home())) {
            for (var file : files.filter(Files::isRegularFile)
                    .filter(f ->
                            !f.toString().contains("/program/") && !f.toString().contains("/postgres/"))
                    .toList()) {
                assertFalse(
                        new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1)
                                .contains(platform.password()),
                        file + " holds the password");
            }
        } catch (java.io.UncheckedIOException | java.nio.file.NoSuchFileException _) {
            // A server removed a file while it was looked at.
        }
    }

    @Test
    void statusDrawsTheCluster(RunningPlatform platform) throws Exception {
        var status = platform.howdah("status").succeeded().out();
        assertTrue(status.contains(platform.branch() + "-1"), status);
        assertTrue(status.contains(platform.branch() + "-3"), status);
        assertTrue(status.contains("primary") && status.contains("replica"), status);
        var drawn = platform.json("status")
                .path("branches")
                .valueStream()
                .filter(b -> b.path("branch").path("id").asString("").equals(platform.branch()))
                .findFirst()
                .orElseThrow();
        assertEquals(3, drawn.path("instances").size());
    }

    @Test
    void theBuiltInShellRunsStatements(RunningPlatform platform) throws Exception {
        var result = platform.command("shell")
                .reading("select 6 * 7 as answer;\n\\q\n")
                .run()
                .succeeded();
        assertTrue(result.out().contains("42"), result.out());
    }

    @Test
    void doctorFindsNothingWrong(RunningPlatform platform) throws Exception {
        var doctor = platform.howdah("doctor");
        assertTrue(doctor.out().toLowerCase(java.util.Locale.ROOT).contains("backup"), doctor.out());
    }

    @Test
    void theAuditLogHoldsEveryActionInAnUnbrokenChain(RunningPlatform platform) throws Exception {
        platform.howdah("role", "create", "audited").succeeded();
        platform.howdah("role", "delete", "audited").succeeded();
        var audit = platform.howdah("audit", "list").succeeded().out();
        assertTrue(audit.contains("role"), audit);
        platform.howdah("audit", "verify").succeeded();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                role show nobody                              | 4
                role delete nobody                            | 4
                branch show nowhere                           | 4
                project show nothing                          | 4
                role create howdah_admin                      | 1
                role create pg_mine                           | 1
                branch create main                            | 5
                project create default                        | 5
                role list --no-such-option                    | 2
                nonsense                                      | 2
                role list --format xml                        | 2
                role create a --inherit pg_execute_server_program | 1
                role create a --ttl soon                      | 2
                """)
    void wrongInputEndsWithItsExitCode(String line, int exitCode, RunningPlatform platform) throws Exception {
        var result = platform.howdah(line.strip().split(" +"));
        assertEquals(exitCode, result.exitCode(), result.out() + result.err());
        assertFalse(result.err().isBlank());
        assertFalse(result.err().contains("\tat "), result.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\"b",
                "a'b",
                "x; drop table y",
                "ünïcödé",
                "--",
                "a/../b",
                "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
            })
    void namesThatAreNoIdentifiersAreRefused(String name, RunningPlatform platform) throws Exception {
        for (var noun : List.of("role", "branch", "project")) {
            var result = platform.howdah(noun, "create", "--", name);
            assertTrue(result.exitCode() != 0, noun + " " + name + " was accepted: " + result.out());
            assertFalse(result.err().contains("\tat "), result.err());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                POST   | /v1/projects        | {"name":           | 400
                POST   | /v1/projects        | {"nom": "a"}       | 400
                POST   | /v1/projects        | {"name": 7}        | 400
                POST   | /v1/projects        | []                 | 400
                POST   | /v1/projects        | {}                 | 400
                GET    | /v1/projects/nope   |                    | 404
                GET    | /v1/nothing         |                    | 404
                PUT    | /v1/projects        | {}                 | 405
                GET    | /v1/projects?limit=0|                    | 400
                GET    | /v1/events?cursor=x |                    | 400
                """)
    void badRequestsGetAProblemDocument(String method, String path, String body, int status, RunningPlatform platform)
            throws Exception {
        var answer = call(platform, method, path, body == null ? "" : body, token(platform));
        assertEquals(status, answer.statusCode(), answer.body());
        assertEquals(
                "application/problem+json",
                answer.headers().firstValue("content-type").orElse("").split(";")[0]);
        var problem = JsonMapper.shared().readTree(answer.body());
        assertEquals(status, problem.path("status").asInt());
        assertFalse(problem.path("code").asString().isEmpty());
        assertFalse(answer.body().contains("\\tat "), answer.body());
    }

    @Test
    void withoutAGoodTokenNothingIsSaid(RunningPlatform platform) throws Exception {
        for (var token : List.of("", "howdah_sk_0000000000000000000000000000000000000000", "nonsense")) {
            assertEquals(401, call(platform, "GET", "/v1/projects", "", token).statusCode());
        }
        var made = platform.json("token", "create", "short-lived", "--role", "read");
        var secret = made.path("secret").asString();
        assertEquals(200, call(platform, "GET", "/v1/projects", "", secret).statusCode());
        assertEquals(
                403,
                call(platform, "POST", "/v1/projects", "{\"name\":\"x\"}", secret)
                        .statusCode());
        platform.howdah("token", "delete", "short-lived").succeeded();
        assertEquals(401, call(platform, "GET", "/v1/projects", "", secret).statusCode());
    }

    @Test
    void aNameInTheHostHeaderThatIsNotOursIsRefused(RunningPlatform platform) throws Exception {
        Tools.need("curl");
        var result = Command.of(
                        "curl",
                        "-s",
                        "-o",
                        "/dev/null",
                        "-w",
                        "%{http_code}",
                        "-H",
                        "Host: evil.example",
                        "http://127.0.0.1:%d/v1/status".formatted(platform.apiPort()))
                .run()
                .succeeded();
        assertTrue(List.of("403", "421").contains(result.out()), result.out());
    }

    private static String token(RunningPlatform platform) throws Exception {
        return Files.readString(platform.home().resolve("run/token")).strip();
    }

    private static java.net.http.HttpResponse<String> call(
            RunningPlatform platform, String method, String path, String body, String token) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:%d%s".formatted(platform.apiPort(), path)))
                    .method(method, HttpRequest.BodyPublishers.ofString(body))
                    .header("Content-Type", "application/json");
            if (!token.isEmpty()) {
                request.header("Authorization", "Bearer " + token);
            }
            return client.send(request.build(), BodyHandlers.ofString());
        }
    }

    @Test
    void theDocumentOfTheApiIsServed(RunningPlatform platform) throws Exception {
        var document = call(platform, "GET", "/v1/openapi.json", "", "");
        assertEquals(200, document.statusCode());
        assertTrue(JsonMapper.shared()
                .readTree(document.body())
                .path("openapi")
                .asString()
                .startsWith("3.1"));
    }
}
