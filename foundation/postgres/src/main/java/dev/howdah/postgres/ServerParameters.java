package dev.howdah.postgres;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.Bytes;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The parameters every server of the platform has unless its {@link ServerConfig} says otherwise. */
public final class ServerParameters {
    /** What came with 18; a 17 would not start with any of these. The only place that knows. */
    static final Set<String> LACKING_IN_17 = Set.of(
            "autovacuum_vacuum_max_threshold",
            "autovacuum_worker_slots",
            "extension_control_path",
            "file_copy_method",
            "idle_replication_slot_timeout",
            "io_max_combine_limit",
            "io_max_concurrency",
            "io_method",
            "io_workers",
            "log_lock_failures",
            "max_active_replication_origins",
            "md5_password_warnings",
            "oauth_validator_libraries",
            "ssl_groups",
            "ssl_tls13_ciphers",
            "track_cost_delay_timing",
            "vacuum_max_eager_freeze_failure_rate",
            "vacuum_truncate");

    /** Decided by the record's own fields, so that the address and the rules of access are what the platform thinks they are. */
    private static final Set<String> DECIDED_ELSEWHERE = Set.of(
            "data_directory",
            "hba_file",
            "ident_file",
            "config_file",
            "external_pid_file",
            "unix_socket_directories",
            "port",
            "cluster_name",
            "primary_conninfo",
            "primary_slot_name");

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");
    private static final Bytes SLOT_WAL_MAX = Bytes.ofGigabytes(4);

    private ServerParameters() {}

    /** The defaults for a major version, on a file system of this size. */
    public static Map<String, String> defaults(int major, Bytes fileSystem) {
        var slotWal = Math.min(SLOT_WAL_MAX.count(), fileSystem.count() / 10);
        var all = new TreeMap<>(Map.ofEntries(
                Map.entry("listen_addresses", ""),
                Map.entry("unix_socket_permissions", "0700"),
                Map.entry("max_connections", "300"),
                Map.entry("superuser_reserved_connections", "10"),
                Map.entry("reserved_connections", "5"),
                Map.entry("max_prepared_transactions", "100"),
                Map.entry("shared_buffers", "128MB"),
                Map.entry("wal_level", "logical"),
                Map.entry("max_wal_senders", "20"),
                Map.entry("max_replication_slots", "20"),
                // Slots are never the only reserve, because the default role may drop one.
                Map.entry("wal_keep_size", "1GB"),
                Map.entry("max_slot_wal_keep_size", Math.max(1, slotWal >> 20) + "MB"),
                Map.entry("idle_replication_slot_timeout", "1d"),
                Map.entry("hot_standby", "on"),
                Map.entry("hot_standby_feedback", "on"),
                Map.entry("io_method", "worker"),
                Map.entry("timezone", "UTC"),
                Map.entry("password_encryption", "scram-sha-256"),
                Map.entry("shared_preload_libraries", "pg_stat_statements,auto_explain")));
        all.putAll(logging());
        return availableIn(major, all);
    }

    // Hourly files named by weekday and hour, emptied when their turn comes again: seven days, bounded without
    // anybody's help.
    private static Map<String, String> logging() {
        return Map.ofEntries(
                Map.entry("logging_collector", "on"),
                Map.entry("log_destination", "jsonlog"),
                Map.entry("log_filename", "postgresql-%a-%H.log"),
                Map.entry("log_rotation_age", "1h"),
                Map.entry("log_rotation_size", "0"),
                Map.entry("log_truncate_on_rotation", "on"),
                Map.entry("log_timezone", "UTC"),
                Map.entry("log_lock_waits", "on"),
                Map.entry("log_checkpoints", "on"));
    }

    static Map<String, String> availableIn(int major, Map<String, String> parameters) {
        var available = new TreeMap<>(parameters);
        if (major < 18) {
            available.keySet().removeAll(LACKING_IN_17);
        }
        return available;
    }

    static void requireAllowed(Map<String, String> parameters) {
        parameters.forEach((name, value) -> {
            require(NAME.matcher(name).matches(), "not the name of a parameter: \"%s\"".formatted(name));
            require(!DECIDED_ELSEWHERE.contains(name), "the parameter %s is not set this way".formatted(name));
            require(value.indexOf('\0') < 0, "the value of %s contains a NUL character".formatted(name));
        });
    }
}
