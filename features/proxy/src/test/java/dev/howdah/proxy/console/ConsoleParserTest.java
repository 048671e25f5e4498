package dev.howdah.proxy.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.console.ConsoleCommand.Disable;
import dev.howdah.proxy.console.ConsoleCommand.Enable;
import dev.howdah.proxy.console.ConsoleCommand.Ignored;
import dev.howdah.proxy.console.ConsoleCommand.Item;
import dev.howdah.proxy.console.ConsoleCommand.Kill;
import dev.howdah.proxy.console.ConsoleCommand.KillClient;
import dev.howdah.proxy.console.ConsoleCommand.Pause;
import dev.howdah.proxy.console.ConsoleCommand.Reconnect;
import dev.howdah.proxy.console.ConsoleCommand.Refused;
import dev.howdah.proxy.console.ConsoleCommand.Reload;
import dev.howdah.proxy.console.ConsoleCommand.Resume;
import dev.howdah.proxy.console.ConsoleCommand.Select;
import dev.howdah.proxy.console.ConsoleCommand.Set;
import dev.howdah.proxy.console.ConsoleCommand.Show;
import dev.howdah.proxy.console.ConsoleCommand.ShowSetting;
import dev.howdah.proxy.console.ConsoleCommand.Transaction;
import dev.howdah.proxy.console.ConsoleCommand.WaitClose;
import dev.howdah.testkit.SeededRandom;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleParserTest {
    private static ConsoleCommand one(String text) {
        var commands = ConsoleParser.parse(text);
        assertEquals(1, commands.size(), text);
        return commands.getFirst();
    }

    @Test
    void everyViewIsFoundInAnyCaseOfLetters() {
        for (var view : ConsoleView.values()) {
            assertEquals(new Show(view), one("SHOW " + view));
            assertEquals(new Show(view), one(" show\t" + view.name().toLowerCase(Locale.ROOT) + " ;"));
            assertEquals(new Show(view), one("select " + view));
        }
    }

    @Test
    void whatIsNoViewIsASetting() {
        assertEquals(new ShowSetting("default_pool_size"), one("SHOW default_pool_size"));
        assertEquals(new ShowSetting("timezone"), one("SHOW TIME ZONE"));
        assertEquals(new ShowSetting("transaction_isolation"), one("show transaction isolation level"));
    }

    @Test
    void commandsTakeADatabaseOrNone() {
        assertEquals(new Pause(Optional.empty()), one("PAUSE;"));
        assertEquals(new Pause(Optional.of("shop")), one("pause SHOP"));
        assertEquals(new Pause(Optional.of("My \"Shop\"")), one("pause \"My \"\"Shop\"\"\""));
        assertEquals(new Resume(Optional.of("a")), one("RESUME a"));
        assertEquals(new Reconnect(Optional.empty()), one("RECONNECT"));
        assertEquals(new Kill(Optional.of("a")), one("KILL a"));
        assertEquals(new WaitClose(Optional.empty()), one("WAIT_CLOSE"));
        assertEquals(new Disable("a"), one("DISABLE a"));
        assertEquals(new Enable("a"), one("ENABLE a"));
        assertEquals(new KillClient(4_000_000_000L), one("KILL_CLIENT 4000000000"));
        assertEquals(new Reload(), one("RELOAD"));
        assertEquals(new Refused("SHUTDOWN"), one("SHUTDOWN WAIT_FOR_CLIENTS"));
        assertEquals(new Refused("SUSPEND"), one("suspend"));
    }

    @Test
    void settingsTakeWordsNumbersAndStrings() {
        assertEquals(new Set("default_pool_size", "30"), one("SET default_pool_size = 30"));
        assertEquals(new Set("query_timeout", "30s"), one("set query_timeout=30s;"));
        assertEquals(new Set("query_timeout", "1.5 min"), one("set query_timeout to '1.5 min'"));
        assertEquals(new Set("max_pinned_per_pool", "-1"), one("SET max_pinned_per_pool = -1"));
        assertEquals(new Set("application_name", "it's"), one("SET application_name = 'it''s'"));
        assertEquals(new Set("extra_float_digits", "3"), one("SET SESSION extra_float_digits = 3"));
        assertEquals(new Set("DateStyle".toLowerCase(Locale.ROOT), "ISO, MDY"), one("SET DateStyle TO ISO, MDY"));
    }

    @Test
    void whatDriversSendByThemselvesIsUnderstood() {
        assertEquals(Transaction.BEGIN, one("BEGIN READ ONLY"));
        assertEquals(Transaction.BEGIN, one("START TRANSACTION"));
        assertEquals(Transaction.COMMIT, one("COMMIT"));
        assertEquals(Transaction.ROLLBACK, one("ROLLBACK"));
        assertEquals(new Ignored("DISCARD ALL"), one("DISCARD ALL"));
        assertEquals(new Ignored("RESET"), one("RESET ALL"));
        assertEquals(new Ignored("SET"), one("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"));
        assertEquals(new Select(new Item.Literal("1", ConsoleType.INT4)), one("SELECT 1"));
        assertEquals(new Select(new Item.Literal("x'y", ConsoleType.TEXT)), one("select 'x''y'"));
        assertEquals(new Select(new Item.Function("version")), one("-- who is it\nSELECT /* me */ version()"));
        assertEquals(new Select(new Item.Function("pg_is_in_recovery")), one("select pg_catalog.pg_is_in_recovery()"));
    }

    @Test
    void aTextHasAnyNumberOfStatements() {
        assertEquals(List.of(), ConsoleParser.parse(""));
        assertEquals(List.of(), ConsoleParser.parse(" ; ;; -- nothing"));
        assertEquals(
                List.of(new Show(ConsoleView.POOLS), new Reload(), new Pause(Optional.of(";"))),
                ConsoleParser.parse("show pools; reload;; pause \";\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SHOW",
                "SHOW pools now",
                "SELECT * FROM pg_class",
                "SELECT 1, 2",
                "SELECT nonsense()",
                "SELECT 1.5",
                "INSERT INTO a VALUES (1)",
                "PAUSE 'a'",
                "PAUSE a b",
                "DISABLE",
                "ENABLE",
                "KILL_CLIENT",
                "KILL_CLIENT x",
                "KILL_CLIENT 1 2",
                "KILL_CLIENT 99999999999999999999",
                "RELOAD now",
                "SET a",
                "SET a =",
                "SET = 1",
                "$1",
                "'text'",
                "show \"pools",
                "show pools 'open"
            })
    void whatMeansNothingIsASyntaxError(String text) {
        var refused = assertThrows(PlatformException.class, () -> ConsoleParser.parse(text), text);
        assertEquals(SqlState.SYNTAX_ERROR, refused.state());
        assertTrue(refused.hint().isPresent());
    }

    @Test
    void anyTextIsReadOrRefused() {
        var random = SeededRandom.create();
        var pieces = List.of(
                "show ",
                "pools",
                "set ",
                "a",
                "=",
                "'",
                "\"",
                "1",
                ";",
                "--",
                "/*",
                "*/",
                "$",
                "$1",
                "(",
                ")",
                "pause ",
                "\\",
                "E'",
                "kill_client ",
                "é",
                "\n",
                ".",
                "select ",
                "begin ",
                "U&\"");
        for (var i = 0; i < 20_000; i++) {
            var text = new StringBuilder();
            for (var j = random.nextInt(8); j >= 0; j--) {
                text.append(pieces.get(random.nextInt(pieces.size())));
            }
            try {
                ConsoleParser.parse(text.toString());
            } catch (PlatformException e) {
                assertEquals(SqlState.SYNTAX_ERROR, e.state(), text::toString);
            }
        }
    }
}
