package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

/** A PostgreSQL installation of the user's instead of the embedded one; here a relocated copy of that one. */
class OwnPostgresIT {
    @Test
    void theInstallationThatIsNamedRunsTheServers() throws Exception {
        var parent = Files.createTempDirectory("howdah-own");
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        var installation = parent.resolve("pgsql");
        Command.of("cp", "-a", TestPostgres.binaries().directory().toString(), installation.toString())
                .run()
                .succeeded();
        try (var platform = RunningPlatform.prepare()) {
            platform.up("--postgres", installation.toString());
            for (var pid : platform.postmasters().values()) {
                var program = Path.of("/proc", "" + pid, "exe").toRealPath();
                assertTrue(program.startsWith(installation), program + " is not of " + installation);
            }
            try (var connection = platform.connect()) {
                assertEquals("postgres", DirectEndpointIT.one(connection, "select current_user"));
            }
        } finally {
            Command.of("chmod", "-R", "u+w", parent.toString()).run().succeeded();
            RunningPlatform.deleteTree(parent);
        }
    }

    @Test
    void whatIsNoInstallationIsRefused() throws Exception {
        try (var platform = RunningPlatform.prepare()) {
            var result = platform.tryUp("--postgres", "/usr");
            assertNotEquals(0, result.exitCode());
            assertTrue(result.err().contains("/usr is not a PostgreSQL installation"), result.out() + result.err());
        }
    }
}
