package dev.howdah.proxy.sql;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names as PostgreSQL reads and writes them. */
public final class SqlNames {
    private static final int NAME_BYTES_MAX = 63;
    private static final Pattern SETTING = Pattern.compile("'([A-Za-z_][\\w$]*(?:\\.[A-Za-z_][\\w$]*)+)'");

    private SqlNames() {}

    /** The name of an object at a WORD or QUOTED_NAME: folded, and cut as the scanner cuts it. */
    public static String identifier(SqlLexer lexer) {
        var name = lexer.name();
        if (name.length() <= NAME_BYTES_MAX) {
            return name;
        }
        var end = NAME_BYTES_MAX;
        while (end > 0 && (name.charAt(end) & 0xc0) == 0x80) {
            end--; // never within a letter of UTF-8
        }
        return name.substring(0, end);
    }

    /** The name of a setting that a string consists of, when it has a dot as those have that PostgreSQL does not define. */
    static Optional<String> settingIn(String literal) {
        var name = SETTING.matcher(literal);
        return name.matches() ? Optional.of(name.group(1).toLowerCase(Locale.ROOT)) : Optional.empty();
    }

    /** The name with a dot that the lexer stands on; empty for one without. */
    static Optional<String> dotted(SqlLexer lexer) {
        var name = new StringBuilder();
        while (lexer.token() == SqlLexer.Token.WORD || lexer.token() == SqlLexer.Token.QUOTED_NAME) {
            name.append(lexer.name());
            lexer.next();
            if (!lexer.is('.')) {
                break;
            }
            name.append('.');
            lexer.next();
        }
        return name.indexOf(".") > 0 ? Optional.of(name.toString().toLowerCase(Locale.ROOT)) : Optional.empty();
    }

    /** A setting's name as SQL, each of its parts quoted. */
    public static String quotedSetting(String name) {
        return "\"" + name.replace("\"", "\"\"").replace(".", "\".\"") + "\"";
    }
}
