package dev.howdah.bench;

import dev.howdah.base.ServerAddress;
import dev.howdah.testkit.FreePorts;
import dev.howdah.testkit.TestPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** One PgBouncer process in transaction mode. It refuses root, so it runs as the servers' account, in a directory of its own. */
final class PgBouncerProcess implements Running {
    private static final int CLIENTS_MAX = 12_000;
    private static final long START_NANOS_MAX = 10_000_000_000L;

    private final ChildProcess process;
    private final Entrance entrance;

    private PgBouncerProcess(ChildProcess process, Entrance entrance) {
        this.process = process;
        this.entrance = entrance;
    }

    /**
     * How it is set up.
     *
     * @param program PgBouncer itself, readable by the servers' account
     * @param directory does not exist yet
     * @param secret the role's SCRAM secret, as pg_authid has it
     * @param tls where its certificate and key are copied from
     */
    record Settings(
            Path program,
            Path directory,
            ServerAddress.UnixSocket server,
            int poolSize,
            Door door,
            String secret,
            Path tls) {}

    static PgBouncerProcess start(Settings settings) throws IOException {
        var directory = Files.createDirectory(settings.directory());
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        BenchServer.copyCertificate(settings.tls(), directory);
        var port = FreePorts.next();
        write(directory.resolve("users.txt"), List.of("\"postgres\" \"%s\"".formatted(settings.secret())));
        var ini = write(directory.resolve("pgbouncer.ini"), ini(settings, port));
        TestPostgres.account().own(directory);
        // The limit of open files that this JVM has raised for itself is inherited.
        var command = TestPostgres.account().command(List.of(settings.program().toString(), "--quiet", ini.toString()));
        var log = directory.resolve("output").toFile();
        var process = ChildProcess.start(
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log));
        try {
            awaitListening(process, port);
        } catch (IOException e) {
            process.close();
            throw new IOException("PgBouncer does not start:\n" + Files.readString(log.toPath()), e);
        }
        return new PgBouncerProcess(
                process, new Entrance("127.0.0.1", port, "postgres", settings.door(), List.of(process.pid())));
    }

    private static Path write(Path file, List<String> lines) throws IOException {
        Files.write(file, lines);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        TestPostgres.account().own(file);
        return file;
    }

    private static List<String> ini(Settings settings, int port) {
        var lines = new ArrayList<>(List.of(
                "[databases]",
                "postgres = host=%s port=%d dbname=postgres user=postgres"
                        .formatted(
                                settings.server().directory(), settings.server().port()),
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                "listen_port = " + port,
                "unix_socket_dir =",
                "logfile = " + settings.directory().resolve("log"),
                "auth_type = " + (settings.door() == Door.OPEN ? "trust" : "scram-sha-256"),
                "auth_file = " + settings.directory().resolve("users.txt"),
                "pool_mode = transaction",
                "default_pool_size = " + settings.poolSize(),
                "max_client_conn = " + CLIENTS_MAX,
                "max_prepared_statements = 200",
                "server_tls_sslmode = disable",
                "log_connections = 0",
                "log_disconnections = 0",
                "log_stats = 0"));
        if (settings.door() == Door.TLS) {
            lines.addAll(List.of(
                    "client_tls_sslmode = require",
                    "client_tls_protocols = tlsv1.3",
                    "client_tls_cert_file = " + settings.directory().resolve("edge.crt"),
                    "client_tls_key_file = " + settings.directory().resolve("edge.key")));
        }
        return lines;
    }

    private static void awaitListening(ChildProcess process, int port) throws IOException {
        var begin = System.nanoTime();
        while (true) {
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() - begin > START_NANOS_MAX) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }

    @Override
    public Entrance entrance() {
        return entrance;
    }

    @Override
    public void close() {
        process.close();
    }
}
