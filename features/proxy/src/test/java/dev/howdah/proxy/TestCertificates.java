package dev.howdah.proxy;

import dev.howdah.proxy.EdgeCertificates.OwnCertificate;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Certificates of an operator's own, each its own authority. */
final class TestCertificates {
    private TestCertificates() {}

    /** Writes a certificate of an hour and its key. */
    static X509Certificate write(OwnCertificate own, String keyKind, String signature, Instant now) throws Exception {
        var pair = keys(keyKind);
        var name = new X500Name("CN=own");
        var builder = new JcaX509v3CertificateBuilder(
                name,
                BigInteger.ONE,
                Date.from(now.minusSeconds(60)),
                Date.from(now.plusSeconds(3600)),
                name,
                pair.getPublic());
        var certificate = new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(signature).build(pair.getPrivate())));
        Files.writeString(own.certificate(), pem("CERTIFICATE", certificate.getEncoded()));
        Files.writeString(own.key(), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
        return certificate;
    }

    static KeyPair keys(String kind) throws Exception {
        return KeyPairGenerator.getInstance(kind).generateKeyPair();
    }

    static String pem(String label, byte[] der) {
        var base64 = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, base64, label);
    }
}
