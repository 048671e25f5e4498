package dev.howdah.proxy.sql;

/**
 * Walks over SQL token by token as PostgreSQL's {@code scan.l} does: nested comments, all forms of strings with their continuation over lines,
 * dollar quotes, quoted identifiers. Operators come one character at a time, which is all that its readers need. Allocates nothing while it
 * walks. The text is {@link SqlText}'s: one character per byte.
 */
public final class SqlLexer {
    public enum Token {
        /** Nothing follows. */
        END,
        /** A string, quoted name or comment does not end: the server will refuse the text. */
        BROKEN,
        /** A keyword or an unquoted name. */
        WORD,
        /** {@code "name"}. */
        QUOTED_NAME,
        /** {@code U&"name"}, whose escapes are not read here. */
        UNICODE_NAME,
        /** Any string but a dollar-quoted one, with its prefix and its continuations. */
        STRING,
        DOLLAR_STRING,
        NUMBER,
        /** {@code $1}. */
        PARAMETER,
        /** Any other single character. */
        SYMBOL
    }

    private final String sql;
    private final boolean standardStrings;
    private final int limit;
    private Token token = Token.END;
    private int start;
    private int end;

    /** @param standardStrings the session's {@code standard_conforming_strings} */
    public SqlLexer(String sql, boolean standardStrings) {
        this(sql, 0, sql.length(), standardStrings);
    }

    public SqlLexer(String sql, int from, int to, boolean standardStrings) {
        this.sql = sql;
        this.standardStrings = standardStrings;
        this.limit = to;
        this.end = from;
    }

    public static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    public static boolean startsIdentifier(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    }

    public static boolean continuesIdentifier(char c) {
        return startsIdentifier(c) || isDigit(c) || c == '$';
    }

    /** Moves to the next token. After {@link Token#END} and {@link Token#BROKEN} it stays there. */
    public Token next() {
        start = end;
        token = skipBlank() ? scan() : Token.BROKEN;
        return token;
    }

    public Token token() {
        return token;
    }

    public int start() {
        return start;
    }

    public int end() {
        return end;
    }

    /** The token as written. */
    public String text() {
        return sql.substring(start, end);
    }

    /** Whether the token is this keyword or unquoted name, given in capitals. */
    public boolean is(String word) {
        return token == Token.WORD
                && end - start == word.length()
                && sql.regionMatches(true, start, word, 0, word.length());
    }

    public boolean is(char symbol) {
        return token == Token.SYMBOL && sql.charAt(start) == symbol;
    }

    /** The name that a WORD or QUOTED_NAME means: folded to small letters, or without its quotes; not cut to the length that names have. */
    public String name() {
        return switch (token) {
            case WORD -> fold(text());
            case QUOTED_NAME -> sql.substring(start + 1, end - 1).replace("\"\"", "\"");
            default -> throw new IllegalStateException("not a name: " + token);
        };
    }

    /** Letters beyond ASCII stay as they are, as in every encoding of more than one byte. */
    private static String fold(String word) {
        var folded = new StringBuilder(word);
        for (var i = 0; i < folded.length(); i++) {
            var c = folded.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded.setCharAt(i, (char) (c + 'a' - 'A'));
            }
        }
        return folded.toString();
    }

    /** Where a DOLLAR_STRING's content begins; it ends as many characters before the token's end. */
    public int contentStart() {
        return sql.indexOf('$', start + 1) + 1;
    }

    public int contentEnd() {
        return end - (contentStart() - start);
    }

    private Token scan() {
        if (start >= limit) {
            end = limit;
            return Token.END;
        }
        var c = sql.charAt(start);
        if (startsIdentifier(c)) {
            return wordOrPrefixedString(c);
        }
        return switch (c) {
            case '\'' -> string(start + 1, !standardStrings);
            case '"' -> quotedName(start + 1, Token.QUOTED_NAME);
            case '$' -> dollar();
            default -> isDigit(c) || (c == '.' && isDigit(at(start + 1))) ? number() : symbol();
        };
    }

    private Token symbol() {
        end = start + 1;
        return Token.SYMBOL;
    }

    private Token wordOrPrefixedString(char c) {
        var second = at(start + 1);
        if (second == '\'') {
            switch (c) {
                case 'e', 'E' -> {
                    return string(start + 2, true);
                }
                case 'b', 'B', 'x', 'X' -> {
                    return string(start + 2, false);
                }
                case 'n', 'N' -> {
                    return string(start + 2, !standardStrings);
                }
                default -> {} // a word that touches a string
            }
        } else if (second == '&' && (c == 'u' || c == 'U')) {
            if (at(start + 2) == '\'') {
                return string(start + 3, false);
            }
            if (at(start + 2) == '"') {
                return quotedName(start + 3, Token.UNICODE_NAME);
            }
        }
        end = start + 1;
        while (end < limit && continuesIdentifier(sql.charAt(end))) {
            end++;
        }
        return Token.WORD;
    }

    /** From behind the opening quote. After a closing one the string goes on if only blanks with a line end lie before the next quote. */
    private Token string(int from, boolean backslashes) {
        var position = from;
        while (position < limit) {
            var c = sql.charAt(position);
            if (c == '\\' && backslashes) {
                position += 2;
            } else if (c != '\'') {
                position++;
            } else if (at(position + 1) == '\'') {
                position += 2;
            } else {
                var next = continuation(position + 1);
                if (next < 0) {
                    end = position + 1;
                    return Token.STRING;
                }
                position = next;
            }
        }
        return broken();
    }

    /** Behind the quote that continues a string which ended before {@code from}, or -1. Only line comments may lie between, as in scan.l. */
    private int continuation(int from) {
        var position = from;
        var newLine = false;
        while (position < limit) {
            var c = sql.charAt(position);
            if (c == '\'') {
                return newLine ? position + 1 : -1;
            }
            if (c == '-' && at(position + 1) == '-') {
                position = lineEnd(position);
            } else if (isSpace(c)) {
                newLine |= c == '\n' || c == '\r';
                position++;
            } else {
                return -1;
            }
        }
        return -1;
    }

    private Token quotedName(int from, Token kind) {
        var position = from;
        while (position < limit) {
            if (sql.charAt(position) != '"') {
                position++;
            } else if (at(position + 1) == '"') {
                position += 2;
            } else {
                end = position + 1;
                return kind;
            }
        }
        return broken();
    }

    private Token dollar() {
        if (isDigit(at(start + 1))) {
            end = start + 2;
            while (isDigit(at(end))) {
                end++;
            }
            return Token.PARAMETER;
        }
        var position = start + 1;
        while (position < limit && sql.charAt(position) != '$' && continuesIdentifier(sql.charAt(position))) {
            position++;
        }
        if (at(position) != '$') {
            return symbol();
        }
        var delimiter = position + 1 - start;
        var close = position + 1;
        while (close + delimiter <= limit && !sql.regionMatches(start, sql, close, delimiter)) {
            close++;
        }
        if (close + delimiter > limit) {
            return broken();
        }
        end = close + delimiter;
        return Token.DOLLAR_STRING;
    }

    /** Takes letters along: {@code 1abc} is an error to the server, and no word to us. */
    private Token number() {
        end = start + 1;
        while (end < limit) {
            var c = sql.charAt(end);
            var fraction = c == '.' && isDigit(at(end + 1));
            var exponentSign = (c == '+' || c == '-') && isDecimalExponent();
            if (!fraction && !exponentSign && !startsIdentifier(c) && !isDigit(c)) {
                break;
            }
            end++;
        }
        return Token.NUMBER;
    }

    private boolean isDecimalExponent() {
        var before = sql.charAt(end - 1);
        var hexadecimal = end - start > 1 && (sql.charAt(start + 1) == 'x' || sql.charAt(start + 1) == 'X');
        return (before == 'e' || before == 'E') && !hexadecimal && isDigit(at(end + 1));
    }

    private Token broken() {
        end = limit;
        return Token.BROKEN;
    }

    /** Moves {@link #start} to the next token; false when a comment does not end. */
    private boolean skipBlank() {
        if (token == Token.BROKEN) {
            return false;
        }
        while (start < limit) {
            var c = sql.charAt(start);
            if (isSpace(c)) {
                start++;
            } else if (c == '-' && at(start + 1) == '-') {
                start = lineEnd(start);
            } else if (c == '/' && at(start + 1) == '*') {
                start = commentEnd(start + 2);
                if (start < 0) {
                    start = limit;
                    end = limit;
                    return false;
                }
            } else {
                return true;
            }
        }
        return true;
    }

    private int lineEnd(int from) {
        var position = from;
        while (position < limit && sql.charAt(position) != '\n' && sql.charAt(position) != '\r') {
            position++;
        }
        return position;
    }

    private int commentEnd(int from) {
        var depth = 1;
        var position = from;
        while (position < limit) {
            if (sql.charAt(position) == '*' && at(position + 1) == '/') {
                position += 2;
                if (--depth == 0) {
                    return position;
                }
            } else if (sql.charAt(position) == '/' && at(position + 1) == '*') {
                position += 2;
                depth++;
            } else {
                position++;
            }
        }
        return -1;
    }

    private char at(int position) {
        return position < limit ? sql.charAt(position) : '\0';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
