package dev.howdah.wire;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The functions of RFC 5802 section 2.2 and 3, for SHA-256. */
final class ScramKeys {
    static final int KEY_BYTES = 32;

    private ScramKeys() {}

    /** {@code Hi(password, salt, iterations)}: PBKDF2 with one block. Written out because the JDK's takes characters, and SASLprep gives bytes. */
    static byte[] saltedPassword(String password, byte[] salt, int iterations) {
        var mac = mac(SaslPrep.prepare(password));
        mac.update(salt);
        var block = mac.doFinal(new byte[] {0, 0, 0, 1});
        var result = block.clone();
        for (var i = 1; i < iterations; i++) {
            block = mac.doFinal(block);
            for (var k = 0; k < KEY_BYTES; k++) {
                result[k] ^= block[k];
            }
        }
        return result;
    }

    static byte[] clientKey(byte[] saltedPassword) {
        return hmac(saltedPassword, "Client Key");
    }

    static byte[] serverKey(byte[] saltedPassword) {
        return hmac(saltedPassword, "Server Key");
    }

    static byte[] hmac(byte[] key, String text) {
        return mac(key).doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static byte[] xor(byte[] left, byte[] right) {
        var result = left.clone();
        for (var i = 0; i < result.length; i++) {
            result[i] ^= right[i];
        }
        return result;
    }

    private static Mac mac(byte[] key) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            // HMAC pads a key with zeros, so one zero byte is the same key as none, which Java refuses.
            mac.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }
}
