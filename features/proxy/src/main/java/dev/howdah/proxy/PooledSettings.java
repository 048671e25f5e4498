package dev.howdah.proxy;

import dev.howdah.proxy.sql.SettingStatement;
import dev.howdah.proxy.sql.SqlNames;
import dev.howdah.proxy.sql.SqlText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The settings that a client has made, by lower-case name, each as the statement that makes it. They follow the client from server to server; what
 * it began with is not among them, since that is in the server's own startup packet.
 */
final class PooledSettings {
    static final String APPLICATION_NAME = "application_name";
    static final PooledSettings NONE = new PooledSettings(Map.of());

    private static final int SETTINGS_MAX = 64;
    private static final String CLIENT_ENCODING = "client_encoding";
    /** They could end the very statements that restore the others. */
    private static final Set<String> TIMEOUTS = Set.of("statement_timeout", "transaction_timeout");

    private static final Comparator<String> ORDER = Comparator.<String>comparingInt(
                    name -> name.equals(CLIENT_ENCODING) ? 0 : TIMEOUTS.contains(name) ? 2 : 1)
            .thenComparing(name -> name);

    private final Map<String, String> statements;

    private PooledSettings(Map<String, String> statements) {
        this.statements = statements;
    }

    /** What a client begins with whose server connection was opened for another. */
    static PooledSettings of(String applicationName) {
        return NONE.with(APPLICATION_NAME, "SET application_name TO " + Refusal.literal(applicationName));
    }

    /** What a server has answered, value by value, see {@link SqlText}. */
    static PooledSettings answered(Map<String, String> values) {
        var statements = new TreeMap<String, String>(ORDER);
        values.forEach((name, value) -> statements.put(
                name, "SELECT pg_catalog.set_config(%s, %s, false)".formatted(Refusal.literal(name), literal(value))));
        return new PooledSettings(statements);
    }

    /** Independent of the settings that the statement is run under. */
    private static String literal(String value) {
        var quoted = value.replace("'", "''");
        return value.indexOf('\\') < 0 ? "'" + quoted + "'" : " E'" + quoted.replace("\\", "\\\\") + "'";
    }

    PooledSettings with(SettingStatement setting) {
        return setting.sql().map(sql -> with(setting.name(), sql)).orElseGet(() -> without(setting.name()));
    }

    /** With another's value of one setting, or without it as the other is. */
    PooledSettings withThatOf(PooledSettings other, String name) {
        var statement = other.statements.get(name);
        return statement == null ? without(name) : with(name, statement);
    }

    private PooledSettings with(String name, String statement) {
        var more = copy();
        more.put(name, statement);
        return new PooledSettings(more);
    }

    private PooledSettings without(String name) {
        if (!statements.containsKey(name)) {
            return this;
        }
        var fewer = copy();
        fewer.remove(name);
        return new PooledSettings(fewer);
    }

    private Map<String, String> copy() {
        var copy = new TreeMap<String, String>(ORDER);
        copy.putAll(statements);
        return copy;
    }

    boolean has(String name) {
        return statements.containsKey(name);
    }

    /** Names that a server does not list of itself. */
    Set<String> customNames() {
        return statements.keySet().stream()
                .filter(name -> name.indexOf('.') > 0)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether they can follow at all; a client with very many keeps its server instead. */
    boolean areFew() {
        return statements.size() <= SETTINGS_MAX;
    }

    /** Whether no more than the application's name differs, which every server takes. */
    boolean differsInNameOnly(PooledSettings other) {
        return withThatOf(other, APPLICATION_NAME).equals(other);
    }

    /**
     * The Queries that turn a session with these settings into one with {@code wanted}, see {@link SqlText}; none when nothing is to be done. There
     * are two when the second needs the client's encoding to be understood.
     */
    List<String> queriesTo(PooledSettings wanted) {
        if (equals(wanted)) {
            return List.of();
        }
        var changes = new ArrayList<String>();
        statements.keySet().stream()
                .filter(name -> !wanted.statements.containsKey(name))
                .forEach(name -> changes.add("RESET " + SqlNames.quotedSetting(name)));
        wanted.statements.forEach((name, statement) -> {
            if (!statement.equals(statements.get(name))) {
                changes.add(statement);
            }
        });
        var all = String.join("; ", changes);
        var encodes = !sameOf(wanted, CLIENT_ENCODING);
        if (!encodes || changes.size() == 1 || SqlText.isAscii(all)) {
            return List.of(all);
        }
        var encoding = wanted.statements.getOrDefault(CLIENT_ENCODING, "RESET " + CLIENT_ENCODING);
        return List.of(encoding, all);
    }

    private boolean sameOf(PooledSettings other, String name) {
        var own = statements.get(name);
        return own == null ? !other.statements.containsKey(name) : own.equals(other.statements.get(name));
    }

    /** Nearly always the client has the server that it had before, and both have the very same settings. */
    @Override
    public boolean equals(Object other) {
        return this == other || (other instanceof PooledSettings that && statements.equals(that.statements));
    }

    @Override
    public int hashCode() {
        return statements.hashCode();
    }

    @Override
    public String toString() {
        return statements.values().toString();
    }
}
