package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.base.PlatformException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Walks over the {@code a=value,b=value} of a SCRAM message with the rules and the words of PostgreSQL's {@code auth-scram.c}. */
final class ScramAttributes {
    record Attribute(char name, String value) {}

    private final String text;
    private int position;

    ScramAttributes(ByteString message) {
        text = decode(message);
        if (text.isEmpty()) {
            throw malformed("The message is empty.");
        }
        if (text.indexOf('\0') >= 0) {
            throw malformed("Message length does not match input length.");
        }
    }

    boolean atEnd() {
        return position == text.length();
    }

    int position() {
        return position;
    }

    /** The next character without going past it; NUL at the end. */
    char peek() {
        return atEnd() ? '\0' : text.charAt(position);
    }

    void skip() {
        position++;
    }

    void requireComma() {
        if (peek() != ',') {
            throw malformed("Comma expected, but found character \"%s\".".formatted(shown(peek())));
        }
        skip();
    }

    String from(int start) {
        return text.substring(start);
    }

    String upTo(int end) {
        return text.substring(0, end);
    }

    /** The value of the attribute that must come next. */
    String value(char name) {
        if (peek() != name) {
            throw malformed("Expected attribute \"%c\" but found \"%s\".".formatted(name, shown(peek())));
        }
        skip();
        return valueAfterName(name);
    }

    Attribute next() {
        var name = peek();
        if (atEnd()) {
            throw malformed("Attribute expected, but found end of string.");
        }
        if (!isLetter(name)) {
            throw malformed("Attribute expected, but found invalid character \"%s\".".formatted(shown(name)));
        }
        skip();
        return new Attribute(name, valueAfterName(name));
    }

    private String valueAfterName(char name) {
        if (peek() != '=') {
            throw malformed("Expected character \"=\" for attribute \"%c\".".formatted(name));
        }
        skip();
        var comma = text.indexOf(',', position);
        var end = comma < 0 ? text.length() : comma;
        var value = text.substring(position, end);
        position = comma < 0 ? end : end + 1;
        return value;
    }

    static PlatformException malformed(String detail) {
        return violation("malformed SCRAM message", detail);
    }

    /** PostgreSQL's rule for a nonce: printable ASCII without a comma. */
    static boolean isPrintable(String nonce) {
        return nonce.chars().allMatch(c -> c >= 0x21 && c <= 0x7E && c != ',');
    }

    static String shown(char c) {
        return c >= 0x21 && c <= 0x7E ? String.valueOf(c) : "0x%02x".formatted((int) c);
    }

    private static boolean isLetter(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }

    private static String decode(ByteString message) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(message.array()))
                    .toString();
        } catch (CharacterCodingException _) {
            throw malformed("The message is not UTF-8.");
        }
    }
}
