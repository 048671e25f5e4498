package dev.howdah.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One process, told apart from a later one with the same id by when it started.
 *
 * @param start Linux: ticks since boot, which no change of the clock moves; elsewhere milliseconds since 1970
 */
record ProcessIdentity(long pid, long start) {
    private static final boolean LINUX = Files.exists(Path.of("/proc/self/stat"));
    /** Field 22 of {@code /proc/<pid>/stat}, counted from field 3, the first after the name. */
    private static final int START_FIELD = 22 - 3;

    /** The process that has this id now. A dead one that its parent has not yet reaped counts as none. */
    static Optional<ProcessIdentity> of(long pid) {
        return LINUX ? fromProc(pid) : fromHandle(pid);
    }

    boolean alive() {
        return of(pid).filter(this::equals).isPresent();
    }

    /** Whether any process has this working directory, as every process of a server has. Unknown (true) where there is no /proc. */
    static boolean anyWorksIn(Path directory) {
        if (!LINUX) {
            return true;
        }
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
            var real = directory.toRealPath();
            for (var process : processes) {
                if (link(process.resolve("cwd")).filter(real::equals).isPresent()) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The program that runs, where the system says. */
    Optional<Path> program() {
        return LINUX
                ? link(proc("exe"))
                : ProcessHandle.of(pid)
                        .flatMap(handle -> handle.info().command())
                        .map(Path::of);
    }

    /**
     * Whether this is the postmaster of that data directory. A postmaster's working directory is its data directory, of which it is the only
     * one; its children, which share that, have titles of the form {@code postgres: ...} instead of a command line.
     */
    boolean isPostmasterOf(Path dataDirectory) {
        if (!LINUX) {
            return program()
                    .map(Path::getFileName)
                    .map(Path::toString)
                    .orElse("")
                    .equals("postgres");
        }
        try {
            var arguments = Files.readString(proc("cmdline"), StandardCharsets.ISO_8859_1)
                    .split("\0", 2);
            var command = Path.of(arguments[0]).getFileName();
            return command != null
                    && command.toString().equals("postgres")
                    && link(proc("cwd"))
                            .filter(dataDirectory.toRealPath()::equals)
                            .isPresent();
        } catch (IOException e) {
            return false; // ended meanwhile, or not ours to look at
        }
    }

    private static Optional<Path> link(Path link) {
        try {
            return Optional.of(Files.readSymbolicLink(link));
        } catch (IOException e) {
            return Optional.empty(); // ended meanwhile, or not ours to look at
        }
    }

    private Path proc(String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }

    private static Optional<ProcessIdentity> fromProc(long pid) {
        return stat(pid)
                .filter(fields -> !isDead(fields.getFirst()))
                .map(fields -> new ProcessIdentity(pid, Long.parseLong(fields.get(START_FIELD))));
    }

    private static Optional<ProcessIdentity> fromHandle(long pid) {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .flatMap(handle -> handle.info().startInstant())
                .map(start -> new ProcessIdentity(pid, start.toEpochMilli()));
    }

    private static boolean isDead(String state) {
        return state.equals("Z") || state.equals("X");
    }

    // The name stands in brackets and may contain anything, brackets and spaces too: fields are counted from the last
    // bracket.
    private static Optional<List<String>> stat(long pid) {
        try {
            var line = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            return Optional.of(
                    List.of(line.substring(line.lastIndexOf(')') + 2).strip().split(" ")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
