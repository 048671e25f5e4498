package dev.howdah.proxy.sql;

import java.util.ArrayList;
import java.util.List;

/** Cuts a text into its statements, as the server's grammar does: at each {@code ;} outside parentheses and outside the body of a BEGIN ATOMIC. */
public final class SqlStatements {
    /** From the first character of the first token to behind the last token, without the semicolon. */
    public record Range(int start, int end) {}

    private SqlStatements() {}

    /** The statements in order, none of them empty. The last may end in a string or comment that does not. */
    public static List<Range> split(String sql, boolean standardStrings) {
        var ranges = new ArrayList<Range>();
        var lexer = new SqlLexer(sql, standardStrings);
        for (var first = lexer.next(); first != SqlLexer.Token.END; first = lexer.next()) {
            var start = lexer.start();
            var end = skipStatement(lexer);
            if (end > start) {
                ranges.add(new Range(start, end));
            }
            if (lexer.token() == SqlLexer.Token.BROKEN) {
                break;
            }
        }
        return ranges;
    }

    /** From the first token of a statement to its semicolon or to the end of the text. Gives where its last token ended. */
    public static int skipStatement(SqlLexer lexer) {
        var nesting = new Nesting();
        var end = lexer.start();
        while (lexer.token() != SqlLexer.Token.END && !(lexer.is(';') && nesting.isOutside())) {
            nesting.see(lexer);
            end = lexer.end();
            if (lexer.token() == SqlLexer.Token.BROKEN) {
                break;
            }
            lexer.next();
        }
        return end;
    }

    /** Where semicolons do not end the statement: the same rules as psql's, which has no grammar either. */
    private static final class Nesting {
        private int words;
        private boolean routine;
        private boolean creates;
        private int parentheses;
        private int blocks;

        boolean isOutside() {
            return parentheses == 0 && blocks == 0;
        }

        void see(SqlLexer lexer) {
            if (lexer.is('(')) {
                parentheses++;
            } else if (lexer.is(')')) {
                parentheses = Math.max(0, parentheses - 1);
            } else if (lexer.token() == SqlLexer.Token.WORD) {
                word(lexer);
            }
        }

        private void word(SqlLexer lexer) {
            words++;
            if (words == 1) {
                creates = lexer.is("CREATE");
            } else if (creates && words <= 4 && (lexer.is("FUNCTION") || lexer.is("PROCEDURE"))) {
                routine = true;
            } else if (routine && parentheses == 0) {
                block(lexer);
            }
        }

        private void block(SqlLexer lexer) {
            if (lexer.is("BEGIN") || (blocks > 0 && lexer.is("CASE"))) {
                blocks++;
            } else if (blocks > 0 && lexer.is("END")) {
                blocks--;
            }
        }
    }
}
