package dev.howdah.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs programs that end by themselves soon. */
final class Command {
    private static final String SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Command() {}

    /** How a program ended, and everything it printed. */
    record Outcome(int status, String output) {
        boolean succeeded() {
            return status == 0;
        }
    }

    static Outcome run(List<String> command) {
        try {
            var builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .directory(Path.of("/").toFile());
            minimalEnvironment(builder);
            var process = builder.start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Outcome(ended(process), output.strip());
        } catch (IOException e) {
            return new Outcome(-1, String.valueOf(e.getMessage()));
        }
    }

    /** Nothing of our own environment reaches a server: a PGPORT or LC_ALL there would change what it does. */
    static void minimalEnvironment(ProcessBuilder builder) {
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", SYSTEM_PATH, "LC_ALL", "C", "TZ", "UTC"));
    }

    /** The full path of a system tool. */
    static Optional<String> find(String tool) {
        return Stream.of(SYSTEM_PATH.split(":"))
                .map(directory -> Path.of(directory, tool))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    static List<String> join(List<String> first, List<String> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }

    // Its output has ended, so it is about to end too: an interrupt is kept for the next wait.
    private static int ended(Process process) {
        var interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
