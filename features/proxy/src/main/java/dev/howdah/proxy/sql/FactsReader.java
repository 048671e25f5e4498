package dev.howdah.proxy.sql;

import dev.howdah.proxy.sql.SqlLexer.Token;
import dev.howdah.proxy.sql.StatementFacts.Named;
import dev.howdah.proxy.sql.StatementFacts.Pin;
import dev.howdah.proxy.sql.StatementFacts.Use;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads {@link StatementFacts} from a text (see {@link SqlText}), statement by statement. */
public final class FactsReader {
    private static final int CONSTRUCT_CHARS_MAX = 63;

    private final String sql;
    private final boolean standardStrings;
    private final Map<PinKind, Pin> pins = new EnumMap<>(PinKind.class);
    private final Set<String> customNames = new HashSet<>();
    private final List<Named> named = new ArrayList<>();
    private boolean mayEndPin;
    private boolean mayChangeSettings;
    private boolean callsUnknown;
    private boolean notifies;
    private boolean discardsAll;
    private @Nullable SettingStatement setting;

    private FactsReader(String sql, boolean standardStrings) {
        this.sql = sql;
        this.standardStrings = standardStrings;
    }

    /** @param standardStrings the session's {@code standard_conforming_strings} */
    public static StatementFacts read(String sql, boolean standardStrings) {
        var reader = new FactsReader(sql, standardStrings);
        var ranges = SqlStatements.split(sql, standardStrings);
        for (var i = 0; i < ranges.size(); i++) {
            reader.statement(ranges.get(i), i);
        }
        return reader.facts(ranges.size() == 1);
    }

    /** Of a text too long to be read: it may do anything. */
    public static StatementFacts unread() {
        var reader = new FactsReader("", true);
        reader.pin(PinKind.UNREADABLE, "a text of this length");
        reader.mayChangeSettings = true;
        reader.mayEndPin = true;
        reader.callsUnknown = true;
        return reader.facts(false);
    }

    private StatementFacts facts(boolean single) {
        if (mayChangeSettings) {
            customNamesInStrings();
        }
        var facts = new StatementFacts(
                List.copyOf(pins.values()),
                mayEndPin,
                mayChangeSettings,
                single ? Optional.ofNullable(setting) : Optional.empty(),
                customNames,
                callsUnknown,
                notifies,
                discardsAll,
                named);
        return facts.isNothing() ? StatementFacts.NONE : facts;
    }

    // One statement

    private void statement(SqlStatements.Range range, int index) {
        var lexer = new SqlLexer(sql, range.start(), range.end(), standardStrings);
        if (lexer.next() != Token.WORD) {
            rest(lexer, false);
            return;
        }
        var first = lexer.text().toUpperCase(Locale.ROOT);
        switch (first) {
            case "SET" -> setting(SettingStatement.ofSet(sql, range, standardStrings), "SET ");
            case "RESET" -> setting(SettingStatement.ofReset(sql, range, standardStrings), "RESET ");
            case "LISTEN" -> pin(PinKind.LISTEN, first);
            case "UNLISTEN", "CLOSE", "DROP" -> mayEndPin = true;
            case "NOTIFY" -> notifies = true;
            case "LOAD" -> pin(PinKind.ENDLESS, first);
            case "PREPARE" -> prepare(lexer);
            case "DISCARD" -> discard(lexer);
            case "DEALLOCATE" -> deallocate(lexer, range, index);
            case "DO" -> code(lexer);
            case "CALL" -> {
                callsUnknown = true;
                rest(lexer, false);
            }
            case "EXECUTE", "EXPLAIN", "CREATE" -> {
                execute(range, index);
                rest(lexer, first.equals("EXPLAIN"));
            }
            default -> rest(lexer, false);
        }
    }

    private void setting(SettingStatement.Meaning meaning, String verb) {
        switch (meaning) {
            case SettingStatement.Meaning.One(var one) -> {
                mayChangeSettings = true;
                setting = one;
                custom(one.name());
            }
            case SettingStatement.Meaning.Some(var name) -> {
                mayChangeSettings = true;
                name.ifPresent(this::custom);
            }
            case SettingStatement.Meaning.Role() -> {
                pin(PinKind.ROLE, verb + "ROLE");
                mayEndPin = true;
            }
            case SettingStatement.Meaning.Seed() -> pin(PinKind.ENDLESS, verb + "seed");
            case SettingStatement.Meaning.Nothing() -> {}
        }
    }

    private void custom(String name) {
        if (name.indexOf('.') > 0) {
            customNames.add(name);
        }
    }

    private void prepare(SqlLexer lexer) {
        lexer.next();
        if (!lexer.is("TRANSACTION")) {
            pin(PinKind.SQL_PREPARE, "PREPARE");
        }
        rest(lexer, false);
    }

    private void discard(SqlLexer lexer) {
        lexer.next();
        mayEndPin = true;
        if (lexer.is("ALL")) {
            discardsAll = true;
            mayChangeSettings = true;
        }
    }

    private void deallocate(SqlLexer lexer, SqlStatements.Range range, int index) {
        mayEndPin = true;
        lexer.next();
        if (lexer.is("PREPARE")) {
            var behind = new SqlLexer(sql, lexer.end(), range.end(), standardStrings);
            if (behind.next() != Token.END) {
                lexer.next();
            }
        }
        if (lexer.is("ALL")) {
            var here = new SqlStatements.Range(lexer.start(), lexer.end());
            named.add(new Named(Use.DEALLOCATE_ALL, "", index, range, here));
        } else {
            named(Use.DEALLOCATE, lexer, range, index);
        }
    }

    /** EXECUTE may be the statement itself, or what another explains or makes a table of. */
    private void execute(SqlStatements.Range range, int index) {
        var lexer = new SqlLexer(sql, range.start(), range.end(), standardStrings);
        for (var token = lexer.next(); token != Token.END && token != Token.BROKEN; token = lexer.next()) {
            if (lexer.is("EXECUTE")) {
                lexer.next();
                if (!lexer.is("FUNCTION") && !lexer.is("PROCEDURE")) { // of a trigger
                    callsUnknown = true;
                    named(Use.EXECUTE, lexer, range, index);
                }
                return;
            }
        }
    }

    private void named(Use use, SqlLexer lexer, SqlStatements.Range range, int index) {
        if (lexer.token() == Token.WORD || lexer.token() == Token.QUOTED_NAME) {
            var here = new SqlStatements.Range(lexer.start(), lexer.end());
            named.add(new Named(use, SqlNames.identifier(lexer), index, range, here));
        } else if (lexer.token() == Token.UNICODE_NAME) {
            pin(PinKind.UNREADABLE, lexer.text());
        }
    }

    // What may stand anywhere in a statement

    /** @param anyWord whether statements may be nested here, so that a word counts wherever it stands */
    private void rest(SqlLexer lexer, boolean anyWord) {
        var before = new WordsBefore();
        for (; lexer.token() != Token.END; lexer.next()) {
            switch (lexer.token()) {
                case BROKEN -> {
                    pin(PinKind.UNREADABLE, "a text that cannot be read");
                    return;
                }
                case UNICODE_NAME -> pin(PinKind.UNREADABLE, lexer.text());
                case WORD -> {
                    word(lexer, before, anyWord);
                    name(lexer, before);
                }
                case QUOTED_NAME -> name(lexer, before);
                default -> {}
            }
            before.see(lexer);
        }
    }

    private void word(SqlLexer lexer, WordsBefore before, boolean anyWord) {
        if (lexer.is("TEMP") || lexer.is("TEMPORARY")) {
            if (anyWord || (before.temporary() && isTemporaryObject(lexer))) {
                pin(PinKind.TEMP_TABLE, "TEMPORARY");
            }
        } else if (lexer.is("HOLD") && (anyWord || before.with())) {
            pin(PinKind.HOLDABLE_CURSOR, "WITH HOLD");
        }
    }

    /** TEMP may also be a name, as in {@code INSERT INTO temp (a)}. As a keyword a word follows it. */
    private boolean isTemporaryObject(SqlLexer lexer) {
        var behind = new SqlLexer(sql, lexer.end(), sql.length(), standardStrings).next();
        return switch (behind) {
            case WORD, QUOTED_NAME, UNICODE_NAME -> true;
            default -> false;
        };
    }

    private void name(SqlLexer lexer, WordsBefore before) {
        var length = lexer.end() - lexer.start();
        var first = sql.charAt(lexer.start());
        if (length >= "pg_temp".length() && (first == 'p' || first == 'P' || first == '"')) {
            var name = lexer.name();
            if (name.startsWith("pg_temp")) {
                pin(PinKind.TEMP_TABLE, name);
            }
            mayChangeSettings |= before.update() && name.equals("pg_settings"); // its rule calls set_config
        }
        var behind = new SqlLexer(sql, lexer.end(), sql.length(), standardStrings);
        behind.next();
        if (behind.is('(') && !before.target()) {
            call(lexer);
        }
    }

    /** At the name of a function, or at a keyword. */
    private void call(SqlLexer lexer) {
        var ofWord = lexer.token() == Token.WORD;
        var name = lexer.name();
        var effect = SessionFunctions.effect(name);
        if (effect.isPresent()) {
            switch (effect.get()) {
                case SETTING -> setConfig(lexer);
                case LOCK -> pin(PinKind.ADVISORY_LOCK, name);
                case UNLOCK -> mayEndPin = true;
                case ENDLESS -> pin(PinKind.ENDLESS, name);
                case NOTIFY -> notifies = true;
                case RUNS_TEXT -> callsUnknown = true;
            }
        } else if (name.startsWith("dblink_connect")) {
            pin(PinKind.ENDLESS, name);
        } else if (!ofWord || !HarmlessWords.ALL.contains(name) || isForeign(lexer)) {
            callsUnknown = true;
        }
    }

    /** Functions of a schema other than PostgreSQL's own may have any name. */
    private boolean isForeign(SqlLexer lexer) {
        var before = lexer.start() - 1;
        while (before >= 0 && SqlLexer.isSpace(sql.charAt(before))) {
            before--;
        }
        if (before < 0 || sql.charAt(before) != '.') {
            return false;
        }
        var schema = "pg_catalog";
        return before < schema.length()
                || !sql.regionMatches(true, before - schema.length(), schema, 0, schema.length());
    }

    private void setConfig(SqlLexer lexer) {
        var call = SetConfigCall.read(new SqlLexer(sql, lexer.end(), sql.length(), standardStrings));
        if (call.local()) {
            return;
        }
        mayChangeSettings = true;
        if (call.name().isEmpty()) {
            pin(PinKind.HIDDEN_SETTING, "set_config");
            callsUnknown = true;
            return;
        }
        switch (call.name().get()) {
            case "role", "session_authorization" -> {
                pin(PinKind.ROLE, "set_config");
                mayEndPin = true;
            }
            case "seed" -> pin(PinKind.ENDLESS, "set_config");
            default -> custom(call.name().get());
        }
    }

    /** Names that functions such as set_config may be given in a roundabout way. */
    private void customNamesInStrings() {
        var lexer = new SqlLexer(sql, standardStrings);
        for (var token = lexer.next(); token != Token.END && token != Token.BROKEN; token = lexer.next()) {
            if (token == Token.STRING) {
                SqlNames.settingIn(lexer.text()).ifPresent(customNames::add);
            }
        }
    }

    // DO

    /** A DO block in another language than PL/pgSQL is not read, nor one in a string of the older kind. */
    private void code(SqlLexer lexer) {
        for (lexer.next(); lexer.token() != Token.END; lexer.next()) {
            switch (lexer.token()) {
                case DOLLAR_STRING -> body(lexer.contentStart(), lexer.contentEnd());
                case WORD -> {
                    if (lexer.is("LANGUAGE")) {
                        lexer.next();
                        if (!lexer.is("PLPGSQL")) {
                            unread("DO");
                        }
                    }
                }
                default -> unread("DO");
            }
        }
    }

    private void unread(String construct) {
        pin(PinKind.UNREADABLE, construct);
        callsUnknown = true;
        mayChangeSettings = true;
        mayEndPin = true;
    }

    private void body(int from, int to) {
        var lexer = new SqlLexer(sql, from, to, standardStrings);
        for (lexer.next(); lexer.token() != Token.END && lexer.token() != Token.BROKEN; lexer.next()) {
            if (lexer.token() == Token.WORD) {
                codeWord(lexer, to);
            }
        }
        var again = new SqlLexer(sql, from, to, standardStrings);
        again.next();
        rest(again, true);
    }

    private void codeWord(SqlLexer lexer, int to) {
        if (lexer.is("EXECUTE")) {
            unread("EXECUTE");
        } else if (lexer.is("SET") || lexer.is("RESET")) {
            mayChangeSettings = true;
            var words = new SqlLexer(sql, lexer.end(), to, standardStrings);
            words.next();
            if (words.is("ROLE") || (words.is("SESSION") && words.next() == Token.WORD && words.is("AUTHORIZATION"))) {
                pin(PinKind.ROLE, "SET ROLE");
            }
            SqlNames.dotted(words).ifPresent(customNames::add);
        } else if (lexer.is("LISTEN")) {
            pin(PinKind.LISTEN, "LISTEN");
        } else if (lexer.is("NOTIFY")) {
            notifies = true;
        } else if (lexer.is("LOAD")) {
            pin(PinKind.ENDLESS, "LOAD");
        } else if (lexer.is("PREPARE")) {
            pin(PinKind.SQL_PREPARE, "PREPARE");
        } else if (lexer.is("DROP") || lexer.is("DEALLOCATE") || lexer.is("DISCARD") || lexer.is("UNLISTEN")) {
            mayEndPin = true;
        }
    }

    private void pin(PinKind kind, String construct) {
        var shown = construct.length() > CONSTRUCT_CHARS_MAX ? construct.substring(0, CONSTRUCT_CHARS_MAX) : construct;
        pins.putIfAbsent(kind, new Pin(kind, shown));
    }
}
