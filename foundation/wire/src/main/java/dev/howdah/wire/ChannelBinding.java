package dev.howdah.wire;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Optional;

/** The channel binding {@code tls-server-end-point} of RFC 5929: a hash of the certificate the server shows. */
public final class ChannelBinding {
    private ChannelBinding() {}

    /**
     * The hash with the digest of the certificate's own signature, SHA-256 in place of MD5 and SHA-1. Empty where the signature has no digest
     * of its own (Ed25519, PSS): then SCRAM-SHA-256-PLUS must not be offered.
     */
    public static Optional<ByteString> tlsServerEndPoint(X509Certificate certificate) {
        var digest = digestOf(certificate.getSigAlgName().toUpperCase(Locale.ROOT));
        return digest.map(name -> hash(name, certificate));
    }

    private static Optional<String> digestOf(String signature) {
        var with = signature.indexOf("WITH");
        return switch (with < 0 ? "" : signature.substring(0, with)) {
            case "MD5", "SHA1", "SHA256" -> Optional.of("SHA-256");
            case "SHA224" -> Optional.of("SHA-224");
            case "SHA384" -> Optional.of("SHA-384");
            case "SHA512" -> Optional.of("SHA-512");
            default -> Optional.empty();
        };
    }

    private static ByteString hash(String digest, X509Certificate certificate) {
        try {
            return ByteString.owning(MessageDigest.getInstance(digest).digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot hash the server certificate", e);
        }
    }
}
