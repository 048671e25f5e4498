package dev.howdah.proxy.sql;

import dev.howdah.proxy.sql.SqlLexer.Token;

/** What the keywords in front of a word tell about it. Sees every token of a statement in its turn. */
final class WordsBefore {
    private boolean with;
    private boolean temporary;
    private boolean target;
    private boolean update;

    void see(SqlLexer lexer) {
        with = lexer.is("WITH") || (with && lexer.is("RECURSIVE"));
        temporary = lexer.is("CREATE")
                || lexer.is("REPLACE")
                || lexer.is("LOCAL")
                || lexer.is("GLOBAL")
                || lexer.is("INTO");
        target = with
                || lexer.is("INTO")
                || lexer.is("AS")
                || lexer.is("COPY")
                || lexer.is("TABLE")
                || lexer.is("EXISTS")
                || lexer.is("REFERENCES")
                || (target && (lexer.is('.') || isName(lexer)));
        update |= lexer.is("UPDATE");
    }

    private static boolean isName(SqlLexer lexer) {
        return lexer.token() == Token.QUOTED_NAME
                || (lexer.token() == Token.WORD && !HarmlessWords.ALL.contains(lexer.text()));
    }

    /** {@code WITH} stands directly before. */
    boolean with() {
        return with;
    }

    /** A word stands directly before that TEMPORARY may follow. */
    boolean temporary() {
        return temporary;
    }

    /** A name here has columns in its parentheses, and no arguments. */
    boolean target() {
        return target;
    }

    /** {@code UPDATE} stands somewhere before. */
    boolean update() {
        return update;
    }
}
