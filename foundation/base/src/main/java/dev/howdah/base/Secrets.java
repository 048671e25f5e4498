package dev.howdah.base;

import java.util.random.RandomGenerator;

/** The secrets the platform generates. Callers pass a {@link java.security.SecureRandom}; tests may pass a seeded generator. */
public final class Secrets {
    private static final String BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private Secrets() {}

    /** The password of a role: {@code howdah_pw_} and 32 base-62 characters (190 bits). */
    public static String rolePassword(RandomGenerator random) {
        return "howdah_pw_" + base62(random, 32);
    }

    /** An API token: {@code howdah_sk_} and 40 base-62 characters (238 bits). */
    public static String apiToken(RandomGenerator random) {
        return "howdah_sk_" + base62(random, 40);
    }

    private static String base62(RandomGenerator random, int length) {
        var text = new StringBuilder(length);
        for (var i = 0; i < length; i++) {
            text.append(BASE_62.charAt(random.nextInt(BASE_62.length())));
        }
        return text.toString();
    }
}
