package dev.howdah.proxy.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.sql.ListenStatements.Listen;
import dev.howdah.proxy.sql.ListenStatements.Other;
import dev.howdah.proxy.sql.ListenStatements.Release;
import dev.howdah.proxy.sql.ListenStatements.RollbackTo;
import dev.howdah.proxy.sql.ListenStatements.Savepoint;
import dev.howdah.proxy.sql.ListenStatements.Unlisten;
import dev.howdah.proxy.sql.ListenStatements.UnlistenAll;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenStatementsTest {
    private static ListenStatements read(String sql) {
        return ListenStatements.read(sql, true).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '§', textBlock = """
            LISTEN Orders => orders => UNLISTEN Orders
            /* a */ listen /* b */ "Big ""One"" x" => Big "One" x => /* a */ UNLISTEN /* b */ "Big ""One"" x"
            listen"x" => x => UNLISTEN"x"
            """)
    void channelIsNamedAsPostgresFoldsItAndTheServerDoesNotListen(String sql, String channel, String sent) {
        var read = read(sql);
        assertEquals(List.of(new Listen(channel)), read.steps());
        assertEquals(sent, read.sql());
    }

    @ParameterizedTest
    @ValueSource(strings = {"LISTEN", "LISTEN 'a'", "LISTEN \"\"", "LISTEN \"a", "listen 1"})
    void listenThatTheServerRefusesListensToNothing(String sql) {
        var read = read(sql);
        assertEquals("UNLISTEN" + sql.substring(6), read.sql());
        assertEquals(List.of(new Other()), read.steps());
    }

    @Test
    void everyStatementOfATextHasItsStep() {
        var read = read("""
                BEGIN;; SAVEPOINT A; LISTEN a; ROLLBACK WORK TO SAVEPOINT "A"; RELEASE a; RELEASE SAVEPOINT a;
                rollback to b; UNLISTEN A; UNLISTEN *; DISCARD ALL; DISCARD PLANS; ROLLBACK; LISTEN c""");
        assertEquals(
                List.of(
                        new Other(),
                        new Savepoint("a"),
                        new Listen("a"),
                        new RollbackTo("A"),
                        new Release("a"),
                        new Release("a"),
                        new RollbackTo("b"),
                        new Unlisten("a"),
                        new UnlistenAll(),
                        new UnlistenAll(),
                        new Other(),
                        new Other(),
                        new Listen("c")),
                read.steps());
        assertEquals(List.of("a", "c"), read.channels());
        assertTrue(read.sql().contains("; UNLISTEN a; ROLLBACK WORK"));
        assertTrue(read.sql().endsWith("; UNLISTEN c"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 'LISTEN a'",
                "SELECT listen FROM a",
                "CREATE FUNCTION f() RETURNS void BEGIN ATOMIC LISTEN a; END",
                "-- LISTEN a",
                "UNLISTEN 1"
            })
    void whatIsNoListenPassesAsItIs(String sql) {
        var read = read(sql);
        assertEquals(sql, read.sql());
        assertEquals(
                List.of(),
                read.steps().stream().filter(step -> !(step instanceof Other)).toList());
    }

    @Test
    void longNamesAreCutAsTheScannerCutsThem() {
        assertEquals(List.of("x".repeat(63)), read("LISTEN " + "X".repeat(80)).channels());
        var umlauts = "ü".repeat(40);
        var channel = read(SqlText.decode(
                        ("LISTEN \"" + umlauts + "\"").getBytes(StandardCharsets.UTF_8),
                        0,
                        2 * 40 + "LISTEN \"\"".length()))
                .channels()
                .getFirst();
        assertEquals("ü".repeat(31), SqlText.readable(channel));
    }

    @Test
    void lettersBeyondAsciiAreNotFolded() {
        var bytes = "LISTEN ÄÖ".getBytes(StandardCharsets.UTF_8);
        assertEquals(
                "ÄÖ",
                SqlText.readable(
                        read(SqlText.decode(bytes, 0, bytes.length)).channels().getFirst()));
    }

    @Test
    void unicodeEscapesAreNotRead() {
        assertTrue(
                ListenStatements.read("SELECT 1; LISTEN U&\"d\\0061t\"", true).isEmpty());
    }

    @Test
    void textsWithoutTheWordsAreNotEvenRead() {
        assertFalse(ListenStatements.mayMatter("SELECT count(*) FROM listings WHERE liste = 'x'"));
        assertTrue(ListenStatements.mayMatter("begin; UnListen *"));
        assertTrue(ListenStatements.mayMatter("Discard All"));
        assertTrue(ListenStatements.mayNotify("select pg_Notify($1, $2)"));
        assertFalse(ListenStatements.mayNotify("select pg_notif"));
    }
}
