package dev.howdah.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The PgBouncer that {@code bench/pgbouncer} finds or builds. */
record PgBouncerProgram(Path file, String version) {
    private static final String SCRIPT = "bench/pgbouncer";

    /** Copies the program to where every account can run it. */
    static PgBouncerProgram copyTo(Path target) throws IOException, InterruptedException {
        var found = Path.of(firstLine(SCRIPT));
        Files.copy(found, target, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new PgBouncerProgram(target, firstLine(target.toString(), "--version"));
    }

    private static String firstLine(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = process.inputReader()) {
            var lines = out.lines().toList();
            if (process.waitFor() != 0 || lines.isEmpty()) {
                throw new IOException(String.join(" ", List.of(command)) + " found nothing");
            }
            return lines.getFirst();
        }
    }
}
