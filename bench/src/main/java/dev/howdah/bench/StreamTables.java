package dev.howdah.bench;

import java.sql.SQLException;
import java.util.List;

/** The tables that bulk transfers read and write: {@code payload} with so many rows of 100 letters, and {@code sink}, which begins empty. */
final class StreamTables {
    private StreamTables() {}

    static void make(BenchServer server, int rows) throws SQLException {
        server.execute(List.of(
                "CREATE TABLE payload AS SELECT repeat(md5(i::text), 4)::char(100)::text AS body FROM generate_series(1, "
                        + rows + ") i",
                "VACUUM (FREEZE, ANALYZE) payload",
                "CREATE UNLOGGED TABLE sink (body text)",
                "ALTER TABLE payload OWNER TO postgres",
                "ALTER TABLE sink OWNER TO postgres",
                "CHECKPOINT"));
    }

    static void emptySink(BenchServer server) throws SQLException {
        server.execute(List.of("TRUNCATE sink"));
    }
}
