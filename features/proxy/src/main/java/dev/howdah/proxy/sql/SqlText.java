package dev.howdah.proxy.sql;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * SQL as the guards read it: a string with one character per byte, whatever the client's encoding. Everything that matters to them is ASCII,
 * and bytes above 127 are letters to PostgreSQL's scanner, so nothing is lost on the way there and back. (The encodings that PostgreSQL only
 * accepts from clients, such as SJIS and BIG5, can hide a backslash in a letter; there a guard may misread a text.)
 */
public final class SqlText {
    /** Tag, length and the zero byte at the end. */
    private static final int QUERY_FRAME_BYTES = 6;

    private SqlText() {}

    public static String decode(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    /** Reads from position to limit and leaves both as they are. */
    public static String decode(ByteBuffer bytes) {
        var copy = new byte[bytes.remaining()];
        bytes.get(bytes.position(), copy);
        return new String(copy, StandardCharsets.ISO_8859_1);
    }

    /** The text of a Query message, header and all; empty when it has not even the byte that ends a text. */
    public static String ofQuery(ByteBuffer message) {
        var length = message.remaining() - QUERY_FRAME_BYTES;
        return length <= 0 ? "" : decode(message.slice(message.position() + QUERY_FRAME_BYTES - 1, length));
    }

    public static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 128);
    }

    public static byte[] encode(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** For messages to people: the bytes read as UTF-8. */
    public static String readable(String text) {
        return new String(encode(text), StandardCharsets.UTF_8);
    }
}
