package dev.howdah.bench;

import dev.howdah.base.ServerAddress;
import dev.howdah.postgres.Initialization;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerConfig;
import dev.howdah.proxy.EdgeCertificates;
import dev.howdah.proxy.ServerSchema;
import dev.howdah.testkit.FreePorts;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A real server prepared like one of the platform, with the role {@code postgres} and a certificate of its own for TCP. */
final class BenchServer implements AutoCloseable {
    static final String PASSWORD = "correct horse";

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private static final List<String> ROLES = List.of(
            "CREATE ROLE howdah_replicator SUPERUSER REPLICATION LOGIN",
            "CREATE ROLE postgres NOSUPERUSER CREATEDB CREATEROLE INHERIT LOGIN REPLICATION BYPASSRLS PASSWORD '"
                    + PASSWORD + "'",
            "ALTER DATABASE postgres OWNER TO postgres",
            "CREATE ROLE howdah_proxy LOGIN",
            "CREATE DATABASE howdah_platform",
            "REVOKE ALL ON DATABASE howdah_platform FROM PUBLIC");

    private final PostgresServer server;
    private final Path caFile;

    private BenchServer(PostgresServer server, Path caFile) {
        this.server = server;
        this.caFile = caFile;
    }

    /**
     * @param directory for everything of the server
     * @param parameters on top of the platform's
     * @param access lines of pg_hba.conf for TCP
     */
    static BenchServer start(TestDirectory directory, Map<String, String> parameters, String access) throws Exception {
        var tls = directory.resolve("server-tls");
        var caFile = certificates(tls).caFile().orElseThrow();
        var config = initialize(directory, tls, parameters);
        var server = PostgresServer.start(TestPostgres.binaries(), TestPostgres.account(), config, START_TIMEOUT);
        var started = new BenchServer(server, caFile);
        try {
            started.prepare();
            started.allowTcp(access);
            return started;
        } catch (Exception e) {
            started.close();
            throw e;
        }
    }

    /** An ECDSA P-256 certificate with a CA of its own. */
    static EdgeCertificates certificates(Path directory) {
        return EdgeCertificates.open(directory, Optional.empty(), InstantSource.system());
    }

    private static ServerConfig initialize(TestDirectory directory, Path tls, Map<String, String> parameters)
            throws IOException {
        var account = TestPostgres.account();
        var users = account.platformUsers();
        var plain = new ServerConfig(
                directory.resolve("data"),
                directory.resolve("run"),
                FreePorts.next(),
                directory.resolve("logs"),
                "bench",
                parameters,
                users,
                users);
        Initialization.create(TestPostgres.binaries(), account, plain);
        copyCertificate(tls, plain.dataDirectory());
        return plain.withParameter("ssl", "on")
                .withParameter("ssl_cert_file", "edge.crt")
                .withParameter("ssl_key_file", "edge.key");
    }

    /** Gives the servers' account a copy of a certificate and its key. */
    static void copyCertificate(Path tls, Path target) throws IOException {
        for (var name : List.of("edge.crt", "edge.key")) {
            var file = Files.copy(tls.resolve(name), target.resolve(name));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            TestPostgres.account().own(file);
        }
    }

    private void prepare() throws SQLException {
        execute(ROLES);
        try (var platform = server.connect("howdah_platform")) {
            ServerSchema.installPlatform(platform);
        }
        try (var database = server.connect("postgres")) {
            ServerSchema.installDoors(database);
        }
    }

    /** The platform's own lines end with a refusal of all TCP, so ours stand in front of them. They last until the next start. */
    private void allowTcp(String access) throws IOException {
        var file = server.config().dataDirectory().resolve("pg_hba.conf");
        Files.writeString(file, access + Files.readString(file));
        server.reload();
    }

    ServerAddress.UnixSocket address() {
        return server.address();
    }

    /** Of the TCP listener too. */
    int port() {
        return server.config().port();
    }

    Path caFile() {
        return caFile;
    }

    String version() {
        return server.version();
    }

    /** As the superuser, in the database {@code postgres}. */
    void execute(List<String> commands) throws SQLException {
        try (var connection = server.connect("postgres");
                var statement = connection.createStatement()) {
            for (var command : commands) {
                statement.execute(command);
            }
        }
    }

    /** The first column of the first row. */
    String queryOne(String sql) throws SQLException {
        try (var connection = server.connect("postgres");
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new SQLException("no row: " + sql);
            }
            return rows.getString(1);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
