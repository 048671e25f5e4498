package dev.howdah.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** Test programs in another language, copied to the build directory, with what they need installed beside them from its registry. */
record DriverFolder(Path path) {
    private static final Path SOURCES = RunningPlatform.ROOT.resolve("app/src/test/drivers");
    private static final Path WORK = RunningPlatform.ROOT.resolve("app/target/drivers");
    private static final Duration INSTALL = Duration.ofMinutes(10);

    static DriverFolder of(String name) throws Exception {
        var folder = Files.createDirectories(WORK.resolve(name));
        try (var files = Files.list(SOURCES.resolve(name))) {
            for (var file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return new DriverFolder(folder);
    }

    /** The Python programs, with their libraries in an environment of their own. */
    static DriverFolder python() throws Exception {
        Tools.need("python3");
        var folder = of("python");
        folder.install(
                "requirements.txt",
                "sh",
                "-c",
                "python3 -m venv --clear venv && venv/bin/pip install -q -r requirements.txt");
        return folder;
    }

    Command command(String... line) {
        return Command.of(line).in(path);
    }

    /** Runs {@code line} unless it has been run here for {@code wanted}, a file that says what is to be installed, as it is now. */
    void install(String wanted, String... line) throws Exception {
        var done = path.resolve(wanted + ".installed");
        if (Files.notExists(done) || Files.mismatch(done, path.resolve(wanted)) >= 0) {
            command(line).within(INSTALL).run().succeeded();
            Files.copy(path.resolve(wanted), done, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
