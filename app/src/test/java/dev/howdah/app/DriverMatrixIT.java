package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Real drivers, each installed from its registry, with certificate and host name checked. */
@ExtendWith(SharedPlatform.class)
class DriverMatrixIT {
    private static final Path SOURCES = RunningPlatform.ROOT.resolve("app/src/test/drivers");
    private static final Path WORK = RunningPlatform.ROOT.resolve("app/target/drivers");
    private static final Duration INSTALL = Duration.ofMinutes(5);

    @Test
    void nodePostgres(RunningPlatform platform) throws Exception {
        Tools.need("node", "npm");
        var folder = copied("node");
        install(folder, folder.resolve("node_modules/.package-lock.json"), "npm", "ci", "--no-audit", "--no-fund");
        passes(platform, Command.of("node", "driver.js").in(folder));
    }

    @Test
    void psycopgAndAsyncpg(RunningPlatform platform) throws Exception {
        Tools.need("python3");
        var folder = copied("python");
        var python = folder.resolve("venv/bin/python");
        install(folder, python, "python3", "-m", "venv", "venv");
        install(
                folder,
                folder.resolve("installed"),
                "sh",
                "-c",
                "venv/bin/pip install -q -r requirements.txt && touch installed");
        passes(platform, Command.of(python.toString(), "driver.py").in(folder));
    }

    @Test
    void pgx(RunningPlatform platform) throws Exception {
        Tools.need("go");
        var folder = copied("go");
        install(folder, folder.resolve("driver"), "go", "build", "-o", "driver", ".");
        passes(platform, Command.of(folder.resolve("driver").toString()).in(folder));
    }

    private static void passes(RunningPlatform platform, Command driver) throws Exception {
        var result =
                driver.with(platform.environment(platform.directPort())).run().succeeded();
        assertTrue(result.out().contains("checks passed"), result.out() + result.err());
    }

    private static Path copied(String name) throws Exception {
        var folder = Files.createDirectories(WORK.resolve(name));
        try (var files = Files.list(SOURCES.resolve(name))) {
            for (var file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return folder;
    }

    /** Once per build directory: {@code done} says that it was. */
    private static void install(Path folder, Path done, String... line) throws Exception {
        if (Files.notExists(done)) {
            Command.of(line)
                    .in(folder)
                    .within(INSTALL)
                    .with(Map.of("CGO_ENABLED", "0"))
                    .run()
                    .succeeded();
        }
    }
}
