package dev.howdah.wire;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Optional;

/**
 * The preparation of a password before it is hashed (RFC 4013), with PostgreSQL's one deviation: a password that the profile forbids is used
 * as its plain bytes. Without the same deviation such a password would log in to PostgreSQL but not through us.
 */
final class SaslPrep {
    private SaslPrep() {}

    static byte[] prepare(String password) {
        return normalized(password).orElse(password).getBytes(StandardCharsets.UTF_8);
    }

    /** Empty when the profile forbids the password. Pure ASCII is returned as it is, control characters included, as PostgreSQL does. */
    private static Optional<String> normalized(String password) {
        if (password.codePoints().allMatch(c -> c < 0x80)) {
            return Optional.of(password);
        }
        var prepared = Normalizer.normalize(mapped(password), Normalizer.Form.NFKC);
        return isAllowed(prepared) ? Optional.of(prepared) : Optional.empty();
    }

    private static String mapped(String password) {
        var text = new StringBuilder(password.length());
        password.codePoints().forEach(c -> {
            if (CodePoints.SPACE.contains(c)) { // first: U+200B is in both tables, and PostgreSQL makes it a space
                text.append(' ');
            } else if (!CodePoints.MAPPED_TO_NOTHING.contains(c)) {
                text.appendCodePoint(c);
            }
        });
        return text.toString();
    }

    private static boolean isAllowed(String text) {
        return !text.isEmpty()
                && text.codePoints()
                        .noneMatch(c -> CodePoints.PROHIBITED.contains(c) || CodePoints.UNASSIGNED.contains(c))
                && isReadableInOneDirection(text);
    }

    private static boolean isReadableInOneDirection(String text) {
        if (text.codePoints().noneMatch(CodePoints.RIGHT_TO_LEFT::contains)) {
            return true;
        }
        return text.codePoints().noneMatch(CodePoints.LEFT_TO_RIGHT::contains)
                && CodePoints.RIGHT_TO_LEFT.contains(text.codePointAt(0))
                && CodePoints.RIGHT_TO_LEFT.contains(text.codePointBefore(text.length()));
    }
}
