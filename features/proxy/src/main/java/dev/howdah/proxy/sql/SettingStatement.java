package dev.howdah.proxy.sql;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A statement that makes one setting of the session, or takes it back.
 *
 * @param name in small letters
 * @param sql the statement, to be run on another server connection; empty when it takes the setting back
 */
public record SettingStatement(String name, Optional<String> sql) {
    private static final int TEXT_CHARS_MAX = 1_000;

    /** Settings of the transaction, not of the session. */
    private static final Set<String> OF_TRANSACTION =
            Set.of("transaction_isolation", "transaction_read_only", "transaction_deferrable");

    /** What a SET or RESET does. */
    sealed interface Meaning {
        /** Makes or resets a setting, by a value that can be repeated anywhere. */
        record One(SettingStatement setting) implements Meaning {}

        /** Changes settings in a way to be asked for; {@code name} is known where there is but one. */
        record Some(Optional<String> name) implements Meaning {}

        /** Changes who one is. */
        record Role() implements Meaning {}

        record Seed() implements Meaning {}

        /** Lasts as long as the transaction, or is none. */
        record Nothing() implements Meaning {}
    }

    private static final Meaning NOTHING = new Meaning.Nothing();
    private static final Meaning SOME = new Meaning.Some(Optional.empty());

    /** Reads a statement whose first word is SET. */
    static Meaning ofSet(String sql, SqlStatements.Range range, boolean standardStrings) {
        var words = new SqlWords(sql, range, standardStrings);
        words.take("SET");
        if (words.take("SESSION")) {
            if (words.take("CHARACTERISTICS")) {
                return SOME;
            }
            if (words.take("AUTHORIZATION")) {
                return new Meaning.Role();
            }
        } else if (words.take("LOCAL")) {
            return NOTHING;
        }
        if (words.take("TRANSACTION") || words.take("CONSTRAINTS")) {
            return NOTHING;
        }
        return special(words).map(name -> oneOf(name, words, false)).orElseGet(() -> variable(words));
    }

    /** Reads a statement whose first word is RESET. */
    static Meaning ofReset(String sql, SqlStatements.Range range, boolean standardStrings) {
        var words = new SqlWords(sql, range, standardStrings);
        words.take("RESET");
        if (words.take("ALL")) {
            return SOME;
        }
        if (words.take("SESSION", "AUTHORIZATION")) {
            return new Meaning.Role();
        }
        if (words.take("TIME", "ZONE")) {
            return words.isEnd() ? reset("timezone") : SOME;
        }
        if (words.take("TRANSACTION", "ISOLATION", "LEVEL")) {
            return NOTHING;
        }
        var name = name(words);
        return name.map(each -> words.isEnd() ? named(each, reset(each)) : SOME).orElse(SOME);
    }

    /** The settings that SQL has words of its own for. */
    private static Optional<String> special(SqlWords words) {
        if (words.take("TIME", "ZONE")) {
            return Optional.of("timezone");
        }
        if (words.take("NAMES")) {
            return Optional.of("client_encoding");
        }
        if (words.take("SCHEMA")) {
            return Optional.of("search_path");
        }
        return words.take("XML", "OPTION") ? Optional.of("xmloption") : Optional.empty();
    }

    private static Meaning variable(SqlWords words) {
        var name = name(words);
        if (name.isEmpty()) {
            return SOME;
        }
        // SET ROLE x has no sign between; every other name has one.
        if (name.get().equals("role") || name.get().equals("session_authorization")) {
            return new Meaning.Role();
        }
        if (!words.take('=') && !words.take("TO")) {
            return new Meaning.Some(name);
        }
        return named(name.get(), oneOf(name.get(), words, true));
    }

    private static Meaning named(String name, Meaning otherwise) {
        if (name.equals("role") || name.equals("session_authorization")) {
            return new Meaning.Role();
        }
        if (name.equals("seed")) {
            return new Meaning.Seed();
        }
        return OF_TRANSACTION.contains(name) ? NOTHING : otherwise;
    }

    /** In front of the value. */
    private static Meaning oneOf(String name, SqlWords words, boolean list) {
        if (words.isEnd() || words.take("DEFAULT") || (!list && words.take("LOCAL"))) {
            return words.isEnd() ? reset(name) : new Meaning.Some(Optional.of(name));
        }
        var repeatable = takeValue(words);
        while (list && repeatable && words.take(',')) {
            repeatable = takeValue(words);
        }
        var sql = words.all();
        if (!repeatable || !words.isEnd() || sql.length() > TEXT_CHARS_MAX || !SqlText.isAscii(sql)) {
            return new Meaning.Some(Optional.of(name));
        }
        return new Meaning.One(new SettingStatement(name, Optional.of(sql)));
    }

    /** False for one that is not the same everywhere: strings with backslashes depend on another setting. */
    private static boolean takeValue(SqlWords words) {
        if (words.isString()) {
            var text = words.takeText();
            return text.charAt(0) == '\'' && text.indexOf('\\') < 0;
        }
        if (words.take('-') || words.take('+')) {
            return words.isNumber() && !words.takeText().isEmpty();
        }
        if (words.isNumber()) {
            words.takeText();
            return true;
        }
        if (words.take("DEFAULT") || words.take("INTERVAL")) {
            return false;
        }
        return words.takeName().isPresent();
    }

    private static Meaning reset(String name) {
        return new Meaning.One(new SettingStatement(name, Optional.empty()));
    }

    private static Optional<String> name(SqlWords words) {
        var first = words.takeName();
        if (first.isEmpty()) {
            return Optional.empty();
        }
        var whole = new StringBuilder(first.get());
        while (words.take('.')) {
            var next = words.takeName();
            if (next.isEmpty()) {
                return Optional.empty();
            }
            whole.append('.').append(next.get());
        }
        return Optional.of(whole.toString().toLowerCase(Locale.ROOT));
    }
}
