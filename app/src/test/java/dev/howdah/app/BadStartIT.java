package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts that cannot work: each says what is wrong and what to do, leaves no process behind, and the next good start works. */
class BadStartIT {
    @Test
    void aTakenPortThatWasAskedForIsNamedWithItsFlag() throws Exception {
        try (var platform = RunningPlatform.prepare();
                var _ = new ServerSocket(platform.directPort(), 1, InetAddress.getLoopbackAddress())) {
            refused(platform, "port %d".formatted(platform.directPort()), "--direct-port");
        }
    }

    @Test
    void aHomeThatIsAFileIsRefused() throws Exception {
        try (var platform = RunningPlatform.prepare()) {
            Files.createFile(platform.home());
            refused(platform, platform.home().toString(), "--home");
            Files.delete(platform.home());
        }
    }

    @Test
    void aReadOnlyHomeIsRefused() throws Exception {
        Tools.needRoot();
        try (var platform = RunningPlatform.prepare();
                var _ = new Tmpfs(platform.home(), "size=64m,mode=0755,ro")) {
            refused(platform, platform.home().toString(), "");
        }
    }

    /** Full while the program is copied, while PostgreSQL is unpacked, while the first data directory is made, while the others are. */
    @ParameterizedTest
    @ValueSource(ints = {30, 70, 125, 250})
    void aFullDiskIsSaidPlainly(int megabytes) throws Exception {
        Tools.needRoot();
        try (var platform = RunningPlatform.prepare();
                var _ = new Tmpfs(platform.home(), "size=%dm,mode=0755".formatted(megabytes))) {
            refused(platform, "no space left", "");
        }
    }

    @Test
    void dataOfAnotherMajorVersionIsRefusedAndLeftAlone() throws Exception {
        try (var platform = RunningPlatform.start()) {
            platform.howdah("down").succeeded();
            var version = instance(platform, platform.branch() + "-1").resolve("PG_VERSION");
            Files.writeString(version, "16\n");
            var result = platform.tryUp();
            var status = platform.howdah("status");
            assertTrue(
                    (result.out() + result.err() + status.out()).contains("16"),
                    "the version found is named:\n" + result.out() + result.err() + status.out());
            platform.howdah("down");
            Files.writeString(version, "18\n");
            platform.up();
        }
    }

    @Test
    void aSecondStartOfTheSameHomeSaysThatItRuns() throws Exception {
        try (var platform = RunningPlatform.start()) {
            var again = platform.tryUp();
            assertTrue((again.out() + again.err()).contains("already running"), again.out() + again.err());
            assertFalse((again.out() + again.err()).contains("howdah_pw_"));
        }
    }

    @Test
    void aWrongPoolerSettingStopsTheStart() throws Exception {
        try (var platform = RunningPlatform.start()) {
            platform.howdah("down").succeeded();
            var file = platform.home().resolve("pooler.conf");
            Files.writeString(file, "default_pool_sise = 5\n");
            refused(platform, "pooler.conf line 1", "default_pool_size");
            Files.writeString(file, "default_pool_size = 5 # enough\n");
            platform.up();
        }
    }

    private static Path instance(RunningPlatform platform, String name) {
        return platform.home().resolve("instances").resolve(name);
    }

    private static void refused(RunningPlatform platform, String said, String hinted) throws Exception {
        var result = platform.tryUp();
        var text = result.out() + result.err();
        assertNotEquals(0, result.exitCode(), text);
        assertTrue(text.toLowerCase(Locale.ROOT).contains(said.toLowerCase(Locale.ROOT)), text);
        assertTrue(text.contains(hinted), text);
        assertFalse(text.contains("\tat "), "no stack trace:\n" + text);
        assertEquals(
                0, ProcessHandle.allProcesses().filter(p -> runsIn(p, platform)).count(), "nothing is left running");
    }

    private static boolean runsIn(ProcessHandle process, RunningPlatform platform) {
        return process.info().commandLine().orElse("").contains(platform.home().toString());
    }

    /** A small file system mounted on a directory for as long as this is open. */
    private static final class Tmpfs implements AutoCloseable {
        private final Path directory;

        Tmpfs(Path directory, String options) throws Exception {
            this.directory = Files.createDirectories(directory);
            Command.of("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory.toString())
                    .run()
                    .succeeded();
        }

        @Override
        public void close() throws Exception {
            Command.of("umount", "-l", directory.toString()).run().succeeded();
        }
    }
}
