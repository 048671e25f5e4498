package dev.howdah.control;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** What things may be called. Every refusal says the rule. */
final class Names {
    private static final Pattern RESOURCE = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final Pattern ROLE = Pattern.compile("[a-z_][a-z0-9_.-]{0,62}");
    private static final Pattern PURPOSE = Pattern.compile("[\\x21-\\x7e]{1,100}");
    private static final int LABEL_LENGTH_MAX = 100;
    private static final int ROLE_BYTES_MAX = 63;

    private Names() {}

    /** The name of a project or branch. */
    static String resource(String what, String name) {
        if (!RESOURCE.matcher(name).matches()) {
            throw new PlatformException(
                    SqlState.INVALID_NAME,
                    "%s is not a name for a %s".formatted(quoted(name), what),
                    "Use 1 to 63 characters: a lower-case letter first, then lower-case letters, digits or hyphens.");
        }
        return name;
    }

    /** The login name of a role to be made by the API; narrower than what PostgreSQL allows, so that it needs no quoting in any URL. */
    static String newRole(String name) {
        refuseReserved(name);
        if (!ROLE.matcher(name).matches()) {
            throw new PlatformException(
                    SqlState.INVALID_NAME,
                    "%s is not a name for a role".formatted(quoted(name)),
                    "Use 1 to 63 characters: a lower-case letter or underscore first, then lower-case letters, digits, underscores, dots or hyphens."
                            + " CREATE ROLE in SQL takes any other name.");
        }
        return name;
    }

    /** Whether a role's name belongs to PostgreSQL or to this platform, in any case folding. */
    static boolean isReservedRole(String name) {
        var folded = name.toLowerCase(Locale.ROOT);
        return folded.startsWith("howdah_")
                || folded.startsWith("pg_")
                || folded.equals("public")
                || folded.equals("none");
    }

    /** Whether a server could have a role of this name at all. */
    static boolean isPossibleRole(String name) {
        return !name.isEmpty()
                && name.getBytes(StandardCharsets.UTF_8).length <= ROLE_BYTES_MAX
                && name.codePoints().noneMatch(Character::isISOControl);
    }

    static String label(String label) {
        if (label.isBlank()
                || label.length() > LABEL_LENGTH_MAX
                || label.codePoints().anyMatch(Character::isISOControl)) {
            throw new PlatformException(
                    SqlState.INVALID_NAME,
                    "%s is not a label".formatted(quoted(label)),
                    "Use 1 to %d characters, not only blanks, without control characters.".formatted(LABEL_LENGTH_MAX));
        }
        return label;
    }

    static String purpose(String purpose) {
        if (!PURPOSE.matcher(purpose).matches()) {
            throw new PlatformException(
                    SqlState.INVALID_NAME,
                    "%s is not a purpose for a temporary role".formatted(quoted(purpose)),
                    "Use 1 to 100 visible ASCII characters, such as env:alice.");
        }
        return purpose;
    }

    /** For a message: shortened, control characters shown as dots. */
    static String quoted(String text) {
        var visible = text.codePoints()
                .limit(80)
                .map(c -> Character.isISOControl(c) ? '.' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
        return "\"" + visible + (text.codePointCount(0, text.length()) > 80 ? "..." : "") + "\"";
    }

    private static void refuseReserved(String name) {
        if (isReservedRole(name)) {
            throw new PlatformException(
                    SqlState.RESERVED_NAME,
                    "the role name %s is reserved".formatted(quoted(name)),
                    "Names beginning with howdah_ or pg_, and the words public and none, are not for roles of your own.");
        }
    }
}
