package dev.howdah.proxy.console;

import static java.util.Map.entry;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the console says of itself where a driver takes it for a PostgreSQL server. Settings of PostgreSQL's can be shown and set, without effect. */
final class ConsoleSettings {
    /** What SELECT knows, with or without parentheses. */
    static final Set<String> FUNCTIONS = Set.of(
            "version",
            "current_user",
            "session_user",
            "user",
            "current_role",
            "current_database",
            "current_catalog",
            "pg_backend_pid",
            "pg_is_in_recovery");

    /** Drivers take their habits from it, so it is the protocol's age and not this program's. */
    static final String SERVER_VERSION = "18.0 (Howdah console)";

    private static final Map<String, String> SHOWN = Map.ofEntries(
            entry("server_version", SERVER_VERSION),
            entry("server_version_num", "180000"),
            entry("server_encoding", "UTF8"),
            entry("client_encoding", "UTF8"),
            entry("datestyle", "ISO, MDY"),
            entry("intervalstyle", "postgres"),
            entry("timezone", "GMT"),
            entry("integer_datetimes", "on"),
            entry("standard_conforming_strings", "on"),
            entry("extra_float_digits", "1"),
            entry("bytea_output", "hex"),
            entry("search_path", "\"$user\", public"),
            entry("default_transaction_isolation", "read committed"),
            entry("transaction_isolation", "read committed"),
            entry("default_transaction_read_only", "off"),
            entry("transaction_read_only", "off"),
            entry("in_hot_standby", "off"),
            entry("max_identifier_length", "63"),
            entry("statement_timeout", "0"),
            entry("lock_timeout", "0"),
            entry("idle_in_transaction_session_timeout", "0"),
            entry("idle_session_timeout", "0"),
            entry("client_min_messages", "notice"),
            entry("jit", "off"),
            entry("synchronous_commit", "on"));

    private ConsoleSettings() {}

    /** As a driver asks for it; the name in any case of letters. */
    static Optional<String> shown(String name, String applicationName) {
        var wanted = name.toLowerCase(Locale.ROOT);
        return wanted.equals("application_name")
                ? Optional.of(applicationName)
                : Optional.ofNullable(SHOWN.get(wanted));
    }

    static boolean isKnown(String name) {
        return shown(name, "").isPresent();
    }

    /** What the client is told at login, by the names that PostgreSQL reports. */
    static Map<String, String> reported(String role, String applicationName) {
        var reported = new LinkedHashMap<String, String>();
        for (var name : new String[] {
            "server_version",
            "server_encoding",
            "client_encoding",
            "DateStyle",
            "IntervalStyle",
            "TimeZone",
            "integer_datetimes",
            "standard_conforming_strings",
            "default_transaction_read_only",
            "in_hot_standby",
            "search_path"
        }) {
            reported.put(name, shown(name, "").orElseThrow());
        }
        reported.put("application_name", applicationName);
        reported.put("session_authorization", role);
        reported.put("is_superuser", "off");
        return Collections.unmodifiableMap(reported);
    }
}
