package dev.howdah.proxy.sql;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The functions of PostgreSQL 18's {@code pg_catalog} that change the session they are called in beyond its transaction, or run text that may.
 * Every other one is in {@link HarmlessWords}; a test asks a server whether both together are all there are.
 */
public final class SessionFunctions {
    /** What calling one does to the session. */
    public enum Effect {
        /** Changes settings. */
        SETTING,
        /** Takes an advisory lock of the session. */
        LOCK,
        /** Gives one back. */
        UNLOCK,
        /** Leaves what only the end of the server connection takes away. */
        ENDLESS,
        /** Notifies listeners. */
        NOTIFY,
        /** Runs a text given to it. */
        RUNS_TEXT
    }

    private static final Map<String, Effect> EFFECTS = effects();

    private SessionFunctions() {}

    /** What the function of this name does; empty when it is none of these. */
    public static Optional<Effect> effect(String name) {
        return Optional.ofNullable(EFFECTS.get(name));
    }

    static Map<String, Effect> all() {
        return EFFECTS;
    }

    private static Map<String, Effect> effects() {
        var all = new TreeMap<String, Effect>();
        add(all, Effect.SETTING, "set_config");
        add(
                all,
                Effect.LOCK,
                "pg_advisory_lock",
                "pg_advisory_lock_shared",
                "pg_try_advisory_lock",
                "pg_try_advisory_lock_shared");
        add(all, Effect.UNLOCK, "pg_advisory_unlock", "pg_advisory_unlock_shared", "pg_advisory_unlock_all");
        add(
                all,
                Effect.ENDLESS,
                "pg_backup_start",
                "pg_backup_stop",
                "pg_copy_logical_replication_slot", // slots may be temporary: they end with the session
                "pg_copy_physical_replication_slot",
                "pg_create_logical_replication_slot",
                "pg_create_physical_replication_slot",
                "pg_reload_conf",
                "pg_replication_origin_session_reset",
                "pg_replication_origin_session_setup",
                "setseed");
        add(all, Effect.NOTIFY, "pg_notify");
        add(
                all,
                Effect.RUNS_TEXT,
                "query_to_xml",
                "query_to_xml_and_xmlschema",
                "query_to_xmlschema",
                "ts_rewrite",
                "ts_stat");
        return Map.copyOf(all);
    }

    private static void add(Map<String, Effect> all, Effect effect, String... names) {
        for (var name : names) {
            all.put(name, effect);
        }
    }
}
