package dev.howdah.api;

import static dev.howdah.api.TestFront.ADMIN;
import static dev.howdah.api.TestFront.READER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.api.model.ApiPaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpFrontTest {
    private static TestFront server;
    private static TestClient admin;
    private static TestClient reader;
    private static TestClient nobody;

    @BeforeAll
    static void start() {
        server = TestFront.start();
        admin = server.client(ADMIN);
        reader = server.client(READER);
        nobody = server.client("");
    }

    @AfterAll
    static void stop() {
        admin.close();
        reader.close();
        nobody.close();
        server.close();
    }

    /** Every refusal is a whole problem document, whatever else it is. */
    private static void assertProblem(TestClient.Reply reply, int status, String code) {
        assertEquals(status, reply.status(), reply.text());
        assertEquals(ApiPaths.PROBLEM_MEDIA_TYPE, reply.header("Content-Type"));
        assertEquals(code, reply.field("code"), reply.text());
        assertEquals(status, reply.json().path("status").asInt());
        assertEquals(reply.header(ApiPaths.REQUEST_ID), reply.field("request_id"));
        assertFalse(reply.field("title").isEmpty());
        assertFalse(reply.field("detail").isEmpty());
    }

    @Test
    void answersWithJsonAndARequestId() {
        var reply = reader.get("/v1/things/a%20b");

        assertEquals(200, reply.status());
        assertEquals("a b", reply.json().path(0).asString());
        assertEquals("application/json", reply.header("Content-Type"));
        assertEquals(16, reply.header(ApiPaths.REQUEST_ID).length());
        assertEquals("no-store", reply.header("Cache-Control"));
        assertEquals("", reply.header("Set-Cookie"));
        assertEquals("", reply.header("Access-Control-Allow-Origin"));
    }

    @Test
    void openRoutesNeedNoToken() {
        assertEquals("ok\n", nobody.get("/healthz").text());
    }

    @Test
    void aMissingTokenIsRefusedWithWhatToSend() {
        var reply = nobody.get("/v1/things");

        assertProblem(reply, 401, "invalid_token");
        assertTrue(reply.header("WWW-Authenticate").startsWith("Bearer"));
        assertTrue(reply.field("hint").contains("howdah_sk_"));
    }

    @Test
    void aTokenOfAnotherSchemeIsRefused() {
        assertProblem(nobody.get("/v1/things", "Authorization", "Basic YTpi"), 401, "invalid_token");
    }

    @Test
    void anUnknownTokenIsRefusedWithoutBeingRepeated() {
        var reply = nobody.get("/v1/things", "Authorization", "Bearer howdah_sk_wrong");

        assertProblem(reply, 401, "invalid_password");
        assertTrue(reply.header("WWW-Authenticate").startsWith("Bearer"));
        assertFalse(reply.text().contains("howdah_sk_wrong"));
    }

    @Test
    void aReaderMayNotWrite() {
        var reply = reader.post("/v1/things", "{}");

        assertProblem(reply, 403, "insufficient_privilege");
        assertTrue(reply.field("detail").contains("role write"), reply.text());
    }

    @Test
    void onlyTheLocalTokenPassesTheLocalGate() {
        assertProblem(admin.post("/v1/stop", "{}"), 403, "insufficient_privilege");
    }

    @ParameterizedTest
    @CsvSource({"/", "/v1", "/v2/things", "/v1/things/a/b", "/v1/things/", "/v1/nothing", "/index.html"})
    void anUnknownPathIsAProblemWith404(String path) {
        assertProblem(admin.get(path), 404, "no_such_route");
    }

    @ParameterizedTest
    @CsvSource({
        "PUT,/v1/things,'GET, POST'",
        "HEAD,/healthz,GET",
        "OPTIONS,/v1/things/a,GET",
        "DELETE,/v1/things,'GET, POST'",
        "TRACE,/healthz,GET"
    })
    void anotherMethodIsRefusedWithThoseThatThereAre(String method, String path, String allowed) {
        var reply = admin.send(method, path, new byte[0]);

        assertEquals(405, reply.status());
        assertEquals(allowed, reply.header("Allow"));
        if (!method.equals("HEAD")) {
            assertProblem(reply, 405, "method_not_allowed");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{                            | syntax_error            | line 1, column 2",
                "{'name':}                    | syntax_error            | line 1, column 9",
                "nonsense                     | syntax_error            | line 1, column",
                "{'name':'a'} x               | syntax_error            | line 1",
                "{'name':'a','name':'b'}      | syntax_error            | Duplicate",
                "{'name':'a',}                | syntax_error            | line 1",
                "{'nam':'a'}                  | invalid_parameter_value | unknown field \"nam\"",
                "{'name':5}                   | invalid_parameter_value | field \"name\" must be a string",
                "{'name':['a']}               | invalid_parameter_value | field \"name\" must be a string",
                "{'name':{'a':1}}             | invalid_parameter_value | field \"name\" must be a string",
                "{'name':'a\\u0000b'}         | invalid_parameter_value | zero character",
                "{'name':'\\ud800'}           | invalid_parameter_value | surrogate",
                "{'ttl_seconds':'60'}         | invalid_parameter_value | field \"ttl_seconds\" must be a whole number",
                "{'ttl_seconds':1.5}          | invalid_parameter_value | field \"ttl_seconds\" must be a whole number",
                "{'ttl_seconds':99999999999999999999}| invalid_parameter_value | field \"ttl_seconds\" is out of range",
                "{'ttl_seconds':true}         | invalid_parameter_value | field \"ttl_seconds\" must be a whole number",
                "{'with_replication':'yes'}   | invalid_parameter_value | field \"with_replication\" must be true or false",
                "{'with_replication':1}       | invalid_parameter_value | field \"with_replication\" must be true or false",
                "{'inherited_roles':'a'}      | invalid_parameter_value | field \"inherited_roles\" must be a list",
                "{'inherited_roles':[1]}      | invalid_parameter_value | field \"inherited_roles[0]\" must be a string",
                "{'inherited_roles':[null]}   | invalid_parameter_value | inherited_roles",
                "[]                           | invalid_parameter_value | the document must be an object",
                "5                            | invalid_parameter_value | the document must be an object",
                "null                         | invalid_parameter_value | no JSON document",
            })
    void aBadBodyIsRefusedWithThePlaceAndTheReason(String body, String code, String detail) {
        var before = server.made.get();
        var reply = admin.post("/v1/things", body.strip().replace('\'', '"'));

        assertProblem(reply, 400, code.strip());
        assertTrue(reply.field("detail").contains(detail.strip()), reply.text());
        assertFalse(reply.text().contains("tools.jackson"), reply.text());
        assertEquals(before, server.made.get());
    }

    @Test
    void jsonNestedTooDeeplyIsRefused() {
        assertProblem(admin.post("/v1/things", "{\"name\":" + "[".repeat(100_000)), 400, "invalid_parameter_value");
        assertProblem(admin.post("/v1/things", "[".repeat(100_000)), 400, "invalid_parameter_value");
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() {
        var body = new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'};

        assertProblem(admin.send("POST", "/v1/things", body, "Content-Type", "application/json"), 400, "syntax_error");
    }

    @Test
    void aBodyOfAnotherTypeIsRefused() {
        var form = "name=a".getBytes(StandardCharsets.UTF_8);

        assertProblem(
                admin.send("POST", "/v1/things", form, "Content-Type", "application/x-www-form-urlencoded"),
                415,
                "unsupported_media_type");
        assertProblem(admin.send("POST", "/v1/things", form), 415, "unsupported_media_type");
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() {
        var body = new byte[ApiConfig.BODY_LIMIT + 1];
        Arrays.fill(body, (byte) ' ');

        assertProblem(
                admin.send("POST", "/v1/things", body, "Content-Type", "application/json"), 413, "body_too_large");
    }

    @Test
    void aBodyOfUnstatedLengthThatIsTooLargeIsRefused() throws IOException {
        var chunk = " ".repeat(ApiConfig.BODY_LIMIT + 10);
        var reply = TestClient.raw(
                server.address(),
                "POST /v1/things HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + ADMIN
                        + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n0\r\n\r\n");

        assertTrue(reply.startsWith("HTTP/1.1 413"), reply);
    }

    @Test
    void anUnknownParameterIsRefusedAndNamed() {
        var reply = reader.get("/v1/things?limt=5");

        assertProblem(reply, 400, "invalid_parameter_value");
        assertTrue(reply.field("detail").contains("\"limt\""), reply.text());
        assertTrue(reply.field("hint").contains("cursor, limit"), reply.text());
    }

    @ParameterizedTest
    @CsvSource({"0", "201", "-1", "abc", "1.5", "99999999999", "''"})
    void aBadLimitIsRefused(String limit) {
        assertProblem(reader.get("/v1/things?limit=" + limit), 400, "invalid_parameter_value");
    }

    @Test
    void aZeroCharacterInThePathIsRefused() {
        assertEquals(400, reader.get("/v1/things/a%00b").status());
    }

    @Test
    void aBugIsAnsweredWithAnIdAndNothingElse() {
        for (var path : new String[] {"/v1/bug", "/v1/error"}) {
            var reply = reader.get(path);

            assertProblem(reply, 500, "internal_error");
            assertFalse(reply.text().contains("42"), reply.text());
            assertTrue(reply.field("hint").contains(reply.header(ApiPaths.REQUEST_ID)));
        }
    }

    @Test
    void whatIsAwayIsAnsweredWithWhenToRetry() {
        var reply = reader.get("/v1/away");

        assertProblem(reply, 503, "cannot_connect_now");
        assertEquals("1", reply.header("Retry-After"));
    }

    @Test
    void aRepeatedKeyActsOnceAndShowsNoSecretAgain() {
        var first = admin.post("/v1/things", "{\"name\":\"a\"}", ApiPaths.IDEMPOTENCY_KEY, "k1");
        var made = server.made.get();
        var second = admin.post("/v1/things", "{\"name\":\"a\"}", ApiPaths.IDEMPOTENCY_KEY, "k1");

        assertEquals(201, first.status());
        assertEquals("s" + made, first.field("secret"));
        assertEquals(201, second.status());
        assertEquals("", second.field("secret"));
        assertEquals("true", second.header("Idempotency-Replayed"));
        assertEquals(made, server.made.get());
    }

    @ParameterizedTest
    @CsvSource({
        "localhost,200",
        "localhost:8080,200",
        "127.0.0.1,200",
        "[::1]:80,200",
        "LOCALHOST.,200",
        "db.example:443,200",
        "evil.example,421",
        "localhost.evil.example,421",
        "127.0.0.1.evil.example:8080,421",
        "192.168.0.1,421"
    })
    void onlyKnownHostNamesAreAnswered(String host, int status) throws IOException {
        var reply = TestClient.raw(
                server.address(), "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");

        assertTrue(reply.startsWith("HTTP/1.1 " + status), reply);
        assertEquals(status == 421, reply.contains("\"code\":\"unknown_host\""), reply);
    }

    @ParameterizedTest
    @CsvSource({
        "'GET /v1/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'",
        "'GET /v1/a%2Fb HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'",
        "'GET /v1/things/a%ffb HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer howdah_sk_admin\r\n\r\n'",
        "'GET /v1/things?limit=%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer howdah_sk_admin\r\n\r\n'",
        "'GET /v1/../healthz HTTP/9\r\nHost: localhost\r\n\r\n'",
        "'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'",
        "'\u0001\u0002\u0003\r\n\r\n'"
    })
    void aRequestThatCannotBeReadIsAProblemToo(String request) throws IOException {
        var reply = TestClient.raw(server.address(), request);

        assertTrue(reply.matches("(?s)HTTP/1.1 (4|505).*"), reply);
        assertTrue(reply.contains(ApiPaths.PROBLEM_MEDIA_TYPE), reply);
        assertTrue(reply.contains("\"status\":"), reply);
    }

    @Test
    void headersThatAreTooLongAreRefused() throws IOException {
        var reply = TestClient.raw(
                server.address(),
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: " + "x".repeat(20_000)
                        + "\r\n\r\n");

        assertTrue(reply.startsWith("HTTP/1.1 431"), reply);
    }
}
