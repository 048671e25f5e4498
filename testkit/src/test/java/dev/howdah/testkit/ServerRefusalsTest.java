package dev.howdah.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.postgres.ControlData;
import dev.howdah.postgres.Initialization;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerConfig;
import dev.howdah.postgres.StopMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServerRefusalsTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void aWrongValueIsNamedWithTheLastWordsOfTheServer() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.stop(StopMode.FAST);
            var broken = postgres.server().config().withParameter("shared_buffers", "a few");

            var refused = assertThrows(PlatformException.class, () -> start(broken));

            assertTrue(refused.message().contains("shared_buffers"), refused::message);
            assertTrue(refused.message().contains("a few"), refused::message);
        }
    }

    @Test
    void whatTheServerSaysAfterItsCollectorTookOverIsNamedToo() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.stop(StopMode.FAST);
            var wal = postgres.dataDirectory().resolve("pg_wal");
            try (var segments = Files.newDirectoryStream(wal, "0*")) {
                for (var segment : segments) {
                    Files.delete(segment);
                }
            }

            var refused = assertThrows(
                    PlatformException.class, () -> start(postgres.server().config()));

            assertTrue(refused.message().contains("could not locate a valid checkpoint record"), refused::message);
        }
    }

    @Test
    void aSocketInUseIsNamed() throws Exception {
        try (var postgres = TestPostgres.start();
                var other = TestPostgres.start()) {
            other.stop(StopMode.FAST);
            var config = other.server().config();
            var taken = new ServerConfig(
                    config.dataDirectory(),
                    postgres.server().config().socketDirectory(),
                    config.port(),
                    config.logDirectory(),
                    config.clusterName(),
                    config.parameters(),
                    config.agentUsers(),
                    config.proxyUsers());

            var refused = assertThrows(PlatformException.class, () -> start(taken));

            assertEquals(SqlState.OBJECT_IN_USE, refused.state(), refused::message);
            assertTrue(refused.hint().orElseThrow().contains(".s.PGSQL."), refused::message);
            assertEquals("1", postgres.queryOne("SELECT 1"));
        }
    }

    @Test
    void dataOfAnotherMajorVersionIsRefusedWithBothVersions() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.stop(StopMode.FAST);
            Files.writeString(postgres.dataDirectory().resolve("PG_VERSION"), "16\n");

            var refused = assertThrows(
                    PlatformException.class, () -> start(postgres.server().config()));

            assertTrue(refused.message().contains("PostgreSQL 16"), refused::message);
            assertTrue(refused.message().contains("PostgreSQL 18."), refused::message);
        }
    }

    @Test
    void aControlFileThatIsDamagedOrOfAnUnknownVersionIsRefused() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.stop(StopMode.FAST);
            var file = postgres.dataDirectory().resolve("global/pg_control");
            var content = Files.readAllBytes(file);

            content[100] ^= 1;
            Files.write(file, content);
            var damaged = assertThrows(PlatformException.class, () -> ControlData.read(postgres.dataDirectory()));
            assertTrue(damaged.message().contains("checksum"), damaged::message);

            content[8] ^= 1;
            Files.write(file, content);
            var unknown = assertThrows(PlatformException.class, () -> ControlData.read(postgres.dataDirectory()));
            assertTrue(unknown.message().contains("1801"), unknown::message);
        }
    }

    @Test
    void someoneElsesDataDirectoryIsRefused() throws Exception {
        if (!TestPostgres.account().differs()) {
            return; // only root can give a directory away
        }
        try (var postgres = TestPostgres.start()) {
            postgres.stop(StopMode.FAST);
            Files.setAttribute(postgres.dataDirectory(), "unix:uid", 0);

            var refused = assertThrows(
                    PlatformException.class, () -> start(postgres.server().config()));

            assertTrue(refused.message().contains("belongs to root"), refused::message);
        }
    }

    @Test
    void aDirectoryThatTheAccountCannotEnterIsNamed() throws Exception {
        if (!TestPostgres.account().differs()) {
            return;
        }
        try (var directory = TestDirectory.create()) {
            var closed = directory.resolve("closed");
            Files.createDirectory(
                    closed, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            var config = config(directory, closed.resolve("data"));

            var refused = assertThrows(
                    PlatformException.class,
                    () -> Initialization.create(TestPostgres.binaries(), TestPostgres.account(), config));

            assertTrue(refused.message().contains(closed.toString()), refused::message);
            assertFalse(Files.exists(config.dataDirectory()));
        }
    }

    @Test
    void aDirectoryWithContentIsNotInitialized() throws Exception {
        try (var directory = TestDirectory.create()) {
            var config = config(directory, directory.resolve("data"));
            Files.createDirectory(config.dataDirectory());
            Files.writeString(config.dataDirectory().resolve("precious"), "x");

            var refused = assertThrows(
                    PlatformException.class,
                    () -> Initialization.create(TestPostgres.binaries(), TestPostgres.account(), config));

            assertEquals(SqlState.DUPLICATE_OBJECT, refused.state());
            assertTrue(Files.exists(config.dataDirectory().resolve("precious")));
        }
    }

    @Test
    void afterAFailedInitdbNothingIsLeft() throws Exception {
        try (var directory = TestDirectory.create()) {
            var config = config(directory, directory.resolve("data"));
            // bin/initdb there is "false"
            var broken = new PostgresBinaries(directory.resolve("broken"), "18.6", 18);
            Files.createDirectories(broken.directory().resolve("bin"));
            Files.createSymbolicLink(broken.program("initdb"), Path.of("/bin/false"));

            assertThrows(PlatformException.class, () -> Initialization.create(broken, TestPostgres.account(), config));

            try (var entries = Files.list(directory.path())) {
                assertEquals(
                        Set.of("broken"),
                        Set.copyOf(entries.map(path -> path.getFileName().toString())
                                .toList()));
            }
        }
    }

    @Test
    void whatIsNoInstallationIsRefused() throws Exception {
        try (var directory = TestDirectory.create()) {
            var refused = assertThrows(PlatformException.class, () -> PostgresBinaries.system(directory.path()));
            assertTrue(refused.message().contains("initdb") || refused.message().contains("postgres"));

            var bin = Files.createDirectory(directory.resolve("bin"));
            for (var program : Set.of("postgres", "initdb")) {
                var script = Files.writeString(bin.resolve(program), "#!/bin/sh\necho 'postgres (PostgreSQL) 16.4'\n");
                Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            var old = assertThrows(PlatformException.class, () -> PostgresBinaries.system(directory.path()));
            assertTrue(old.message().contains("16.4"), old::message);
        }
    }

    static ServerConfig config(TestDirectory directory, Path dataDirectory) {
        var users = TestPostgres.account().platformUsers();
        return new ServerConfig(
                dataDirectory,
                directory.resolve("run"),
                5432,
                directory.resolve("logs"),
                "test",
                Map.of("fsync", "off"),
                users,
                users);
    }

    private static void start(ServerConfig config) throws InterruptedException {
        PostgresServer.start(TestPostgres.binaries(), TestPostgres.account(), config, LIMIT);
    }
}
