package dev.howdah.bench;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The client's side of SCRAM-SHA-256, with what the password alone decides kept from login to login: a load generator that derived it anew each
 * time, as libpq does, would measure itself. It does not check the server's proof. Thread-safe.
 */
final class CachedScram {
    private static final int KEY_BITS = 256;
    /** No channel binding. */
    private static final String HEADER = "n,,";

    private final String password;
    private final ConcurrentMap<String, byte[]> clientKeys = new ConcurrentHashMap<>();

    /** @param password without characters that SASLprep would change */
    CachedScram(String password) {
        this.password = password;
    }

    static String first(String nonce) {
        return HEADER + firstBare(nonce);
    }

    private static String firstBare(String nonce) {
        return "n=,r=" + nonce;
    }

    /** The proof for a challenge of the form {@code r=...,s=...,i=...}. */
    String answer(String nonce, String challenge) throws GeneralSecurityException {
        var parts = challenge.split(",");
        var clientKey = clientKeys.get(parts[1] + parts[2]);
        if (clientKey == null) {
            clientKey = hmac(salted(parts[1].substring(2), Integer.parseInt(parts[2].substring(2))), "Client Key");
            clientKeys.put(parts[1] + parts[2], clientKey);
        }
        var withoutProof =
                "c=" + Base64.getEncoder().encodeToString(HEADER.getBytes(StandardCharsets.US_ASCII)) + "," + parts[0];
        var storedKey = MessageDigest.getInstance("SHA-256").digest(clientKey);
        var signature = hmac(storedKey, firstBare(nonce) + "," + challenge + "," + withoutProof);
        var proof = clientKey.clone();
        for (var i = 0; i < proof.length; i++) {
            proof[i] ^= signature[i];
        }
        return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
    }

    private byte[] salted(String salt, int iterations) throws GeneralSecurityException {
        var key = new PBEKeySpec(password.toCharArray(), Base64.getDecoder().decode(salt), iterations, KEY_BITS);
        return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(key)
                .getEncoded();
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
}
