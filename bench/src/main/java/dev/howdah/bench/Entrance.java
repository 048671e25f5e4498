package dev.howdah.bench;

import java.util.List;
import java.util.Map;

/**
 * Where clients come in.
 *
 * @param processes that stand between a client and the server; none for the server itself
 */
record Entrance(String host, int port, String user, Door door, List<Long> processes) {
    /** What libpq's environment has to say to come in here. */
    Map<String, String> environment() {
        return Map.of(
                "PGHOST",
                host,
                "PGPORT",
                Integer.toString(port),
                "PGDATABASE",
                "postgres",
                "PGUSER",
                user,
                "PGPASSWORD",
                BenchServer.PASSWORD,
                "PGGSSENCMODE",
                "disable",
                "PGSSLMODE",
                door.sslMode());
    }
}
