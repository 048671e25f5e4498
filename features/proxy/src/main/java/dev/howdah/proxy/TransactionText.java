package dev.howdah.proxy;

import dev.howdah.proxy.sql.SqlText;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.regex.Pattern;

/** Which texts begin or end a transaction block, as far as the loss of a server makes that matter. */
final class TransactionText {
    private static final byte[] BEGIN = {'b', 'e', 'g', 'i', 'n'};
    private static final byte[] START = {'s', 't', 'a', 'r', 't'};
    private static final String GAP = "(?:\\s|/\\*.*?\\*/|--[^\\n]*(?:\\n|$))";
    private static final Pattern END = Pattern.compile(
            (GAP + "*(ABORT|ROLLBACK|COMMIT|END)(?:" + GAP + "+(?:WORK|TRANSACTION))?(?:" + GAP + "+AND" + GAP + "+NO"
                    + GAP + "+CHAIN)?" + GAP + "*;?" + GAP + "*"),
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /** How a text ends the block that it runs in. */
    enum End {
        NONE,
        COMMIT,
        ROLLBACK
    }

    private TransactionText() {}

    /** Whether a statement of the text may begin a block; true too often does little harm. Allocates nothing. */
    static boolean mayBegin(ByteBuffer bytes, int from, int to) {
        var atStart = true;
        for (var i = from; i < to; i++) {
            var b = bytes.get(i);
            if (b == ';' || b == '\n' || (b == '/' && i > from && bytes.get(i - 1) == '*')) {
                atStart = true;
            } else if (b > ' ') {
                if (atStart && (isWord(bytes, i, to, BEGIN) || isWord(bytes, i, to, START))) {
                    return true;
                }
                atStart = false;
            }
        }
        return false;
    }

    private static boolean isWord(ByteBuffer bytes, int at, int to, byte[] word) {
        if (to - at < word.length) {
            return false;
        }
        for (var i = 0; i < word.length; i++) {
            if ((bytes.get(at + i) | 0x20) != word[i]) {
                return false;
            }
        }
        return true;
    }

    /** @param sql see {@link SqlText} */
    static End end(String sql) {
        var statement = END.matcher(sql);
        if (!statement.matches()) {
            return End.NONE;
        }
        return switch (statement.group(1).toUpperCase(Locale.ROOT)) {
            case "COMMIT", "END" -> End.COMMIT;
            default -> End.ROLLBACK;
        };
    }
}
