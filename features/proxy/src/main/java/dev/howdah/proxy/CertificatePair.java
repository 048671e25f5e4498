package dev.howdah.proxy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** A certificate chain, the leaf first, and the leaf's private key. They belong together: {@link #read} has checked it. */
record CertificatePair(List<X509Certificate> chain, PrivateKey key) {
    private static final byte[] PROBE = "does this key belong to that certificate".getBytes(StandardCharsets.US_ASCII);

    CertificatePair {
        chain = List.copyOf(chain);
    }

    X509Certificate leaf() {
        return chain.getFirst();
    }

    /** Reads two PEM files. Every way in which they do not work is an exception whose message a person can use. */
    static CertificatePair read(Path certificateFile, Path keyFile) throws IOException, GeneralSecurityException {
        return parse(Files.readAllBytes(certificateFile), Files.readAllBytes(keyFile), certificateFile, keyFile);
    }

    static CertificatePair parse(byte[] certificates, byte[] keyPem, Path certificateFile, Path keyFile)
            throws IOException, GeneralSecurityException {
        var chain = chain(certificates, certificateFile);
        var key = key(new String(keyPem, StandardCharsets.ISO_8859_1), keyFile);
        if (!belongTogether(key, chain.getFirst())) {
            throw new InvalidKeyException(
                    "the key in %s is not the one of the certificate in %s".formatted(keyFile, certificateFile));
        }
        return new CertificatePair(chain, key);
    }

    /** The key first, readable by us alone; each file is replaced as a whole. */
    void write(Path certificateFile, Path keyFile) throws IOException, GeneralSecurityException {
        replace(keyFile, pem("PRIVATE KEY", key.getEncoded()), "rw-------");
        var text = new StringBuilder();
        for (var certificate : chain) {
            text.append(pem("CERTIFICATE", certificate.getEncoded()));
        }
        replace(certificateFile, text.toString(), "rw-r--r--");
    }

    SSLContext context() throws GeneralSecurityException, IOException {
        var none = new char[0];
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, none);
        store.setKeyEntry("server", key, none, chain.toArray(X509Certificate[]::new));
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, none);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    private static List<X509Certificate> chain(byte[] pem, Path file) throws IOException, GeneralSecurityException {
        try (var in = new ByteArrayInputStream(pem)) {
            var chain = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (chain.isEmpty()) {
                throw new GeneralSecurityException("no certificate in " + file);
            }
            return chain;
        }
    }

    private static PrivateKey key(String pem, Path file) throws IOException {
        try (var parser = new PEMParser(new StringReader(pem))) {
            var converter = new JcaPEMKeyConverter();
            for (var part = parser.readObject(); part != null; part = parser.readObject()) {
                switch (part) {
                    case PrivateKeyInfo info -> {
                        return converter.getPrivateKey(info);
                    }
                    case PEMKeyPair pair -> {
                        return converter.getPrivateKey(pair.getPrivateKeyInfo());
                    }
                    default -> {} // EC PARAMETERS stand in front of a key that openssl wrote
                }
            }
        }
        throw new IOException("no private key in %s, or one with a passphrase, which is not supported".formatted(file));
    }

    private static boolean belongTogether(PrivateKey key, X509Certificate leaf) throws GeneralSecurityException {
        var algorithm = switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> key.getAlgorithm(); // EdDSA keys name their own
        };
        try {
            var signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(PROBE);
            var signed = signature.sign();
            signature.initVerify(leaf.getPublicKey());
            signature.update(PROBE);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException e) {
            return false; // a key of another kind than the certificate's
        }
    }

    private static String pem(String label, byte[] der) {
        var base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, base64, label);
    }

    private static void replace(Path file, String text, String permissions) throws IOException {
        var next = file.resolveSibling(file.getFileName() + ".next");
        Files.deleteIfExists(next);
        Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
