package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.EdgeCertificates.OwnCertificate;
import dev.howdah.proxy.EdgeCertificates.Refresh;
import dev.howdah.testkit.TestClock;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TlsEnginesTest {
    private static final int STEPS_MAX = 100;

    @TempDir
    Path home;

    private final TestClock clock = new TestClock(Instant.now());

    @ParameterizedTest
    @CsvSource({
        "BORINGSSL, EC, SHA256withECDSA, TLSv1.3",
        "BORINGSSL, EC, SHA256withECDSA, TLSv1.2",
        "BORINGSSL, RSA, SHA256withRSA, TLSv1.3",
        "BORINGSSL, RSA, SHA256withRSA, TLSv1.2",
        "JDK, EC, SHA256withECDSA, TLSv1.3",
        "JDK, EC, SHA256withECDSA, TLSv1.2",
        "JDK, RSA, SHA256withRSA, TLSv1.3",
        "JDK, RSA, SHA256withRSA, TLSv1.2"
    })
    void certificatesOfBothKindsServeBothVersions(TlsChoice choice, String key, String signature, String version)
            throws Exception {
        var own = own();
        var written = TestCertificates.write(own, key, signature, clock.instant());
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        try (var engines = TlsEngines.open(choice, certificates)) {
            var client = client(version);
            var handshake = engines.newHandshake();
            shake(client, handshake.engine());
            assertEquals(version, client.getSession().getProtocol());
            assertEquals(written, shown(client));
            assertEquals(written, handshake.identity().leaf());
            assertEquals("postgresql", client.getApplicationProtocol());
            assertEquals("postgresql", handshake.engine().getApplicationProtocol());
            ReferenceCountUtil.release(handshake.engine());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void newHandshakesShowTheReloadedCertificateAndOldOnesKeepTheirs(TlsChoice choice) throws Exception {
        var own = own();
        var first = TestCertificates.write(own, "EC", "SHA256withECDSA", clock.instant());
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        try (var engines = TlsEngines.open(choice, certificates)) {
            var before = engines.newHandshake();
            var second = TestCertificates.write(own, "RSA", "SHA256withRSA", clock.instant());
            assertInstanceOf(Refresh.Renewed.class, certificates.refresh());
            var after = engines.newHandshake();

            var oldClient = client("TLSv1.3");
            shake(oldClient, before.engine());
            assertEquals(first, shown(oldClient));
            assertEquals(first, before.identity().leaf());
            var newClient = client("TLSv1.3");
            shake(newClient, after.engine());
            assertEquals(second, shown(newClient));
            assertSame(certificates.current(), after.identity());
            ReferenceCountUtil.release(before.engine());
            ReferenceCountUtil.release(after.engine());
        }
    }

    @Test
    void certificateThatBoringSslDoesNotTakeIsShownByTheJdk() throws Exception {
        var own = own();
        TestCertificates.write(own, "EC", "SHA256withECDSA", clock.instant());
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        try (var engines = TlsEngines.open(TlsChoice.BORINGSSL, certificates)) {
            var written = TestCertificates.write(own, "Ed448", "Ed448", clock.instant());
            assertInstanceOf(Refresh.Renewed.class, certificates.refresh());
            var client = client("TLSv1.3");
            var handshake = engines.newHandshake();
            shake(client, handshake.engine());
            assertEquals(written, shown(client));
            ReferenceCountUtil.release(handshake.engine());
        }
    }

    @Test
    void startIsRefusedWhenBoringSslIsAskedForAndTheCertificateIsNotForIt() throws Exception {
        var own = own();
        TestCertificates.write(own, "Ed448", "Ed448", clock.instant());
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        var refused = assertThrows(PlatformException.class, () -> TlsEngines.open(TlsChoice.BORINGSSL, certificates));
        assertTrue(refused.message().contains("BoringSSL"), refused.message());
        TlsEngines.open(TlsChoice.AUTO, certificates).close();
    }

    @Test
    void enginesAreCountedUntilTheyAreReleased() {
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        try (var engines = TlsEngines.open(TlsChoice.BORINGSSL, certificates)) {
            var handshake = engines.newHandshake();
            assertEquals(1, engines.enginesInUse());
            ReferenceCountUtil.release(handshake.engine());
            assertEquals(0, engines.enginesInUse());
        }
    }

    @Test
    void settingsAreReadAsTheyAreWritten() {
        for (var choice : TlsChoice.values()) {
            assertEquals(Optional.of(choice), TlsChoice.parse(choice.text()));
        }
        assertEquals(Optional.empty(), TlsChoice.parse("openssl"));
    }

    private OwnCertificate own() {
        return new OwnCertificate(home.resolve("own.crt"), home.resolve("own.key"));
    }

    private static SSLEngine client(String version) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new RawClient.TrustEverybody()}, new SecureRandom());
        var engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        var parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {version});
        parameters.setApplicationProtocols(new String[] {"http/1.1", "postgresql"});
        engine.setSSLParameters(parameters);
        return engine;
    }

    private static X509Certificate shown(SSLEngine client) throws SSLException {
        return (X509Certificate) client.getSession().getPeerCertificates()[0];
    }

    /** A whole handshake in memory. */
    private static void shake(SSLEngine client, SSLEngine server) throws SSLException {
        var toServer = ByteBuffer.allocateDirect(64 * 1024);
        var toClient = ByteBuffer.allocateDirect(64 * 1024);
        client.beginHandshake();
        server.beginHandshake();
        for (var step = 0; step < STEPS_MAX; step++) {
            advance(client, toClient, toServer);
            advance(server, toServer, toClient);
            if (List.of(client, server).stream()
                    .allMatch(engine -> engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING)) {
                return;
            }
        }
        throw new SSLException("the handshake does not end");
    }

    private static void advance(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        switch (engine.getHandshakeStatus()) {
            case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
            case NEED_TASK -> {
                for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            }
            default -> {
                engine.unwrap(in.flip(), ByteBuffer.allocateDirect(64 * 1024));
                in.compact();
            }
        }
    }
}
