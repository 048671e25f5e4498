package dev.howdah.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The process that {@code run/howdah.pid} names, as far as it lives and is Howdah. */
final class PlatformProcess {
    private static final String MAIN_CLASS = "dev.howdah.";

    private PlatformProcess() {}

    static Optional<ProcessHandle> of(Path home) {
        return pid(home.resolve("run").resolve("howdah.pid"))
                .flatMap(ProcessHandle::of)
                .filter(ProcessHandle::isAlive)
                .filter(PlatformProcess::isHowdah);
    }

    /** The number in the first line of a pid file; empty when there is none. */
    static Optional<Long> pid(Path file) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try (var lines = Files.lines(file)) {
            return lines.findFirst()
                    .map(String::strip)
                    .filter(line -> line.matches("[1-9]\\d{0,9}"))
                    .map(Long::valueOf);
        } catch (IOException e) {
            throw CliFailure.failure("io_error", "%s cannot be read: %s".formatted(file, e), "");
        }
    }

    /** The PostgreSQL servers of the home that run, whether or not the platform does. */
    static List<ProcessHandle> servers(Path home) {
        var instances = home.resolve("instances");
        if (!Files.isDirectory(instances) || !Files.isReadable(instances)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(instances)) {
            return directories.flatMap(directory -> server(directory).stream()).toList();
        } catch (IOException e) {
            throw CliFailure.failure("io_error", "%s cannot be read: %s".formatted(instances, e), "");
        }
    }

    private static Optional<ProcessHandle> server(Path directory) {
        return pid(directory.resolve("postmaster.pid"))
                .flatMap(ProcessHandle::of)
                .filter(process -> process.info()
                        .commandLine()
                        .map(line -> line.contains(directory.toString()))
                        .orElse(false));
    }

    /** A number may belong to another program by now. Where the system does not tell the command, the number has to do. */
    private static boolean isHowdah(ProcessHandle process) {
        return process.info()
                .commandLine()
                .map(line -> line.contains(MAIN_CLASS))
                .orElse(true);
    }
}
