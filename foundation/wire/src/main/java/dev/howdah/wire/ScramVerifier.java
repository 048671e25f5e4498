package dev.howdah.wire;

import static dev.howdah.base.Checks.require;

import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * What PostgreSQL keeps of a password in {@code pg_authid.rolpassword}: enough to check a proof, not enough to make one.
 *
 * @param mock made for a user that does not exist: a login against it takes the same course and always ends refused
 */
public record ScramVerifier(int iterations, ByteString salt, ByteString storedKey, ByteString serverKey, boolean mock) {
    /** PostgreSQL's default, and what a mock claims. */
    public static final int DEFAULT_ITERATIONS = 4096;

    static final int SALT_BYTES = 16;

    private static final Pattern FORM =
            Pattern.compile("SCRAM-SHA-256\\$([0-9]{1,9}):([A-Za-z0-9+/=]+)\\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)");

    public ScramVerifier {
        require(iterations > 0, "a SCRAM verifier has at least one iteration, was " + iterations);
        require(!salt.isEmpty(), "a SCRAM verifier has a salt");
        require(
                storedKey.size() == ScramKeys.KEY_BYTES && serverKey.size() == ScramKeys.KEY_BYTES,
                "the keys of a SCRAM verifier are 32 bytes each");
    }

    /** Reads {@code SCRAM-SHA-256$4096:salt$StoredKey:ServerKey}; empty for anything else, an MD5 hash included. */
    public static Optional<ScramVerifier> parse(String text) {
        var parts = FORM.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ScramVerifier(
                    Integer.parseInt(parts.group(1)),
                    decode(parts.group(2)),
                    decode(parts.group(3)),
                    decode(parts.group(4)),
                    false));
        } catch (IllegalArgumentException _) { // bad base 64, a key of another size, no iteration
            return Optional.empty();
        }
    }

    public static ScramVerifier derive(String password, ByteString salt, int iterations) {
        var salted = ScramKeys.saltedPassword(password, salt.array(), iterations);
        return new ScramVerifier(
                iterations,
                salt,
                ByteString.owning(ScramKeys.sha256(ScramKeys.clientKey(salted))),
                ByteString.owning(ScramKeys.serverKey(salted)),
                false);
    }

    /** A verifier with a new salt; {@code random} must be secure where the password matters. */
    public static ScramVerifier random(String password, RandomGenerator random) {
        var salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return derive(password, ByteString.owning(salt), DEFAULT_ITERATIONS);
    }

    /**
     * A verifier for a user that does not exist. Its salt is always the same for the same name, as a real user's is, so that nobody learns
     * from two attempts who exists; {@code secret} must be shared by all that answer for the same users.
     */
    public static ScramVerifier mock(ByteString secret, String userName) {
        var salt = Arrays.copyOf(ScramKeys.hmac(secret.array(), userName), SALT_BYTES);
        var nothing = ByteString.owning(new byte[ScramKeys.KEY_BYTES]);
        return new ScramVerifier(DEFAULT_ITERATIONS, ByteString.owning(salt), nothing, nothing, true);
    }

    /** PostgreSQL's text form, as {@code ALTER ROLE ... PASSWORD} takes it. Not for a mock. */
    public String format() {
        if (mock) {
            throw new IllegalStateException("a mock verifier must not be stored");
        }
        return "SCRAM-SHA-256$%d:%s$%s:%s".formatted(iterations, encode(salt), encode(storedKey), encode(serverKey));
    }

    /** Does this password make this verifier? Takes as long as a login. */
    public boolean matches(String password) {
        return !mock && derive(password, salt, iterations).storedKey.equalsInConstantTime(storedKey);
    }

    @Override
    public String toString() {
        return "ScramVerifier[iterations=%d]".formatted(iterations);
    }

    private static ByteString decode(String base64) {
        return ByteString.owning(Base64.getDecoder().decode(base64));
    }

    private static String encode(ByteString bytes) {
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
