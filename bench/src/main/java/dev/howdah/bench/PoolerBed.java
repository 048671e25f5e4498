package dev.howdah.bench;

import dev.howdah.testkit.TestDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One server with pgbench's tables, and the targets in front of it, started when they are first needed. Not thread-safe. */
final class PoolerBed implements AutoCloseable {
    static final int STREAM_ROWS = 1_000_000;
    /** What is copied in; there once {@link #needStreamTables} has been called. */
    static final String STREAM_FILE = "rows";

    private static final Map<String, String> PARAMETERS = Map.ofEntries(
            Map.entry("listen_addresses", "127.0.0.1"),
            Map.entry("shared_buffers", "1GB"),
            Map.entry("max_wal_size", "4GB"),
            Map.entry("checkpoint_timeout", "1h"),
            Map.entry("jit", "off"),
            Map.entry("autovacuum", "off"),
            Map.entry("shared_preload_libraries", ""),
            Map.entry("max_connections", "400"));

    private static final String ACCESS = """
            hostssl    all  postgres  127.0.0.1/32  scram-sha-256
            hostnossl  all  postgres  127.0.0.1/32  trust
            """;

    /** Reads every page by its index, since a scan of a whole large table passes the server's cache by. */
    private static final List<String> WARM_UP = List.of(
            "VACUUM (FREEZE, ANALYZE) pgbench_accounts",
            "CHECKPOINT",
            "SET enable_seqscan = off",
            "SET enable_bitmapscan = off",
            "SET max_parallel_workers_per_gather = 0",
            "SELECT sum(abalance) FROM pgbench_accounts WHERE aid > 0");

    private final TestDirectory directory;
    private final BenchServer server;
    private final LibpqClient client;
    private final int poolSize;
    private final Map<Key, Running> running = new HashMap<>();
    private @Nullable PgBouncerProgram pgBouncer;
    private boolean streamTables;
    private int started;

    private record Key(Target target, Door door) {}

    private record ThereAlready(Entrance entrance) implements Running {
        @Override
        public void close() {}
    }

    private PoolerBed(TestDirectory directory, BenchServer server, int poolSize) {
        this.directory = directory;
        this.server = server;
        this.client = new LibpqClient(directory.resolve("client.log"));
        this.poolSize = poolSize;
    }

    /**
     * @param scale of pgbench's tables: 100,000 accounts each
     * @param poolSize server connections that each pooler may have
     */
    static PoolerBed make(int scale, int poolSize) throws Exception {
        var directory = TestDirectory.create();
        try {
            var bed = new PoolerBed(directory, BenchServer.start(directory, PARAMETERS, ACCESS), poolSize);
            bed.fill(scale);
            return bed;
        } catch (Exception e) {
            directory.close();
            throw e;
        }
    }

    private void fill(int scale) throws Exception {
        var socket = server.address();
        client.run(
                List.of("pgbench", "-q", "-i", "-I", "dtGvp", "-s", Integer.toString(scale)),
                Map.of(
                        "PGHOST",
                        socket.directory().toString(),
                        "PGPORT",
                        Integer.toString(socket.port()),
                        "PGUSER",
                        "postgres",
                        "PGDATABASE",
                        "postgres"),
                Path.of("/dev/null"));
        server.execute(WARM_UP);
    }

    /** The tables and the file that bulk transfers read and write. */
    void needStreamTables() throws SQLException, IOException {
        if (streamTables) {
            return;
        }
        streamTables = true;
        StreamTables.make(server, STREAM_ROWS);
        var line = "x".repeat(100) + "\n";
        try (var out = Files.newBufferedWriter(file(STREAM_FILE))) {
            for (var row = 0; row < STREAM_ROWS; row++) {
                out.write(line);
            }
        }
    }

    void emptySink() throws SQLException {
        StreamTables.emptySink(server);
    }

    /** Between two rows: what updates left behind must not slow the next one down. */
    void tidy() throws SQLException {
        server.execute(
                List.of("VACUUM pgbench_branches", "VACUUM pgbench_tellers", "TRUNCATE pgbench_history", "CHECKPOINT"));
    }

    LibpqClient client() {
        return client;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    String serverVersion() {
        return server.version();
    }

    /** Empty until a PgBouncer was needed. */
    Optional<String> pgBouncerVersion() {
        return Optional.ofNullable(pgBouncer).map(PgBouncerProgram::version);
    }

    /** Whether the target can let clients in this way at all. */
    boolean has(Target target, Door door) {
        return switch (target) {
            case Target.Howdah _, Target.PgBouncer _ -> true;
            case Target.Direct _ -> door != Door.SCRAM;
            case Target.Elsewhere _ -> door == Door.OPEN;
        };
    }

    Entrance entrance(Target target, Door door) throws Exception {
        var key = new Key(target, door);
        var known = running.get(key);
        if (known == null) {
            known = start(target, door);
            running.put(key, known);
        }
        return known.entrance();
    }

    /** Another one, which the caller closes: for what has to begin with a fresh process. */
    Running start(Target target, Door door) throws Exception {
        return switch (target) {
            case Target.Howdah(var engine) ->
                HowdahProcess.start(
                        new BenchProxy.Settings(server.address(), tls("howdah-tls"), poolSize, door, engine),
                        directory.resolve("howdah.log"));
            case Target.PgBouncer() -> startPgBouncer(door);
            case Target.Direct() ->
                new ThereAlready(new Entrance("127.0.0.1", server.port(), "postgres", door, List.of()));
            case Target.Elsewhere(var _, var host, var port, var processes) ->
                new ThereAlready(new Entrance(host, port, "postgres", door, processes));
        };
    }

    private Running startPgBouncer(Door door) throws Exception {
        var program = pgBouncer;
        if (program == null) {
            program = PgBouncerProgram.copyTo(directory.resolve("pgbouncer"));
            pgBouncer = program;
        }
        return PgBouncerProcess.start(new PgBouncerProcess.Settings(
                program.file(),
                directory.resolve("pgbouncer-" + ++started),
                server.address(),
                poolSize,
                door,
                server.queryOne("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'"),
                tls("pgbouncer-tls")));
    }

    private Path tls(String name) {
        var path = directory.resolve(name);
        BenchServer.certificates(path);
        return path;
    }

    /** What the poolers said, for whoever looks for a failure's cause. */
    String howdahLog() throws IOException {
        var log = directory.resolve("howdah.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    @Override
    public void close() {
        try {
            running.values().forEach(Running::close);
        } finally {
            try {
                server.close();
            } finally {
                directory.close();
            }
        }
    }
}
