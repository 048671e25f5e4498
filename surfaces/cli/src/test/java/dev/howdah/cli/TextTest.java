package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Text in and out: durations, tables, statements. */
final class TextTest {
    @Test
    void durationsHaveUnits() {
        assertEquals(Duration.ofSeconds(90), Text.duration("90"));
        assertEquals(Duration.ofMinutes(15), Text.duration("15m"));
        assertEquals(Duration.ofDays(7), Text.duration("7d"));
        for (var wrong : List.of("", "m", "-1", "1w", "1.5h", "99999999999")) {
            assertEquals(
                    ExitCode.USAGE,
                    assertThrows(CliFailure.class, () -> Text.duration(wrong)).exitCode());
        }
    }

    @Test
    void tablesAlignByColumnsOnTheScreenAndNotByCharacters() {
        var lines = Table.<String>of("NAME", name -> name)
                .and("LAST", _ -> Optional.of("x"))
                .lines(List.of("日本", "e\u0301", "plain"));
        assertEquals(List.of("NAME   LAST", "日本   x", "e\u0301      x", "plain  x"), lines);
    }

    @Test
    void statementsEndAtSemicolonsThatEndStatements() {
        var script = """
                select ';', E'\\';', ";" from t; -- a ; comment
                /* a /* nested ; */ one ; */ select $$;$$, $tag$ ; $$ ; $tag$;
                create function f() returns int begin atomic select 1; select case when true then 1 end; end;
                begin;
                create rule r as on insert to t do also (select 1; select 2);
                ;
                select 'unfinished ;
                """;
        var splitter = new StatementSplitter();
        var statements = splitter.feed(script);
        assertEquals(5, statements.size(), statements.toString());
        assertTrue(statements.get(2).startsWith("create function")
                && statements.get(2).endsWith("end"));
        assertEquals("begin", statements.get(3));
        assertFalse(splitter.isEmpty());
        assertEquals(List.of("select 'unfinished ;\n'"), splitter.feed("';"));
        assertTrue(splitter.isEmpty());
    }

    @Test
    void statementsAreTheSameHoweverTheLinesArrive() {
        var script = "select 1;\nselect $a$ x; $a$\n, 2; insert into t values ('a''b;');\n-- end\nselect 3";
        var whole = new StatementSplitter();
        var expected = new java.util.ArrayList<>(whole.feed(script));
        expected.addAll(whole.finish());
        var pieces = new StatementSplitter();
        var found = new java.util.ArrayList<String>();
        for (var line : script.split("(?<=\n)")) {
            found.addAll(pieces.feed(line));
        }
        found.addAll(pieces.finish());
        assertEquals(expected, found);
        assertEquals(4, found.size());
    }

    @Test
    void copyDataEndsAtItsMark() throws IOException {
        Iterator<String> lines = List.of("a\t1", "", "b\t2", "\\.", "select 1;").iterator();
        var reader = new CopyReader(() -> lines.hasNext() ? Optional.of(lines.next()) : Optional.empty());
        var text = new StringBuilder();
        var buffer = new char[3];
        for (var count = reader.read(buffer, 0, 3); count >= 0; count = reader.read(buffer, 0, 3)) {
            text.append(buffer, 0, count);
        }
        assertEquals("a\t1\n\nb\t2\n", text.toString());
        assertEquals("select 1;", lines.next());
    }
}
