package dev.howdah.proxy.sql;

import java.util.Optional;

/** A cursor over the tokens of one statement, for reading a grammar. A {@code take} moves on only when it matches. */
public final class SqlWords {
    private final String sql;
    private final SqlStatements.Range range;
    private final boolean standardStrings;
    private SqlLexer lexer;

    public SqlWords(String sql, SqlStatements.Range range, boolean standardStrings) {
        this.sql = sql;
        this.range = range;
        this.standardStrings = standardStrings;
        this.lexer = from(range.start());
    }

    public boolean isEnd() {
        return lexer.token() == SqlLexer.Token.END;
    }

    public boolean isString() {
        return lexer.token() == SqlLexer.Token.STRING || lexer.token() == SqlLexer.Token.DOLLAR_STRING;
    }

    public boolean isNumber() {
        return lexer.token() == SqlLexer.Token.NUMBER;
    }

    /** The keywords one after the other, or none of them. */
    public boolean take(String... keywords) {
        var before = lexer.start();
        for (var keyword : keywords) {
            if (!lexer.is(keyword)) {
                lexer = from(before);
                return false;
            }
            lexer.next();
        }
        return true;
    }

    public boolean take(char symbol) {
        var matches = lexer.is(symbol);
        if (matches) {
            lexer.next();
        }
        return matches;
    }

    /** The token as written. */
    public String raw() {
        return lexer.text();
    }

    public String takeText() {
        var text = lexer.text();
        lexer.next();
        return text;
    }

    public Optional<String> takeName() {
        if (lexer.token() != SqlLexer.Token.WORD && lexer.token() != SqlLexer.Token.QUOTED_NAME) {
            return Optional.empty();
        }
        var name = lexer.name();
        lexer.next();
        return Optional.of(name);
    }

    /** As written, up to a comma or the keyword outside parentheses, or the end; empty when nothing is there or parentheses do not match. */
    public Optional<String> takeRawUntilCommaOr(String keyword) {
        var start = lexer.start();
        var end = start;
        var depth = 0;
        while (!isEnd() && (depth > 0 || !(lexer.is(',') || lexer.is(keyword)))) {
            depth += lexer.is('(') ? 1 : lexer.is(')') ? -1 : 0;
            if (depth < 0 || lexer.token() == SqlLexer.Token.BROKEN) {
                return Optional.empty();
            }
            end = lexer.end();
            lexer.next();
        }
        return end > start && depth == 0 ? Optional.of(sql.substring(start, end)) : Optional.empty();
    }

    /** Everything that is left, as written. */
    public String rest() {
        return sql.substring(Math.min(lexer.start(), range.end()), range.end());
    }

    /** The whole statement, as written. */
    public String all() {
        return sql.substring(range.start(), range.end());
    }

    private SqlLexer from(int position) {
        var fresh = new SqlLexer(sql, position, range.end(), standardStrings);
        fresh.next();
        return fresh;
    }
}
