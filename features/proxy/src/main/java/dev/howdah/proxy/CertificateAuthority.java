package dev.howdah.proxy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority of our own in two files, {@code <name>-ca.crt} and {@code <name>-ca.key}: ECDSA on P-256 with SHA-256, since Ed25519
 * has no digest for channel binding. It signs server certificates and nothing else.
 */
final class CertificateAuthority {
    private static final Duration LIFETIME = Duration.ofDays(3653);
    /** Clocks of clients may be a little behind ours. */
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(10);

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path certificateFile;
    private final X509Certificate certificate;
    private final PrivateKey key;

    private CertificateAuthority(Path certificateFile, X509Certificate certificate, PrivateKey key) {
        this.certificateFile = certificateFile;
        this.certificate = certificate;
        this.key = key;
    }

    /** Reads the authority, or makes it when neither file exists. Half of one is an error: making anew would lock out who trusts the old one. */
    static CertificateAuthority open(Path directory, String name, Instant now)
            throws IOException, GeneralSecurityException {
        var certificateFile = directory.resolve(name + "-ca.crt");
        var keyFile = directory.resolve(name + "-ca.key");
        if (!Files.exists(certificateFile)) {
            // The key goes first: without a certificate nobody can trust it yet, so a crash between the two leaves
            // nothing worth keeping.
            make(name, now, certificateFile, keyFile);
        }
        var pair = CertificatePair.read(certificateFile, keyFile);
        return new CertificateAuthority(certificateFile, pair.leaf(), pair.key());
    }

    Path certificateFile() {
        return certificateFile;
    }

    /** Whether this is the authority's own certificate. */
    boolean isSelf(X509Certificate other) {
        return certificate.equals(other);
    }

    /** A new key and a certificate for a server; the chain ends with the authority's own certificate. */
    CertificatePair issueServer(String commonName, List<GeneralName> names, Duration lifetime, Instant now)
            throws GeneralSecurityException, IOException {
        var pair = newKeys();
        var authorityEnd = certificate.getNotAfter().toInstant();
        var end = now.plus(lifetime);
        var builder = new JcaX509v3CertificateBuilder(
                certificate,
                serial(),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(end.isBefore(authorityEnd) ? end : authorityEnd),
                new X500Name("CN=" + commonName),
                pair.getPublic());
        var identifiers = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        builder.addExtension(
                Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
        builder.addExtension(
                Extension.authorityKeyIdentifier, false, identifiers.createAuthorityKeyIdentifier(certificate));
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(pair.getPublic()));
        return new CertificatePair(List.of(sign(builder, key), certificate), pair.getPrivate());
    }

    private static void make(String name, Instant now, Path certificateFile, Path keyFile)
            throws GeneralSecurityException, IOException {
        var pair = newKeys();
        var subject = new X500Name("CN=Howdah %s authority".formatted(name));
        var builder = new JcaX509v3CertificateBuilder(
                subject,
                serial(),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(now.plus(LIFETIME)),
                subject,
                pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
        new CertificatePair(List.of(sign(builder, pair.getPrivate())), pair.getPrivate())
                .write(certificateFile, keyFile);
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey by)
            throws GeneralSecurityException {
        try {
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(by);
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException("cannot sign with the authority's key", e);
        }
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
        return generator.generateKeyPair();
    }

    private static BigInteger serial() {
        return new BigInteger(126, RANDOM).setBit(126);
    }
}
