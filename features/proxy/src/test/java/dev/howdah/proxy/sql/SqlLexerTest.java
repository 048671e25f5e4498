package dev.howdah.proxy.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.howdah.proxy.sql.SqlLexer.Token;
import dev.howdah.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlLexerTest {
    /** The text, and its tokens joined by a tilde. */
    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            select 1                          => select~1
            a -- b ; 'c'                      => a
            a /* b /* c ; */ ' */ d           => a~d
            a - -1                            => a~-~-~1
            a*/**/b                           => a~*~b
            'it''s' x                         => 'it''s'~x
            'a\\' x                           => 'a\\'~x
            E'a\\'b' x                        => E'a\\'b'~x
            e'a\\\\' x                        => e'a\\\\'~x
            abce'f'                           => abce~'f'
            B'01'X'1F'                        => B'01'~X'1F'
            U&'d\\0061t' UESCAPE '!'          => U&'d\\0061t'~UESCAPE~'!'
            "a""b;" c                         => "a""b;"~c
            U&"a;"";" c                       => U&"a;"";"~c
            u & "a"                           => u~&~"a"
            $$a;'$$ b                         => $$a;'$$~b
            $x$ $$ ; $y$ $x$;b                => $x$ $$ ; $y$ $x$~;~b
            a$$b$$c                           => a$$b$$c
            $1$2 $1a                          => $1~$2~$1~a
            1.5e-10+1_000 0x1F-5 .5 1..2      => 1.5e-10~+~1_000~0x1F~-~5~.5~1~.~.2
            1e5x'a'                           => 1e5x~'a'
            a::int[]                          => a~:~:~int~[~]
            N'a\\'                            => N'a\\'
            """)
    void readsWhatPostgresReads(String sql, String tokens) {
        assertEquals(tokens, String.join("~", texts(sql, true)));
    }

    @Test
    void aStringGoesOnAfterALineEndAndKeepsItsKind() {
        assertEquals(List.of("E'a'\n  'b\\'c'", "d"), texts("E'a'\n  'b\\'c' d", true));
        assertEquals(List.of("'a' -- x ' y\n 'b'", "c"), texts("'a' -- x ' y\n 'b' c", true));
        assertEquals(List.of("'a'", "'b'"), texts("'a' 'b'", true));
        assertEquals(List.of("'a'", "'b'"), texts("'a' /* \n */ 'b'", true));
    }

    @Test
    void backslashesEscapeInPlainStringsOnlyWhenStringsAreNotStandard() {
        assertEquals(List.of("'a\\'", ";", "b"), texts("'a\\' ; b", true));
        assertEquals(List.of("'a\\' ; b'", "c"), texts("'a\\' ; b' c", false));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '§', textBlock = """
            'a
            "a
            $$a
            $x$a$X$
            /* a /* */
            E'a\\'
            U&"a
            """)
    void whatDoesNotEndIsBroken(String sql) {
        var lexer = new SqlLexer("x " + sql, true);
        assertEquals(Token.WORD, lexer.next());
        assertEquals(Token.BROKEN, lexer.next());
        assertEquals(Token.BROKEN, lexer.next());
    }

    @Test
    void namesAreFoldedOrUnquoted() {
        assertEquals("abc", first("aBc").name());
        assertEquals("aB\"c", first("\"aB\"\"c\"").name());
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            a; b ;;c;                                                                   => a|b|c
            create rule r as on insert to t do (delete from a; delete from b); x        => create rule r as on insert to t do (delete from a; delete from b)|x
            create function f() returns int begin atomic select 1; select 2; end; x     => create function f() returns int begin atomic select 1; select 2; end|x
            create or replace procedure p() begin atomic select case when a then b end; end; x => create or replace procedure p() begin atomic select case when a then b end; end|x
            begin; select 1; end; x                                                     => begin|select 1|end|x
            do $$begin a; b; end$$; x                                                   => do $$begin a; b; end$$|x
            create table t (begin int); x                                               => create table t (begin int)|x
            -- only a comment                                                           => §§
            a; 'b; c                                                                    => a|'b; c
            """)
    void splitsAsTheServerDoes(String sql, String statements) {
        assertEquals(statements, String.join("|", split(sql)));
    }

    @Test
    void joinedStatementsSplitIntoThemselvesAgain() {
        var pieces = List.of(
                "a",
                "B",
                "''",
                "';'",
                "E'\\';'",
                "\";\"",
                "$$;$$",
                "$q$ $$ ; $q$",
                "/* ; /* ; */ */",
                "--;\n",
                "1.5e+3",
                "$1",
                "(",
                ")",
                "+",
                "x$y",
                "U&'\\;'",
                "e",
                "N'a'",
                ",",
                "::",
                "0x1f",
                "\t",
                "'a'\n';'",
                "\u00e9");
        var random = SeededRandom.create();
        for (var round = 0; round < 2_000; round++) {
            var statements = new ArrayList<String>();
            for (var i = random.nextInt(1, 5); i > 0; i--) {
                statements.add(statement(pieces, random));
            }
            var text = String.join(" ; ", statements);
            assertEquals(statements, split(text), "howdah.seed=" + random.seed() + ": " + text);
            assertEquals(texts(text, true), texts(String.join(" ", texts(text, true)), true), text);
        }
    }

    @Test
    void anyBytesEndWithoutAnError() {
        var random = SeededRandom.create();
        var alphabet = "'\"$\\/*-;(e E U&x1.\n\0";
        for (var round = 0; round < 5_000; round++) {
            var text = random.ints(random.nextInt(0, 30), 0, alphabet.length())
                    .mapToObj(i -> alphabet.substring(i, i + 1))
                    .collect(Collectors.joining());
            SqlStatements.split(text, random.nextBoolean());
            FactsReader.read(text, random.nextBoolean());
            StatementGuard.inspect("create publication " + text + ";drop event trigger" + text, true);
        }
    }

    /** Balanced, beginning and ending with something that is no blank. */
    private static String statement(List<String> pieces, SeededRandom random) {
        var text = new StringBuilder("s");
        var open = 0;
        for (var i = random.nextInt(0, 8); i > 0; i--) {
            var piece = pieces.get(random.nextInt(pieces.size()));
            if (piece.equals(")") && open == 0) {
                continue;
            }
            open += piece.equals("(") ? 1 : piece.equals(")") ? -1 : 0;
            text.append(' ').append(piece);
        }
        return text.append(" )".repeat(open)).append(" z").toString();
    }

    private static List<String> split(String sql) {
        return SqlStatements.split(sql, true).stream()
                .map(range -> sql.substring(range.start(), range.end()))
                .toList();
    }

    private static SqlLexer first(String sql) {
        var lexer = new SqlLexer(sql, true);
        lexer.next();
        return lexer;
    }

    private static List<String> texts(String sql, boolean standardStrings) {
        var lexer = new SqlLexer(sql, standardStrings);
        var texts = new ArrayList<String>();
        while (lexer.next() != Token.END && lexer.token() != Token.BROKEN) {
            texts.add(lexer.text());
        }
        return texts;
    }
}
