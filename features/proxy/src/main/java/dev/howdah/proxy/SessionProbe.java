package dev.howdah.proxy;

import dev.howdah.proxy.sql.PinKind;
import dev.howdah.proxy.sql.SqlText;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a server says that is in its session, beyond what it began with.
 *
 * @param settings made in the session, by lower-case name
 * @param found state that only this server connection has
 */
record SessionProbe(Map<String, String> settings, Set<PinKind> found) {
    /** Names are qualified, since the client may have any search_path. */
    private static final String SETTINGS = """
            SELECT CASE WHEN context OPERATOR(pg_catalog.=) 'superuser' AND NOT pg_catalog.has_parameter_privilege(name, 'SET')
                    THEN 'HIDDEN_SETTING' ELSE 'SETTING' END, pg_catalog.lower(name), setting
                FROM pg_catalog.pg_settings WHERE source OPERATOR(pg_catalog.=) 'session'""";

    /** Objects hang on their schema by pg_depend, which has an index for it; pg_class has none. */
    private static final String STATE = """
            UNION ALL SELECT 'TEMP_TABLE', NULL, NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_depend
                WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
                AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema())
            UNION ALL SELECT 'SQL_PREPARE', NULL, NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql)
            UNION ALL SELECT 'HOLDABLE_CURSOR', NULL, NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE is_holdable)
            UNION ALL SELECT 'ADVISORY_LOCK', NULL, NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_locks
                WHERE locktype OPERATOR(pg_catalog.=) 'advisory' AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())
            UNION ALL SELECT 'LISTEN', NULL, NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_listening_channels())
            UNION ALL SELECT 'ROLE', pg_catalog.current_setting('session_authorization'), pg_catalog.current_setting('role');
            BEGIN; RESET SESSION AUTHORIZATION; RESET ROLE;
            SELECT 'ROLE', pg_catalog.current_setting('session_authorization'), pg_catalog.current_setting('role');
            ROLLBACK""";

    SessionProbe {
        settings = Map.copyOf(settings);
        found = Set.copyOf(found);
    }

    /**
     * The Query to send, outside any transaction, see {@link SqlText}.
     *
     * @param customNames settings that the server would not list
     */
    static String question(Collection<String> customNames) {
        var names = new TreeSet<>(customNames);
        if (names.isEmpty()) {
            return SETTINGS + "\n" + STATE;
        }
        var array = names.stream().map(Refusal::literal).collect(Collectors.joining(", ", "ARRAY[", "]"));
        var custom = """

                UNION ALL SELECT 'SETTING', name, pg_catalog.current_setting(name, true)
                    FROM pg_catalog.unnest(%s::pg_catalog.text[]) AS custom (name)
                    WHERE pg_catalog.current_setting(name, true) OPERATOR(pg_catalog.<>) ''
                """.formatted(array);
        return SETTINGS + custom + STATE;
    }

    /** Empty when the server could not answer. */
    static Optional<SessionProbe> read(Exchange.Answer answer) {
        if (answer.error().isPresent() || answer.status() != 'I') {
            return Optional.empty();
        }
        var settings = new HashMap<String, String>();
        var found = EnumSet.noneOf(PinKind.class);
        Optional<List<Optional<String>>> role = Optional.empty();
        for (var row : answer.rows()) {
            var kind = row.getFirst().orElse("");
            switch (kind) {
                case "SETTING" -> settings.put(row.get(1).orElse(""), row.get(2).orElse(""));
                case "ROLE" -> {
                    var now = row.subList(1, row.size());
                    // The second is what the session began with.
                    if (role.isPresent() && !role.get().equals(now)) {
                        found.add(PinKind.ROLE);
                    }
                    role = Optional.of(now);
                }
                default -> found.add(PinKind.valueOf(kind));
            }
        }
        return Optional.of(new SessionProbe(settings, found));
    }

    boolean isClean() {
        return found.isEmpty();
    }
}
