package dev.howdah.coordination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InProcessCoordinationTest extends CoordinationContract {
    private static final InstantSource CLOCK = InstantSource.fixed(NOON);
    private static final int HALTED = 66;

    @TempDir
    private Path directory;

    @Override
    Coordination openEmpty() {
        return InProcessCoordination.open(directory.resolve("contract"), CLOCK);
    }

    @Override
    Coordination reopen(Coordination store) {
        store.close();
        return openEmpty();
    }

    private Path file() {
        return directory.resolve("clusters.json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "null",
                "[]",
                "{}",
                "{\"format\": 1, \"savedAt\": \"x\", \"lastRevision\": 1, \"clusters\": null}",
                "{\"format\": 2, \"savedAt\": \"x\", \"lastRevision\": 1, \"clusters\": []}",
                "{\"format\": 1, \"savedAt\": \"x\", \"lastRevision\": 1, \"clusters\": [], \"more\": 1}",
                "{\"format\": 1, \"savedAt\": \"x\", \"lastRevision\": 1, \"clusters\": [null]}",
                "{\"format\": 1, \"savedAt\": \"x\", \"lastRevision\": 1, \"clusters\": []} rubbish"
            })
    void aDamagedFileStopsTheStartAndIsNamed(String content) throws Exception {
        Files.writeString(file(), content);

        var refused = assertThrows(PlatformException.class, () -> InProcessCoordination.open(directory, CLOCK));

        assertEquals(SqlState.IO_ERROR, refused.state());
        assertTrue(refused.message().contains(file().toString()), refused.message());
        assertEquals(content, Files.readString(file()), "it is left for people to look at");
    }

    @Test
    void aFileCutAnywhereIsRefusedAndNeverHalfRead() throws Exception {
        try (var store = InProcessCoordination.open(directory, CLOCK)) {
            set(store, record(BRANCH, 1, 3), 0);
        }
        var whole = Files.readString(file()).strip().getBytes(StandardCharsets.UTF_8);
        for (var length = 0; length < whole.length; length += 7) {
            Files.write(file(), java.util.Arrays.copyOf(whole, length));
            assertThrows(PlatformException.class, () -> InProcessCoordination.open(directory, CLOCK));
        }
        Files.write(file(), whole);
        try (var store = InProcessCoordination.open(directory, CLOCK)) {
            assertEquals(record(BRANCH, 1, 3), store.read(BRANCH).orElseThrow().record());
        }
    }

    @Test
    void aProcessKilledBetweenTheNewFileAndItsRenameLeavesTheOldState() throws Exception {
        try (var store = InProcessCoordination.open(directory, CLOCK)) {
            set(store, record(BRANCH, 1, 3), 0);
        }

        var killed = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath(),
                        KilledWriter.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertTrue(killed.waitFor(20, TimeUnit.SECONDS));
        assertEquals(HALTED, killed.exitValue());
        assertTrue(Files.exists(directory.resolve("clusters.json.new")), "it got as far as the new file");

        try (var store = InProcessCoordination.open(directory, CLOCK)) {
            var kept = store.read(BRANCH).orElseThrow();
            assertEquals(record(BRANCH, 1, 3), kept.record());
            set(store, record(BRANCH, 3, 3), kept.revision());
        }
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .replace(File.pathSeparator + File.pathSeparator, File.pathSeparator);
    }

    /** Ends its own process, as a kill -9 would, at the most dangerous moment of a write. */
    static final class KilledWriter {
        private KilledWriter() {}

        public static void main(String[] arguments) {
            var store = InProcessCoordination.open(
                    Path.of(arguments[0]), CLOCK, () -> Runtime.getRuntime().halt(HALTED));
            var read = store.read(BRANCH).orElseThrow();
            store.compareAndSet(record(BRANCH, 2, 3), read.revision());
        }
    }

    @Test
    void aFullDiskRefusesTheChangeAndChangesNothing() throws Exception {
        try (var store = InProcessCoordination.open(directory, CLOCK)) {
            var before = set(store, record(BRANCH, 1, 3), 0);
            // /dev/full answers every write as a full disk does.
            Files.createSymbolicLink(directory.resolve("clusters.json.new"), Path.of("/dev/full"));

            var refused = assertThrows(
                    CoordinationException.class, () -> store.compareAndSet(record(BRANCH, 2, 3), before.revision()));
            assertTrue(String.valueOf(refused.getMessage()).contains("No space left"), refused.getMessage());
            assertEquals(Optional.of(before), store.read(BRANCH));
            assertFalse(Files.exists(directory.resolve("clusters.json.new"), java.nio.file.LinkOption.NOFOLLOW_LINKS));

            set(store, record(BRANCH, 2, 3), before.revision());
        }
        try (var store = InProcessCoordination.open(directory, CLOCK)) {
            assertEquals(2, store.read(BRANCH).orElseThrow().record().epoch().number());
        }
    }

    @Test
    void aSecondStoreOnTheSameDirectoryIsRefused() {
        try (var _ = InProcessCoordination.open(directory, CLOCK)) {
            var refused = assertThrows(PlatformException.class, () -> InProcessCoordination.open(directory, CLOCK));
            assertEquals(SqlState.OBJECT_IN_USE, refused.state());
        }
        InProcessCoordination.open(directory, CLOCK).close();
    }
}
