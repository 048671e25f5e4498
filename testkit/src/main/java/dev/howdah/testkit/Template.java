package dev.howdah.testkit;

import dev.howdah.postgres.Initialization;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerAccount;
import dev.howdah.postgres.ServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * What tests share on one machine: the unpacked programs, and a data directory that each test's server starts as a copy of.
 *
 * @param dataDirectory holds the role {@code howdah_replicator} besides what initdb makes; cleanly shut down
 */
record Template(PostgresBinaries binaries, ServerAccount account, Path dataDirectory) {
    /** Raise this when what is in the template changes. */
    private static final int FORMAT = 1;

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    static Template get() {
        return Once.TEMPLATE;
    }

    private static final class Once {
        static final Template TEMPLATE = create();
    }

    private static Template create() {
        var account = ServerAccount.current();
        var cache = cache();
        var binaries = PostgresBinaries.embedded(cache.resolve("postgres"));
        var dataDirectory = cache.resolve("template-%d-%s".formatted(FORMAT, binaries.version()));
        try (var channel =
                        FileChannel.open(cache.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var _ = channel.lock()) {
            if (!Files.exists(dataDirectory)) {
                make(binaries, account, dataDirectory);
            }
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("the template of the test servers cannot be made", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the template of the test servers was made", e);
        }
        return new Template(binaries, account, dataDirectory);
    }

    private static void make(PostgresBinaries binaries, ServerAccount account, Path dataDirectory)
            throws IOException, SQLException, InterruptedException {
        var unfinished = dataDirectory.resolveSibling("unfinished");
        TestDirectory.delete(unfinished);
        var config = new ServerConfig(
                unfinished.resolve("data"),
                unfinished.resolve("run"),
                5432,
                unfinished.resolve("logs"),
                "template",
                Map.of("fsync", "off"),
                account.platformUsers(),
                account.platformUsers());
        Initialization.create(binaries, account, config);
        try (var server = PostgresServer.start(binaries, account, config, START_TIMEOUT);
                var connection = server.connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("CREATE ROLE howdah_replicator SUPERUSER REPLICATION LOGIN");
        }
        Files.move(config.dataDirectory(), dataDirectory);
        TestDirectory.delete(unfinished);
    }

    // One per user, because its files are that user's.
    private static Path cache() {
        var user = System.getProperty("user.name", "anybody");
        var cache = TestDirectory.base().resolve("howdah-testkit-" + user);
        try {
            Files.createDirectories(cache);
            Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-xr-x"));
            return cache;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
