package dev.howdah.api;

import static dev.howdah.api.TestFront.READER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.api.model.Endpoint;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiServerTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

    @TempDir
    private Path directory = Path.of("");

    @Test
    void aBusyAddressIsRefusedBeforeItsTokenIsLookedAtAndServedASecondLater() {
        var now = new AtomicReference<>(Instant.EPOCH);
        var config =
                new ApiConfig("127.0.0.1", 0, List.of(), Optional.empty(), new RateLimit(2, 5, Duration.ofMinutes(5)));
        try (var server = TestFront.start(config, now::get);
                var client = server.client("howdah_sk_wrong")) {
            assertEquals(401, client.get("/v1/things").status());
            assertEquals(401, client.get("/v1/things").status());

            var refused = client.get("/v1/things");
            assertEquals(429, refused.status());
            assertEquals("too_many_requests", refused.field("code"));
            assertEquals("1", refused.header("Retry-After"));

            now.set(Instant.EPOCH.plusSeconds(1));
            assertEquals(401, client.get("/v1/things").status());
        }
    }

    @Test
    void plainHttpIsRefusedOnAnAddressThatOthersCanReach() {
        for (var host : List.of("0.0.0.0", "::", "192.0.2.1", "no-such-host.invalid")) {
            var config = new ApiConfig(host, 0, List.of(), Optional.empty(), RateLimit.DEFAULT);

            var refused = assertThrows(
                    PlatformException.class,
                    () -> TestFront.start(config, CLOCK).close());
            assertEquals(SqlState.INVALID_PARAMETER_VALUE, refused.state());
            assertTrue(refused.message().contains(host), refused.message());
        }
    }

    @Test
    void itListensOnIpv6Too() {
        var config = new ApiConfig("::1", 0, List.of(), Optional.empty(), RateLimit.DEFAULT);
        try (var server = TestFront.start(config, CLOCK);
                var client = server.client(READER)) {
            assertEquals(200, client.get("/v1/things").status());
        }
    }

    @Test
    void aTakenPortIsRefusedByName() {
        try (var first = TestFront.start()) {
            var config = ApiConfig.loopback(first.address().port());

            var refused = assertThrows(
                    PlatformException.class,
                    () -> TestFront.start(config, CLOCK).close());
            assertTrue(refused.message().contains(first.address().toString()), refused.message());
            assertTrue(refused.message().contains("taken"), refused.message());
            assertTrue(refused.hint().orElse("").contains("--api-port"));
        }
    }

    @Test
    void aClosedServerFreesItsPort() {
        var first = TestFront.start();
        var port = first.address().port();
        first.close();

        try (var second = TestFront.start(ApiConfig.loopback(port), CLOCK);
                var client = second.client(READER)) {
            assertEquals(200, client.get("/healthz").status());
        }
    }

    @Test
    void withACertificateItSpeaksHttpsOnAnyAddress() throws Exception {
        var keys = keyStore();
        var config = new ApiConfig("0.0.0.0", 0, List.of(), Optional.of(serverContext(keys)), RateLimit.DEFAULT);
        try (var server = TestFront.start(config, CLOCK);
                var client =
                        HttpClient.newBuilder().sslContext(clientContext(keys)).build();
                var stranger = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("https://localhost:%d/healthz"
                            .formatted(server.address().port())))
                    .build();

            assertEquals("ok\n", client.send(request, BodyHandlers.ofString()).body());
            assertThrows(SSLHandshakeException.class, () -> stranger.send(request, BodyHandlers.ofString()));
            var plain = TestClient.raw(
                    new Endpoint("127.0.0.1", server.address().port()),
                    "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertTrue(!plain.contains("ok"), plain);
        }
    }

    /** A certificate for localhost, made by the JDK's own tool because the JDK has no public API for it. */
    private KeyStore keyStore() throws IOException, InterruptedException, GeneralSecurityException {
        var file = directory.resolve("keys.p12");
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        var made = new ProcessBuilder(
                        keytool.toString(),
                        "-genkeypair",
                        "-alias",
                        "api",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.txt").toFile())
                .start()
                .waitFor();
        assertEquals(0, made, Files.readString(directory.resolve("keytool.txt")));
        return KeyStore.getInstance(file.toFile(), "changeit".toCharArray());
    }

    private static SSLContext serverContext(KeyStore keys) throws GeneralSecurityException {
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "changeit".toCharArray());
        var context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    private static SSLContext clientContext(KeyStore keys) throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(keys);
        var context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
