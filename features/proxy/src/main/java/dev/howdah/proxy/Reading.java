package dev.howdah.proxy;

import java.util.Map;

/**
 * The settings under which the texts of one client are read, as one number. A text is bound to them when it is prepared: its letters by
 * client_encoding, its literals by DateStyle, IntervalStyle and TimeZone, its backslashes by standard_conforming_strings, its names by search_path.
 * So two clients share a prepared statement only where all of them agree.
 */
final class Reading {
    private static final String[] SETTINGS = {
        "client_encoding", "DateStyle", "IntervalStyle", "TimeZone", "standard_conforming_strings", "search_path"
    };

    /** The first setting's hash is in the upper bits, and those of the others together fit into the lower ones. */
    private static final int ENCODING_SHIFT = 48;

    private static final int OTHERS_SHIFT = Long.SIZE - ENCODING_SHIFT + 3;

    private final long[] parts = new long[SETTINGS.length];
    private long value;

    /** What servers report at login. */
    void begin(Map<String, String> reported) {
        for (var setting : SETTINGS) {
            follow(setting, reported.getOrDefault(setting, ""));
        }
    }

    /** Any setting of the session's, as it is now. */
    void follow(String name, String now) {
        for (var i = 0; i < SETTINGS.length; i++) {
            if (SETTINGS[i].equals(name)) {
                var part = i == 0 ? hash(now, i) << ENCODING_SHIFT : hash(now, i) >>> OTHERS_SHIFT;
                value += part - parts[i];
                parts[i] = part;
                return;
            }
        }
    }

    long value() {
        return value;
    }

    /** Whether letters mean the same under both. */
    static boolean isOneEncoding(long reading, long other) {
        return (reading ^ other) >>> ENCODING_SHIFT == 0;
    }

    private static long hash(String text, int seed) {
        var hash = seed + 1L;
        for (var i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0xD6E8FEB86659FD93L;
            hash ^= hash >>> 32;
        }
        return hash;
    }
}
