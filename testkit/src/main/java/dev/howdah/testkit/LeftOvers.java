package dev.howdah.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/** Servers and directories of test runs that were killed before they could clean up. */
final class LeftOvers {
    private static final Pattern NAME = Pattern.compile(TestDirectory.PREFIX + "(\\d+)-\\d+");
    private static final Duration END_WAIT = Duration.ofSeconds(10);
    private static final AtomicBoolean SWEPT = new AtomicBoolean();

    private LeftOvers() {}

    /** Removes what belongs to processes that are gone. */
    static void sweepOnce() {
        if (!SWEPT.compareAndSet(false, true)) {
            return;
        }
        try (var entries = Files.newDirectoryStream(TestDirectory.base(), TestDirectory.PREFIX + "*")) {
            for (var entry : entries) {
                var name = NAME.matcher(entry.getFileName().toString());
                if (name.matches()
                        && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
                    endServersIn(entry);
                    TestDirectory.delete(entry);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL for every postmaster whose data directory is below, and all its processes. */
    static void endServersIn(Path directory) {
        ProcessHandle.allProcesses()
                .filter(process -> worksBelow(process, directory))
                .toList()
                .forEach(LeftOvers::kill);
    }

    /** SIGKILL for a postmaster and its processes; returns when they are gone. */
    static void kill(ProcessHandle postmaster) {
        // Listed before, killed after: without its postmaster a child has another parent, and starts no further one.
        var children = postmaster.descendants().toList();
        postmaster.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        Eventually.until(
                END_WAIT,
                "the processes of postmaster %d are gone".formatted(postmaster.pid()),
                () -> isGone(postmaster) && children.stream().allMatch(LeftOvers::isGone));
    }

    // A process that its parent has not yet reaped is gone for our purpose.
    private static boolean isGone(ProcessHandle process) {
        try {
            return !process.isAlive()
                    || Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"))
                            .contains(") Z ");
        } catch (IOException e) {
            return true; // gone between the two looks
        }
    }

    private static boolean worksBelow(ProcessHandle process, Path directory) {
        var proc = Path.of("/proc", Long.toString(process.pid()));
        try {
            return Files.readSymbolicLink(proc.resolve("cwd")).startsWith(directory)
                    && List.of(Files.readString(proc.resolve("cmdline")).split("\0"))
                            .getFirst()
                            .endsWith("postgres");
        } catch (IOException e) {
            return false; // ended meanwhile, or somebody else's
        }
    }
}
