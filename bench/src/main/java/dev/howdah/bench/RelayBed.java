package dev.howdah.bench;

import dev.howdah.proxy.Proxy;
import dev.howdah.testkit.TestDirectory;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One real server that is reached in three ways: over TCP with PostgreSQL's own TLS, over TCP in clear, and through a proxy in this JVM. Both kinds
 * of TLS have a certificate of the same kind, and both log in by SCRAM.
 */
final class RelayBed implements AutoCloseable {
    static final int ROWS = 1_000_000;

    /** Everything stays in memory, and nothing runs by itself, so that the connection is what is measured. */
    private static final Map<String, String> PARAMETERS = Map.of(
            "listen_addresses", "127.0.0.1",
            "shared_buffers", "512MB",
            "max_wal_size", "4GB",
            "checkpoint_timeout", "1h",
            "autovacuum", "off");

    private static final String ACCESS = """
            hostssl    all  postgres  127.0.0.1/32  scram-sha-256
            hostnossl  all  postgres  127.0.0.1/32  scram-sha-256
            """;

    private final TestDirectory directory;
    private final BenchServer server;
    private final Proxy proxy;
    private final Path proxyCa;

    private RelayBed(TestDirectory directory, BenchServer server, Proxy proxy, Path proxyCa) {
        this.directory = directory;
        this.server = server;
        this.proxy = proxy;
        this.proxyCa = proxyCa;
    }

    static RelayBed make() throws Exception {
        var directory = TestDirectory.create();
        try {
            return make(directory);
        } catch (Exception e) {
            directory.close();
            throw e;
        }
    }

    private static RelayBed make(TestDirectory directory) throws Exception {
        var server = BenchServer.start(directory, PARAMETERS, ACCESS);
        try {
            StreamTables.make(server, ROWS);
            var certificates = BenchServer.certificates(directory.resolve("proxy-tls"));
            var proxy = BenchProxy.start(server.address(), certificates, UnaryOperator.identity());
            return new RelayBed(directory, server, proxy, certificates.caFile().orElseThrow());
        } catch (Exception e) {
            server.close();
            throw e;
        }
    }

    /** What libpq's environment has to say to come in this way. */
    Map<String, String> environment(Way way) {
        var port = switch (way) {
            case OWN_TLS, PLAIN -> server.port();
            case HOWDAH -> proxy.directAddresses().getFirst().getPort();
        };
        return Map.ofEntries(
                Map.entry("PGHOST", "localhost"),
                Map.entry("PGHOSTADDR", "127.0.0.1"),
                Map.entry("PGPORT", Integer.toString(port)),
                Map.entry("PGDATABASE", "postgres"),
                Map.entry("PGUSER", way == Way.HOWDAH ? BenchProxy.USER : "postgres"),
                Map.entry("PGPASSWORD", BenchServer.PASSWORD),
                Map.entry("PGGSSENCMODE", "disable"),
                Map.entry("PGSSLMODE", way == Way.PLAIN ? "disable" : "verify-full"),
                Map.entry("PGSSLROOTCERT", (way == Way.HOWDAH ? proxyCa : server.caFile()).toString()));
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    String serverVersion() {
        return server.version();
    }

    void emptySink() throws SQLException {
        StreamTables.emptySink(server);
    }

    @Override
    public void close() {
        try {
            proxy.close();
        } finally {
            try {
                server.close();
            } finally {
                directory.close();
            }
        }
    }
}
