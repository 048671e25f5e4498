package dev.howdah.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** What the figures were measured on. */
final class Machine {
    private Machine() {}

    static String describe() throws IOException {
        return String.format(
                Locale.ROOT,
                "%d cores (%s), %.0f GB, Linux %s; Java %s",
                Runtime.getRuntime().availableProcessors(),
                field(Path.of("/proc/cpuinfo"), "model name").orElse("unknown"),
                Double.parseDouble(field(Path.of("/proc/meminfo"), "MemTotal")
                                .orElse("0")
                                .replaceAll("\\D", ""))
                        / (1 << 20),
                System.getProperty("os.version"),
                Runtime.version());
    }

    private static Optional<String> field(Path file, String name) throws IOException {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        }
    }

    /** The commit that the checkout is at, and whether it was changed since. */
    static String commit() throws IOException, InterruptedException {
        var process = new ProcessBuilder("git", "describe", "--always", "--dirty=, changed since")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var out = process.inputReader()) {
            var line = out.readLine();
            return process.waitFor() == 0 && line != null ? line : "unknown";
        }
    }
}
