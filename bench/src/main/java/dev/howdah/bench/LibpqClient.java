package dev.howdah.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The system's {@code psql} and {@code pgbench}: the same client for every way in. */
final class LibpqClient {
    private static final Path NOTHING = Path.of("/dev/null");

    private final Path log;

    /** @param log a file for what the clients say, read when one fails */
    LibpqClient(Path log) {
        this.log = log;
    }

    static String version(String program) throws IOException, InterruptedException {
        var process = new ProcessBuilder(program, "--version").start();
        try (var out = process.inputReader()) {
            var line = out.readLine();
            return process.waitFor() == 0 && line != null ? line : "unknown";
        }
    }

    /** Runs psql with these arguments; what it reads from the server goes nowhere. */
    void psql(Map<String, String> environment, Path input, String... arguments)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"));
        command.addAll(List.of("-o", NOTHING.toString()));
        command.addAll(List.of(arguments));
        run(command, environment, input);
    }

    void psql(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        psql(environment, NOTHING, arguments);
    }

    /** psql's own words about its connection, among them the TLS version and cipher. */
    String connectionInfo(Map<String, String> environment) throws IOException, InterruptedException {
        return run(List.of("psql", "-X", "-c", "\\conninfo"), environment, NOTHING)
                .strip();
    }

    /** Transactions per second when each has a connection of its own, with 8 clients at once. */
    double connectsPerSecond(Map<String, String> environment, Path script, int seconds)
            throws IOException, InterruptedException {
        var command = List.of(
                "pgbench", "-n", "-C", "-c", "8", "-j", "2", "-T", Integer.toString(seconds), "-f", script.toString());
        var output = run(command, environment, NOTHING);
        return PgbenchReport.parse(output).rate();
    }

    /** Everything that the program says; an exception with it when it fails. */
    String run(List<String> command, Map<String, String> environment, Path input)
            throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command)
                .redirectInput(input.toFile())
                .redirectOutput(log.toFile())
                .redirectErrorStream(true);
        // Settings of whoever runs the benchmark must not leak into it.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().putAll(environment);
        builder.environment().put("LC_ALL", "C");
        builder.directory(new File("/"));
        var process = builder.start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("%s ended with %d:%n%s"
                        .formatted(String.join(" ", command), process.exitValue(), Files.readString(log)));
            }
        } finally {
            process.destroy();
        }
        return Files.readString(log);
    }
}
