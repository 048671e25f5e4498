package dev.howdah.proxy.sql;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The first look at a text: whether it can be passed on without being read. Allocates nothing.
 *
 * <p>It knows nothing of strings: what stands in one is taken for SQL, so a text may be read in vain, but none that matters is missed. What it
 * relies on instead holds wherever a text is cut: a statement's first word follows a semicolon or the beginning, and a call's name stands directly
 * before its parenthesis. Comments could come between, so behind the first comment no parenthesis and no new statement passes.
 */
public final class SqlScreen {
    /** Statements that leave nothing behind and cannot hold one that does, but for the functions that they call. */
    private static final HarmlessWords STATEMENTS = new HarmlessWords(List.of(
            "abort",
            "analyze",
            "begin",
            "checkpoint",
            "commit",
            "copy",
            "delete",
            "end",
            "fetch",
            "insert",
            "lock",
            "merge",
            "move",
            "release",
            "rollback",
            "savepoint",
            "select",
            "show",
            "start",
            "table",
            "truncate",
            "update",
            "vacuum",
            "values",
            "with"));

    private static final byte NOTHING = 0;
    private static final byte PARENTHESIS = 1;
    private static final byte SEMICOLON = 2;
    private static final byte COMMENT = 3;
    private static final byte M = 4;
    private static final byte UNDERSCORE = 5;
    private static final byte AMPERSAND = 6;
    private static final byte[] KINDS = kinds();

    private SqlScreen() {}

    /**
     * True only when no rule can be concerned by what stands in {@code bytes} from {@code from} to {@code to}: it is no statement about the session
     * or about a catalog object, and calls nothing but functions known to be harmless.
     */
    public static boolean isPlain(ByteBuffer bytes, int from, int to) {
        var first = skipBeginning(bytes, from, to);
        if (first < 0 || !beginsHarmless(bytes, first, to)) {
            return false;
        }
        var commented = false;
        for (var i = first; i < to; i++) {
            switch (KINDS[bytes.get(i) & 0xff]) {
                case NOTHING -> {}
                case PARENTHESIS -> {
                    if (commented || !isHarmlessBefore(bytes, first, i)) {
                        return false;
                    }
                }
                case SEMICOLON -> {
                    if (commented || !beginsHarmless(bytes, skipBlanks(bytes, i + 1, to), to)) {
                        return false;
                    }
                }
                case COMMENT -> commented |= beginsComment(bytes, i, to);
                case M -> {
                    if (isTemporary(bytes, i, first, to)) {
                        return false;
                    }
                }
                case UNDERSCORE -> {
                    if (isSessionCatalog(bytes, i, first, to)) {
                        return false;
                    }
                }
                case AMPERSAND -> {
                    if (isUnicodeName(bytes, i, first, to)) {
                        return false;
                    }
                }
                default -> throw new AssertionError("no such kind");
            }
        }
        return true;
    }

    /** Behind blanks and comments, which nothing comes before and which are therefore surely what they look like; -1 when one does not end. */
    private static int skipBeginning(ByteBuffer bytes, int from, int to) {
        var position = skipBlanks(bytes, from, to);
        while (position < to && beginsComment(bytes, position, to)) {
            position = bytes.get(position) == '-' ? lineEnd(bytes, position, to) : commentEnd(bytes, position, to);
            if (position < 0) {
                return -1;
            }
            position = skipBlanks(bytes, position, to);
        }
        return position;
    }

    private static int skipBlanks(ByteBuffer bytes, int from, int to) {
        var position = from;
        while (position < to && isBlank(bytes.get(position))) {
            position++;
        }
        return position;
    }

    private static int lineEnd(ByteBuffer bytes, int from, int to) {
        var position = from;
        while (position < to && bytes.get(position) != '\n' && bytes.get(position) != '\r') {
            position++;
        }
        return position;
    }

    private static int commentEnd(ByteBuffer bytes, int from, int to) {
        var depth = 0;
        for (var position = from; position + 1 < to; position++) {
            if (bytes.get(position) == '/' && bytes.get(position + 1) == '*') {
                depth++;
                position++;
            } else if (bytes.get(position) == '*' && bytes.get(position + 1) == '/') {
                depth--;
                position++;
                if (depth == 0) {
                    return position + 1;
                }
            }
        }
        return -1;
    }

    /** At the first character of a statement, or at what stands instead of one. */
    private static boolean beginsHarmless(ByteBuffer bytes, int from, int to) {
        if (from >= to) {
            return true;
        }
        var end = from;
        while (end < to && continuesName(bytes.get(end))) {
            end++;
        }
        if (end > from) {
            return STATEMENTS.contains(bytes, from, end);
        }
        // Only a query may begin with a parenthesis.
        return bytes.get(from) == '(' || bytes.get(from) == ';';
    }

    private static boolean beginsComment(ByteBuffer bytes, int at, int to) {
        if (at + 1 >= to) {
            return false;
        }
        var first = bytes.get(at);
        var second = bytes.get(at + 1);
        return (first == '-' && second == '-') || (first == '/' && second == '*');
    }

    /** Whether what stands before the parenthesis makes it no call, or one of a harmless function. */
    private static boolean isHarmlessBefore(ByteBuffer bytes, int from, int parenthesis) {
        var end = skipBlanksBack(bytes, from, parenthesis);
        if (end == from) {
            return true;
        }
        var last = bytes.get(end - 1);
        if (last == '"') {
            return isTarget(bytes, from, end);
        }
        if (!continuesName(last)) {
            return true;
        }
        var start = nameStart(bytes, from, end);
        return (HarmlessWords.ALL.contains(bytes, start, end) && isUnqualified(bytes, from, start))
                || isTarget(bytes, from, end);
    }

    /** Functions of a schema other than PostgreSQL's own may have any name. */
    private static boolean isUnqualified(ByteBuffer bytes, int from, int start) {
        var before = skipBlanksBack(bytes, from, start);
        if (before == from || bytes.get(before - 1) != '.') {
            return true;
        }
        var end = skipBlanksBack(bytes, from, before - 1);
        return isWord(bytes, nameStart(bytes, from, end), end, "pg_catalog");
    }

    /** Whether the name that ends here is the table of an {@code INSERT INTO}, as written by every program that has columns to name. */
    private static boolean isTarget(ByteBuffer bytes, int from, int nameEnd) {
        var end = nameEnd;
        while (true) {
            var start = simpleNameStart(bytes, from, end);
            if (start < 0) {
                return false;
            }
            end = skipBlanksBack(bytes, from, start);
            if (end == from) {
                return false;
            }
            if (bytes.get(end - 1) != '.') {
                // A quoted name may touch the keyword, another may not.
                return (end < start || bytes.get(start) == '"')
                        && isWord(bytes, nameStart(bytes, from, end), end, "into");
            }
            end = skipBlanksBack(bytes, from, end - 1);
        }
    }

    /** Where the name begins that ends here, quoted or not, if it consists of nothing but a name's ordinary characters; else -1. */
    private static int simpleNameStart(ByteBuffer bytes, int from, int end) {
        if (end <= from) {
            return -1;
        }
        var quoted = bytes.get(end - 1) == '"';
        var start = nameStart(bytes, from, quoted ? end - 1 : end);
        for (var i = start; i < end; i++) {
            if (bytes.get(i) == '$') {
                return -1; // perhaps the end of a dollar-quoted string
            }
        }
        if (!quoted) {
            return start < end ? start : -1;
        }
        return start > from && start < end - 1 && bytes.get(start - 1) == '"' ? start - 1 : -1;
    }

    private static int nameStart(ByteBuffer bytes, int from, int end) {
        var start = end;
        while (start > from && continuesName(bytes.get(start - 1))) {
            start--;
        }
        return start;
    }

    private static int skipBlanksBack(ByteBuffer bytes, int from, int end) {
        var position = end;
        while (position > from && isBlank(bytes.get(position - 1))) {
            position--;
        }
        return position;
    }

    private static boolean isWord(ByteBuffer bytes, int start, int end, String word) {
        return end - start == word.length() && isAt(bytes, start, end, word);
    }

    /** Whether the word, given in small letters, stands here in small or capital ones. */
    private static boolean isAt(ByteBuffer bytes, int at, int to, String word) {
        if (to - at < word.length()) {
            return false;
        }
        for (var i = 0; i < word.length(); i++) {
            var b = bytes.get(at + i);
            if ((b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** TEMP or TEMPORARY around this {@code m}. */
    private static boolean isTemporary(ByteBuffer bytes, int at, int from, int to) {
        var start = at - 2;
        if (start < from || !isAt(bytes, start, to, "temp") || (start > from && continuesName(bytes.get(start - 1)))) {
            return false;
        }
        var behind = isAt(bytes, start, to, "temporary") ? start + "temporary".length() : start + "temp".length();
        return behind >= to || !continuesName(bytes.get(behind));
    }

    /** A name that begins with {@code pg_temp} or {@code pg_settings}, which can be updated, at this underscore. */
    private static boolean isSessionCatalog(ByteBuffer bytes, int at, int from, int to) {
        var start = at - 2;
        return start >= from && (isAt(bytes, start, to, "pg_temp") || isAt(bytes, start, to, "pg_settings"));
    }

    /** {@code U&"name"}, whose letters may be written as numbers. */
    private static boolean isUnicodeName(ByteBuffer bytes, int at, int from, int to) {
        return at > from && at + 1 < to && (bytes.get(at - 1) | 0x20) == 'u' && bytes.get(at + 1) == '"';
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    private static boolean continuesName(byte b) {
        return SqlLexer.continuesIdentifier((char) (b & 0xff));
    }

    private static byte[] kinds() {
        var kinds = new byte[256];
        kinds['('] = PARENTHESIS;
        kinds[';'] = SEMICOLON;
        kinds['-'] = COMMENT;
        kinds['/'] = COMMENT;
        kinds['m'] = M;
        kinds['M'] = M;
        kinds['_'] = UNDERSCORE;
        kinds['&'] = AMPERSAND;
        return kinds;
    }
}
