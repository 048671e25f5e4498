package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.EdgeCertificates.OwnCertificate;
import dev.howdah.proxy.EdgeCertificates.Refresh;
import dev.howdah.testkit.TestClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EdgeCertificatesTest {
    @TempDir
    Path home;

    private final TestClock clock = new TestClock(Instant.now());

    @Test
    void aClientThatTrustsTheAuthorityVerifiesTheHostNames() throws Exception {
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        for (var host : List.of("localhost", "127.0.0.1", "::1")) {
            assertEquals(certificates.leaf(), handshake(certificates, host));
        }
        assertThrows(Exception.class, () -> handshake(certificates, "example.org"));
    }

    @Test
    void theKindOfCertificateIsTheOneThatChannelBindingWorksWith() throws Exception {
        var identity = EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock)
                .current();
        assertEquals("SHA256withECDSA", identity.leaf().getSigAlgName());
        assertArrayEquals(
                MessageDigest.getInstance("SHA-256").digest(identity.leaf().getEncoded()),
                identity.tlsServerEndPoint().orElseThrow().toByteArray());
    }

    @Test
    void keysAreReadableByTheirOwnerAlone() throws Exception {
        EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("tls"))));
        for (var key : List.of("edge.key", "edge-ca.key")) {
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("tls/" + key))));
        }
    }

    @Test
    void theSameCertificateIsShownAfterARestart() {
        var first = EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        var second = EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        assertEquals(first.leaf(), second.leaf());
    }

    @Test
    void aLeafOfNinetyDaysIsRenewedThirtyBeforeItsEndAndTheAuthorityStays() throws Exception {
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        var authority = Files.readString(certificates.caFile().orElseThrow());
        var first = certificates.leaf();
        clock.advance(Duration.ofDays(59));
        assertInstanceOf(Refresh.Unchanged.class, certificates.refresh());
        clock.advance(Duration.ofDays(2));
        assertInstanceOf(Refresh.Renewed.class, certificates.refresh());
        assertNotEquals(first, certificates.leaf());
        assertEquals(authority, Files.readString(certificates.caFile().orElseThrow()));
        var left = Duration.between(
                clock.instant(), certificates.leaf().getNotAfter().toInstant());
        assertTrue(left.toDays() >= 89 && left.toDays() <= 90, left.toString());
    }

    @Test
    void aLeafCutShortByACrashIsMadeAnew() throws Exception {
        EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        Files.writeString(home.resolve("tls/edge.key"), "half");
        handshake(EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock), "localhost");
    }

    @Test
    void anAuthorityWithoutItsKeyIsAnErrorAndNotReplaced() throws Exception {
        EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock);
        Files.delete(home.resolve("tls/edge-ca.key"));
        var refused = assertThrows(
                PlatformException.class, () -> EdgeCertificates.open(home.resolve("tls"), Optional.empty(), clock));
        assertTrue(refused.message().contains("edge-ca.key"), refused.message());
    }

    @Test
    void ownFilesAreReloadedWhenTheyChangeAndABrokenPairKeepsTheOldOne() throws Exception {
        var own = new OwnCertificate(home.resolve("own.crt"), home.resolve("own.key"));
        var first = writeOwn(own, "EC", "SHA384withECDSA");
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        var before = certificates.current();
        assertEquals(first, certificates.leaf());
        assertEquals(48, before.tlsServerEndPoint().orElseThrow().size());
        assertEquals(Optional.empty(), certificates.caFile());
        assertInstanceOf(Refresh.Unchanged.class, certificates.refresh());

        Files.writeString(
                own.key(),
                TestCertificates.pem(
                        "PRIVATE KEY", TestCertificates.keys("EC").getPrivate().getEncoded()));
        var kept = assertInstanceOf(Refresh.Kept.class, certificates.refresh());
        assertTrue(kept.reason().contains("own.key"), kept.reason());
        assertSame(before, certificates.current());
        assertInstanceOf(Refresh.Unchanged.class, certificates.refresh());

        Files.delete(own.key());
        assertInstanceOf(Refresh.Kept.class, certificates.refresh());
        assertInstanceOf(Refresh.Unchanged.class, certificates.refresh());
        var second = writeOwn(own, "RSA", "SHA256withRSA");
        assertInstanceOf(Refresh.Renewed.class, certificates.refresh());
        assertEquals(second, certificates.leaf());
    }

    @Test
    void anEd25519CertificateServesWithoutChannelBinding() throws Exception {
        var own = new OwnCertificate(home.resolve("own.crt"), home.resolve("own.key"));
        writeOwn(own, "Ed25519", "Ed25519");
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        assertEquals(Optional.empty(), certificates.current().tlsServerEndPoint());
    }

    @Test
    void contextForOtherListenersShowsTheCertificateOfTheMoment() throws Exception {
        var own = new OwnCertificate(home.resolve("own.crt"), home.resolve("own.key"));
        var first = writeOwn(own, "EC", "SHA256withECDSA");
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        var context = certificates.serverContext();
        assertEquals(first, shownBy(context, own.certificate()));
        var second = writeOwn(own, "RSA", "SHA256withRSA");
        assertEquals(new Refresh.Renewed(), certificates.refresh());
        assertEquals(second, shownBy(context, own.certificate()));
    }

    @Test
    void ownCertificateThatIsNotValidYetIsTakenOnceItIs() throws Exception {
        var own = new OwnCertificate(home.resolve("own.crt"), home.resolve("own.key"));
        writeOwn(own, "EC", "SHA256withECDSA");
        var certificates = EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock);
        clock.advance(Duration.ofMinutes(5));
        var later = writeOwn(own, "EC", "SHA256withECDSA");
        clock.advance(Duration.ofMinutes(-5));
        assertInstanceOf(Refresh.Kept.class, certificates.refresh());
        clock.advance(Duration.ofMinutes(5));
        assertEquals(new Refresh.Renewed(), certificates.refresh());
        assertEquals(later, certificates.leaf());
    }

    @Test
    void ownFilesThatDoNotWorkStopTheStartAndAreNamed() throws Exception {
        var own = new OwnCertificate(home.resolve("own.crt"), home.resolve("own.key"));
        var missing = assertThrows(
                PlatformException.class, () -> EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock));
        assertTrue(missing.message().contains("own.crt"), missing.message());
        writeOwn(own, "EC", "SHA256withECDSA");
        Files.writeString(own.key(), "no key");
        var noKey = assertThrows(
                PlatformException.class, () -> EdgeCertificates.open(home.resolve("tls"), Optional.of(own), clock));
        assertTrue(noKey.message().contains("own.key"), noKey.message());
    }

    /** Connects, checks chain and host name, and returns the certificate that was shown. */
    private static X509Certificate handshake(EdgeCertificates certificates, String host) throws Exception {
        var parameters = new SSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        return handshake(certificates.current().context(), certificates.caFile().orElseThrow(), host, parameters);
    }

    private static X509Certificate shownBy(SSLContext context, Path trusted) throws Exception {
        return handshake(context, trusted, "localhost", new SSLParameters());
    }

    private static X509Certificate handshake(SSLContext context, Path trusted, String host, SSLParameters parameters)
            throws Exception {
        try (var listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0)) {
            var served = CompletableFuture.runAsync(() -> {
                try (var accepted = (SSLSocket) listener.accept()) {
                    accepted.startHandshake();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            try (var client = (SSLSocket) trusting(trusted)
                    .getSocketFactory()
                    .createSocket(
                            new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort()), host, 0, true)) {
                client.setSSLParameters(parameters);
                client.startHandshake();
                served.join();
                return (X509Certificate) client.getSession().getPeerCertificates()[0];
            }
        }
    }

    private static SSLContext trusting(Path caFile) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var in = Files.newInputStream(caFile)) {
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private X509Certificate writeOwn(OwnCertificate own, String keyKind, String signature) throws Exception {
        return TestCertificates.write(own, keyKind, signature, clock.instant());
    }
}
