package dev.howdah.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.Bytes;
import dev.howdah.base.ServerAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartsTest {
    private Path directory = Path.of("");

    @BeforeEach
    void makeDirectory() throws Exception {
        directory = Files.createTempDirectory("howdah-parts-");
    }

    @AfterEach
    void removeDirectory() {
        Disk.deleteTree(directory);
    }

    @Test
    void theProgramsAreUnpackedOnceByWhoeverComesFirstAndCannotBeChanged() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = threads.submit(() -> PostgresBinaries.embedded(directory));
            var second = threads.submit(() -> PostgresBinaries.embedded(directory));

            assertEquals(first.get(), second.get());
            var postgres = first.get().program("postgres");
            assertEquals("r-xr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(postgres)));
            var said = Command.run(List.of(postgres.toString(), "--version"));
            assertTrue(said.output().contains(first.get().version()), said::output);
            try (var left = Files.list(directory)) {
                assertEquals(
                        Set.of(".lock", first.get().version()),
                        Set.copyOf(
                                left.map(path -> path.getFileName().toString()).toList()));
            }
        }
    }

    @Test
    void seventeenGetsNoParameterThatItLacks() {
        var eighteen = ServerParameters.defaults(18, Bytes.ofGigabytes(100));
        var seventeen = ServerParameters.defaults(17, Bytes.ofGigabytes(100));

        assertEquals("worker", eighteen.get("io_method"));
        assertFalse(seventeen.containsKey("io_method"));
        assertFalse(seventeen.containsKey("idle_replication_slot_timeout"));
        assertEquals(eighteen.size() - 2, seventeen.size());
        assertEquals("4096MB", eighteen.get("max_slot_wal_keep_size"));
        assertEquals(
                "1024MB", ServerParameters.defaults(18, Bytes.ofGigabytes(10)).get("max_slot_wal_keep_size"));
    }

    @Test
    void aConfigRefusesWhatWouldNotWork() {
        assertThrows(IllegalArgumentException.class, () -> config(Path.of("/" + "x".repeat(100)), Map.of(), Set.of()));
        assertThrows(
                IllegalArgumentException.class, () -> config(directory, Map.of("hba_file", "/tmp/open"), Set.of()));
        assertThrows(IllegalArgumentException.class, () -> config(directory, Map.of("a\nport", "1"), Set.of()));
        assertThrows(IllegalArgumentException.class, () -> config(directory, Map.of(), Set.of("/.*")));
        assertEquals(
                "9",
                config(directory, Map.of(), Set.of("me"))
                        .withParameter("port_", "9")
                        .parameters()
                        .get("port_"));
    }

    @Test
    void theSameConfigurationIsNotWrittenTwice() throws Exception {
        var account = ServerAccount.current();
        var config = config(directory, Map.of("work_mem", "1MB"), Set.of("me"));
        var binaries = new PostgresBinaries(directory, "18.6", 18);
        ServerFiles.write(binaries, account, config, directory);
        var file = directory.resolve(ServerFiles.PARAMETERS);
        var before = Files.readAttributes(file, "unix:ino");

        ServerFiles.write(binaries, account, config, directory);
        assertEquals(before, Files.readAttributes(file, "unix:ino"));

        ServerFiles.write(binaries, account, config.withParameter("work_mem", "2MB"), directory);
        assertTrue(Files.readString(file).contains("work_mem = '2MB'"));
        assertEquals(
                1,
                Files.readString(directory.resolve("postgresql.conf"))
                        .lines()
                        .filter(line -> line.startsWith("include"))
                        .count());
        assertTrue(Files.readString(directory.resolve("pg_ident.conf")).contains("agent \"me\" howdah_admin"));
    }

    @Test
    void socketsLieInTheHomeWhileThatIsShortEnough() throws Exception {
        var account = ServerAccount.current();
        var deep = directory.resolve("d".repeat(80));

        assertEquals(directory.resolve("run"), SocketDirectory.of(directory, account));
        var elsewhere = SocketDirectory.of(deep, account);
        try {
            assertEquals(elsewhere, SocketDirectory.of(deep, account));
            assertFalse(elsewhere.startsWith(directory));
            assertTrue(elsewhere.toString().length() <= ServerConfig.SOCKET_DIRECTORY_BYTES_MAX);
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(elsewhere)));
            Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwxrwxrwx"));
            assertThrows(RuntimeException.class, () -> SocketDirectory.of(deep, account));
        } finally {
            Disk.deleteTree(elsewhere);
        }
    }

    @Test
    void aProcessIsToldApartFromALaterOneWithTheSameId() {
        var self = ProcessIdentity.of(ProcessHandle.current().pid()).orElseThrow();

        assertTrue(self.alive());
        assertFalse(new ProcessIdentity(self.pid(), self.start() - 1).alive());
        assertFalse(self.isPostmasterOf(directory));
        assertThrows(IllegalStateException.class, () -> Signals.send(0, Signals.TERM));
    }

    @Test
    void theReasonOfAFailureIsReadFromBothLogs() throws Exception {
        var json = directory.resolve("postgresql-Fri-10.json");
        Files.writeString(json, "{\"error_severity\":\"FATAL\",\"message\":\"of an earlier start\"}\n");
        var log = StartLog.begin(ServerAccount.current(), directory);
        Files.writeString(log.early(), "LOG:  redirecting log output to logging collector process\nsomething early\n");
        Files.writeString(
                json,
                Files.readString(json)
                        + "{\"error_severity\":\"FATAL\",\"message\":\"a \\\"quoted\\\"\\tword \\u00e9 $1\",\"hint\":\"try\"}\n");

        var tail = log.tail();

        assertEquals(List.of("something early", "FATAL:  a \"quoted\"\tword é $1", "  hint:  try"), tail);
        assertTrue(StartLog.explains(tail));
    }

    @Test
    void aConninfoQuotesWhatItMust() {
        var address = new ServerAddress.UnixSocket(Path.of("/run/it's here"), 5433);
        assertEquals(
                "host='/run/it\\'s here' port=5433 user=howdah_replicator application_name='a-1'",
                ServerFiles.primaryConninfo(address, "a-1"));
    }

    private ServerConfig config(Path sockets, Map<String, String> parameters, Set<String> users) {
        return new ServerConfig(directory.resolve("data"), sockets, 5432, directory, "test", parameters, users, users);
    }
}
