package dev.howdah.cli;

/** Answers as the API gives them. */
final class Bodies {
    static final String PROJECTS = "/v1/projects";
    static final String BRANCHES = "/v1/projects/default/branches";
    static final String ROLES = BRANCHES + "/main/roles";

    private Bodies() {}

    static String project(String name) {
        return "{\"id\": \"hd_2abf90d3\", \"name\": \"%s\", \"created_at\": \"2026-11-20T10:00:00.123456Z\"}"
                .formatted(name);
    }

    static String branch(String name, String state) {
        return """
                {"id": "k3j5h7f9d1s2", "name": "%s", "kind": "production", "state": "%s", "state_detail": "", "project_id": "hd_2abf90d3",
                 "created_at": "2026-11-20T10:00:00Z", "ready_at": null, "new_in_a_later_version": [1]}""".formatted(name, state);
    }

    static String page(String... items) {
        return "{\"items\": [%s], \"next_cursor\": null}".formatted(String.join(", ", items));
    }

    static String pageBefore(String cursor, String item) {
        return "{\"items\": [%s], \"next_cursor\": \"%s\"}".formatted(item, cursor);
    }

    static String instance(String id, String role, String detail) {
        return """
                {"id": "%s", "zone": "a", "role": "%s", "state": "streaming", "timeline": 3, "written_lsn": "0/5000060",
                 "replayed_lsn": "0/5000028", "lag_bytes": 56, "lag_seconds": 0.25, "detail": "%s", "seen_at": null}""".formatted(id, role, detail);
    }

    static String status() {
        return """
                {"version": "0.1.0", "home": "/srv/h", "started_at": "2026-11-20T10:00:00Z",
                 "direct": {"host": "localhost", "port": 5432}, "pooled": {"host": "localhost", "port": 6432},
                 "api": {"host": "127.0.0.1", "port": 8080}, "ca_file": "/srv/h/tls/ca.crt", "projects": 1,
                 "branches": [{"branch": %s, "project_name": "default", "instances": [%s, %s]}]}""".formatted(
                        branch("main", "ready"),
                        instance("k3j5h7f9d1s2-1", "primary", ""),
                        instance("k3j5h7f9d1s2-2", "replica", "catching up"));
    }

    static String role(String name) {
        return """
                {"id": "r1", "name": "%s", "login": "%s.k3j5h7f9d1s2", "label": "it's, \\"quoted\\"", "purpose": "", "inherited_roles": ["postgres", "pg_monitor"],
                 "with_replication": false, "ttl_seconds": 0, "expires_at": null, "ready": true, "expired": false, "disabled_at": null,
                 "drop_failed": null, "is_default": false, "managed": true, "created_at": "2026-11-20T10:00:00Z"}""".formatted(name, name);
    }

    /** The default role, which has a password or not. */
    static String defaultRole(boolean ready) {
        return role("postgres")
                .replace("\"is_default\": false", "\"is_default\": true")
                .replace("\"ready\": true", "\"ready\": " + ready);
    }

    /** The strings hold the password unless it is empty. */
    static String connection(String name, String password) {
        var login = name + ".k3j5h7f9d1s2" + (password.isEmpty() ? "" : ":" + password);
        return """
                {"host": "localhost", "direct_port": 5432, "pooled_port": 6432, "user": "%2$s.k3j5h7f9d1s2", "database": "postgres",
                 "sslmode": "verify-full", "sslrootcert": "/srv/h/tls/edge-ca.crt", "uri": "postgresql://%1$s@localhost:5432/postgres",
                 "pooled_uri": "postgresql://%1$s@localhost:6432/postgres", "jdbc": "jdbc:postgresql://localhost:5432/postgres?user=%2$s",
                 "psql": "psql 'postgresql://%1$s@localhost:5432/postgres'"}""".formatted(login, name);
    }

    static String secret(String name, String password) {
        return secret(name, password, """
                {"host": "localhost", "direct_port": 5432, "pooled_port": 6432,
                 "user": "%s.k3j5h7f9d1s2", "database": "postgres", "sslmode": "verify-full", "sslrootcert": "/srv/with space/ca.crt",
                 "uri": "postgresql://direct", "pooled_uri": "postgresql://pooled", "jdbc": "jdbc:postgresql://x", "psql": "psql x"}""".formatted(name));
    }

    static String secret(String name, String password, String connection) {
        return "{\"role\": %s, \"password\": \"%s\", \"connection\": %s}".formatted(role(name), password, connection);
    }
}
