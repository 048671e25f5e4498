package dev.howdah.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;

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
        folder.install("venv/bin/python", "python3", "-m", "venv", "venv");
        folder.install(
                "installed",
                "sh",
                "-c",
                "venv/bin/pip install -q -r requirements.txt && cp requirements.txt installed");
        return folder;
    }

    Command command(String... line) {
        return Command.of(line).in(path);
    }

    /** Once per build directory: {@code done} is the file that says it was. */
    void install(String done, String... line) throws Exception {
        if (Files.notExists(path.resolve(done))) {
            command(line).within(INSTALL).with(Map.of("CGO_ENABLED", "0")).run().succeeded();
        }
    }
}
