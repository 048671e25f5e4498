package dev.howdah.bench;

import dev.howdah.base.BranchId;
import dev.howdah.postgres.Initialization;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerConfig;
import dev.howdah.proxy.AddressGuard;
import dev.howdah.proxy.AddressGuardConfig;
import dev.howdah.proxy.EdgeCertificates;
import dev.howdah.proxy.Proxy;
import dev.howdah.proxy.ProxyConfig;
import dev.howdah.proxy.ProxyEvents;
import dev.howdah.proxy.ServerSchema;
import dev.howdah.testkit.FreePorts;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.ByteString;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One real server that is reached in three ways: over TCP with PostgreSQL's own TLS, over TCP in clear, and through a proxy in this JVM. Both kinds
 * of TLS have a certificate of the same kind, and both log in by SCRAM.
 */
final class RelayBed implements AutoCloseable {
    static final BranchId BRANCH = new BranchId("abcdefghijkl");
    static final String PASSWORD = "correct horse";
    static final int ROWS = 1_000_000;

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

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

    private static final List<String> ROLES = List.of(
            "CREATE ROLE howdah_replicator SUPERUSER REPLICATION LOGIN",
            "CREATE ROLE postgres NOSUPERUSER CREATEDB CREATEROLE INHERIT LOGIN REPLICATION BYPASSRLS PASSWORD '"
                    + PASSWORD + "'",
            "ALTER DATABASE postgres OWNER TO postgres",
            "CREATE ROLE howdah_proxy LOGIN",
            "CREATE DATABASE howdah_platform",
            "REVOKE ALL ON DATABASE howdah_platform FROM PUBLIC");

    private static final List<String> TABLES = List.of(
            "CREATE TABLE payload AS SELECT repeat(md5(i::text), 4)::char(100)::text AS body FROM generate_series(1, "
                    + ROWS + ") i",
            "VACUUM (FREEZE, ANALYZE) payload",
            "CREATE UNLOGGED TABLE sink (body text)",
            "ALTER TABLE payload OWNER TO postgres",
            "ALTER TABLE sink OWNER TO postgres",
            "CHECKPOINT");

    private final TestDirectory directory;
    private final PostgresServer server;
    private final Proxy proxy;
    private final Path serverCa;
    private final Path proxyCa;

    private RelayBed(TestDirectory directory, PostgresServer server, Proxy proxy, Path serverCa, Path proxyCa) {
        this.directory = directory;
        this.server = server;
        this.proxy = proxy;
        this.serverCa = serverCa;
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
        var serverCertificates = certificates(directory.resolve("server-tls"));
        var config = initialize(directory, directory.resolve("server-tls"));
        var server = PostgresServer.start(TestPostgres.binaries(), TestPostgres.account(), config, START_TIMEOUT);
        try {
            fill(server);
            allowTcp(server);
            var proxyCertificates = certificates(directory.resolve("proxy-tls"));
            var proxy = proxy(server, proxyCertificates);
            return new RelayBed(
                    directory,
                    server,
                    proxy,
                    serverCertificates.caFile().orElseThrow(),
                    proxyCertificates.caFile().orElseThrow());
        } catch (Exception e) {
            server.close();
            throw e;
        }
    }

    private static EdgeCertificates certificates(Path directory) {
        return EdgeCertificates.open(directory, Optional.empty(), InstantSource.system());
    }

    private static ServerConfig initialize(TestDirectory directory, Path tls) throws IOException {
        var account = TestPostgres.account();
        var users = account.platformUsers();
        var plain = new ServerConfig(
                directory.resolve("data"),
                directory.resolve("run"),
                FreePorts.next(),
                directory.resolve("logs"),
                "bench",
                PARAMETERS,
                users,
                users);
        Initialization.create(TestPostgres.binaries(), account, plain);
        for (var name : List.of("edge.crt", "edge.key")) {
            var file = Files.copy(tls.resolve(name), plain.dataDirectory().resolve(name));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            account.own(file);
        }
        return plain.withParameter("ssl", "on")
                .withParameter("ssl_cert_file", "edge.crt")
                .withParameter("ssl_key_file", "edge.key");
    }

    private static void fill(PostgresServer server) throws SQLException {
        execute(server, "postgres", ROLES);
        try (var platform = server.connect("howdah_platform")) {
            ServerSchema.installPlatform(platform);
        }
        try (var database = server.connect("postgres")) {
            ServerSchema.installDoors(database);
        }
        execute(server, "postgres", TABLES);
    }

    /** The platform's own lines end with a refusal of all TCP, so ours stand in front of them. They last until the next start. */
    private static void allowTcp(PostgresServer server) throws IOException {
        var file = server.config().dataDirectory().resolve("pg_hba.conf");
        Files.writeString(file, ACCESS + Files.readString(file));
        server.reload();
    }

    private static Proxy proxy(PostgresServer server, EdgeCertificates certificates) {
        var anyPort = List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        var guard = AddressGuardConfig.DEFAULT;
        var exempt = new AddressGuardConfig(
                guard.failures(), guard.window(), guard.firstBan(), guard.longestBan(), List.of("127.0.0.0/8"), 0);
        return Proxy.start(
                ProxyConfig.DEFAULT.withDirect(anyPort).withPooled(anyPort),
                new Proxy.Parts(
                        new OneServer(BRANCH, server.address()),
                        certificates,
                        new AddressGuard(exempt, InstantSource.system()),
                        ByteString.ofUtf8("bench"),
                        new ProxyEvents() {},
                        InstantSource.system(),
                        new SecureRandom()));
    }

    /** What libpq's environment has to say to come in this way. */
    Map<String, String> environment(Way way) {
        var port = switch (way) {
            case OWN_TLS, PLAIN -> server.config().port();
            case HOWDAH -> proxy.directAddresses().getFirst().getPort();
        };
        return Map.ofEntries(
                Map.entry("PGHOST", "localhost"),
                Map.entry("PGHOSTADDR", "127.0.0.1"),
                Map.entry("PGPORT", Integer.toString(port)),
                Map.entry("PGDATABASE", "postgres"),
                Map.entry("PGUSER", way == Way.HOWDAH ? "postgres." + BRANCH : "postgres"),
                Map.entry("PGPASSWORD", PASSWORD),
                Map.entry("PGGSSENCMODE", "disable"),
                Map.entry("PGSSLMODE", way == Way.PLAIN ? "disable" : "verify-full"),
                Map.entry("PGSSLROOTCERT", (way == Way.HOWDAH ? proxyCa : serverCa).toString()));
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    String serverVersion() {
        return server.version();
    }

    void emptySink() throws SQLException {
        execute(server, "postgres", List.of("TRUNCATE sink"));
    }

    private static void execute(PostgresServer server, String database, List<String> commands) throws SQLException {
        try (var connection = server.connect(database);
                var statement = connection.createStatement()) {
            for (var command : commands) {
                statement.execute(command);
            }
        }
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
