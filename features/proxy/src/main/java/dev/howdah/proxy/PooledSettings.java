package dev.howdah.proxy;

import dev.howdah.proxy.sql.SqlText;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Settings made by plain {@code SET name = value} statements, by lower-case name, each value as it was written. They follow a pooled client
 * from server to server: drivers begin with such statements, and a client that had to keep its server for them would not be pooled at all.
 */
record PooledSettings(Map<String, String> values) {
    static final String APPLICATION_NAME = "application_name";

    private static final int TEXT_CHARS_MAX = 1000;
    private static final int SETTINGS_MAX = 64;
    private static final String VALUE = "(?:'(?:[^'\\\\]|'')*'|[A-Za-z0-9_.+-]+)";
    private static final Pattern STATEMENT = Pattern.compile(
            "\\s*SET\\s+(?:SESSION\\s+)?([A-Za-z_][A-Za-z0-9_.]*)(?:\\s*=\\s*|\\s+TO\\s+)(%s(?:\\s*,\\s*%s)*)\\s*;?\\s*"
                    .formatted(VALUE, VALUE),
            Pattern.CASE_INSENSITIVE);
    /** Not plain settings: they change who one is, or last for a transaction only. */
    private static final Set<String> OTHER = Set.of(
            "role",
            "session_authorization",
            "seed",
            "transaction_isolation",
            "transaction_read_only",
            "transaction_deferrable");

    PooledSettings {
        values = Map.copyOf(values);
    }

    /** One setting as a statement makes it. */
    record Setting(String name, String value) {}

    /** What a client begins with. */
    static PooledSettings of(String applicationName) {
        return new PooledSettings(Map.of(APPLICATION_NAME, Refusal.literal(applicationName)));
    }

    /** The setting that {@code sql} makes, when it makes one and does nothing else. */
    static Optional<Setting> made(String sql) {
        if (sql.length() > TEXT_CHARS_MAX || sql.isEmpty()) {
            return Optional.empty();
        }
        var first = sql.charAt(0);
        if (first != 'S' && first != 's' && !Character.isWhitespace(first)) {
            return Optional.empty();
        }
        var statement = STATEMENT.matcher(sql);
        if (!statement.matches()) {
            return Optional.empty();
        }
        var name = statement.group(1).toLowerCase(Locale.ROOT);
        // Letters beyond ASCII would mean something else where another client_encoding is set.
        return OTHER.contains(name) || !SqlText.isAscii(sql)
                ? Optional.empty()
                : Optional.of(new Setting(name, statement.group(2)));
    }

    /** Whether the setting may follow too; a client with very many keeps its server instead. */
    boolean hasRoomFor(Setting setting) {
        return values.size() < SETTINGS_MAX || values.containsKey(setting.name());
    }

    /** Whether no more than the application's name differs, which every server takes. */
    boolean differsInNameOnly(PooledSettings other) {
        return otherValues().equals(other.otherValues());
    }

    private Map<String, String> otherValues() {
        var rest = new TreeMap<>(values);
        rest.remove(APPLICATION_NAME);
        return rest;
    }

    PooledSettings with(Setting setting) {
        var all = new TreeMap<>(values);
        all.put(setting.name(), setting.value());
        return new PooledSettings(all);
    }

    /** The statements that turn a session with these settings into one with {@code wanted}; empty when nothing is to be done. */
    String statementsTo(PooledSettings wanted) {
        if (equals(wanted)) {
            return "";
        }
        var resets = values.keySet().stream()
                .filter(name -> !wanted.values.containsKey(name))
                .map(name -> "RESET " + name);
        var sets = wanted.values.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(values.get(entry.getKey())))
                .map(entry -> "SET " + entry.getKey() + " TO " + entry.getValue());
        return Stream.concat(resets, sets).collect(Collectors.joining("; "));
    }
}
