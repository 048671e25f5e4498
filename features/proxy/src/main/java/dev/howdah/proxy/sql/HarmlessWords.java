package dev.howdah.proxy.sql;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The words that may stand before a parenthesis without anything happening to the session: PostgreSQL 18's own functions but for
 * {@link SessionFunctions}, and keywords. Looked up in a message in place, in small or capital letters.
 */
final class HarmlessWords {
    private static final String RESOURCE = "harmless-words.txt";
    /** Keywords that could name a function, but which the grammar itself puts before parentheses every day. */
    private static final List<String> GRAMMAR =
            List.of("by", "conflict", "cube", "filter", "materialized", "over", "rollup", "set", "sets");

    static final HarmlessWords ALL = new HarmlessWords(
            Stream.concat(resource().lines(), GRAMMAR.stream()).toList());

    private final byte[][] slots;
    private final int mask;
    private final int lengthMax;

    HarmlessWords(List<String> words) {
        var size = Integer.highestOneBit(words.size()) * 4;
        slots = new byte[size][];
        mask = size - 1;
        lengthMax = words.stream().mapToInt(String::length).max().orElse(0);
        for (var word : words) {
            var bytes = word.getBytes(StandardCharsets.US_ASCII);
            var hash = 0;
            for (var each : bytes) {
                hash = 31 * hash + each;
            }
            var slot = spread(hash) & mask;
            while (slots[slot] != null) {
                slot = (slot + 1) & mask;
            }
            slots[slot] = bytes;
        }
    }

    /** Whether the bytes of {@code text} from {@code from} to {@code to} are such a word. */
    boolean contains(ByteBuffer text, int from, int to) {
        if (to - from > lengthMax) {
            return false;
        }
        var hash = 0;
        for (var i = from; i < to; i++) {
            hash = 31 * hash + small(text.get(i));
        }
        for (var slot = spread(hash) & mask; slots[slot] != null; slot = (slot + 1) & mask) {
            if (same(slots[slot], text, from, to)) {
                return true;
            }
        }
        return false;
    }

    boolean contains(String name) {
        var bytes = ByteBuffer.wrap(SqlText.encode(name));
        return contains(bytes, 0, bytes.limit());
    }

    private static boolean same(byte[] word, ByteBuffer text, int from, int to) {
        if (word.length != to - from) {
            return false;
        }
        for (var i = 0; i < word.length; i++) {
            if (word[i] != small(text.get(from + i))) {
                return false;
            }
        }
        return true;
    }

    private static int small(byte b) {
        return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
    }

    private static int spread(int hash) {
        return hash ^ (hash >>> 15);
    }

    /** The resource's words, which a test compares with a server's. */
    static Set<String> generated() {
        return resource().lines().collect(Collectors.toCollection(HashSet::new));
    }

    private static String resource() {
        try (var in = HarmlessWords.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks its resource " + RESOURCE);
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
