package dev.howdah.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A command line run to its end, with a time limit. */
record Command(List<String> line, Map<String, String> environment, Path directory, String input, Duration limit) {
    /** What a command printed and how it ended. */
    record Result(int exitCode, String out, String err) {
        Result succeeded() {
            if (exitCode != 0) {
                throw new AssertionError("exit code %d%n--- out%n%s%n--- err%n%s".formatted(exitCode, out, err));
            }
            return this;
        }
    }

    static Command of(String... line) {
        return new Command(List.of(line), Map.of(), Path.of("/"), "", Duration.ofMinutes(2));
    }

    Command with(Map<String, String> more) {
        var all = new HashMap<>(environment);
        all.putAll(more);
        return new Command(line, all, directory, input, limit);
    }

    Command in(Path folder) {
        return new Command(line, environment, folder, input, limit);
    }

    Command reading(String text) {
        return new Command(line, environment, directory, text, limit);
    }

    Command within(Duration longest) {
        return new Command(line, environment, directory, input, longest);
    }

    Result run() throws IOException, InterruptedException {
        var out = Files.createTempFile("howdah-out", ".txt");
        var err = Files.createTempFile("howdah-err", ".txt");
        var in = Files.createTempFile("howdah-in", ".txt");
        try {
            Files.writeString(in, input);
            var builder = new ProcessBuilder(line)
                    .directory(directory.toFile())
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            // What the person running the tests has set must not decide how they end.
            builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("HOWDAH_"));
            builder.environment().putAll(environment);
            var process = builder.start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                throw new AssertionError("%s took longer than %s%n--- out%n%s%n--- err%n%s"
                        .formatted(line, limit, Files.readString(out), Files.readString(err)));
            }
            return new Result(process.exitValue(), read(out), read(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
            Files.delete(in);
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
