package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServiceAndUpgradeTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set before each test
    private Path directory;

    private static SystemdUnit unit(boolean user, String account) {
        return new SystemdUnit(
                Path.of("/opt/howdah/howdah"),
                Path.of("/srv/my data/50%"),
                user,
                account,
                Path.of("/usr/lib/jvm/25"),
                List.of("--listen", "0.0.0.0"));
    }

    @Test
    void theUnitRunsUpInTheForegroundAndLeavesServersAloneWhenTheJvmCrashes() {
        var lines = unit(false, "alice").lines();

        assertTrue(
                lines.contains("ExecStart=/opt/howdah/howdah up --home \"/srv/my data/50%%\" --listen 0.0.0.0"),
                lines.toString());
        for (var line : List.of(
                "User=alice",
                "KillMode=process",
                "Restart=on-failure",
                "SuccessExitStatus=143",
                "TimeoutStopSec=150",
                "OOMPolicy=continue",
                "LimitNOFILE=1048576",
                "Environment=JAVA_HOME=/usr/lib/jvm/25",
                "Environment=HOWDAH_BUILD=never",
                "RequiresMountsFor=\"/srv/my data/50%%\"",
                "WantedBy=multi-user.target")) {
            assertTrue(lines.contains(line), line);
        }
    }

    @Test
    void whatWouldMakeTheServiceEndAtOnceIsRefused() {
        var nobody = TestApi.environment(Map.of());
        for (var wrong : List.of("--detach", "--home=/x")) {
            var outcome = TestApi.execute(nobody, "service", "install", "--launcher", "/opt/howdah", "--", wrong);
            assertEquals(ExitCode.USAGE, outcome.exitCode(), outcome.out());
        }
    }

    @Test
    void theUnitOfAnAccountNeedsNoRootAndSaysWhatKeepsItAlive() {
        var text = unit(true, "alice").text();

        assertTrue(text.contains("~/.config/systemd/user/howdah.service"));
        assertTrue(text.contains("loginctl enable-linger alice"));
        assertTrue(text.contains("WantedBy=default.target"));
        assertFalse(text.contains("User="));
    }

    @Test
    void theCommandPrintsTheUnitAndChangesNothing() throws IOException {
        var launcher = directory.resolve("howdah");
        var home = directory.resolve("home");
        var outcome = TestApi.execute(
                TestApi.environment(Map.of()),
                "service",
                "install",
                "--home",
                home.toString(),
                "--launcher",
                launcher.toString(),
                "--",
                "--pooled-port",
                "7000");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        assertTrue(
                outcome.out().contains("ExecStart=%s up --home %s --pooled-port 7000\n".formatted(launcher, home)),
                outcome.out());
        try (var left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }

    private TestApi.Outcome upgrade(TestApi api, String version) {
        api.answer("GET /v1/status", 200, """
                {"version": "%s", "home": "/h", "started_at": "2026-11-20T12:00:00Z", "direct": {"host": "localhost", "port": 1},
                 "pooled": {"host": "localhost", "port": 2}, "api": {"host": "localhost", "port": 3}, "ca_file": "/h/ca",
                 "projects": 0, "branches": []}""".formatted(version));
        return api.run("upgrade", "--format", "json");
    }

    @Test
    void upgradeComparesThePlatformThatRunsWithThisProgram() throws IOException {
        try (var api = new TestApi(directory.resolve("older"))) {
            var outcome = upgrade(api, "0.0.1");
            assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
            assertTrue(outcome.out().contains("\"verdict\" : \"UPGRADE\""), outcome.out());
        }
        try (var api = new TestApi(directory.resolve("same"))) {
            assertTrue(upgrade(api, ProgramVersion.current()).out().contains("CURRENT"));
        }
        try (var api = new TestApi(directory.resolve("newer"))) {
            var outcome = upgrade(api, "999.0.0");
            assertEquals(ExitCode.CONFLICT, outcome.exitCode());
            assertTrue(outcome.out().contains("OLDER_PROGRAM"), outcome.out());
        }
    }

    @Test
    void upgradeOfAHomeThatDoesNotRunSaysThatTheNextStartIsIt() throws IOException {
        var environment = TestApi.environment(Map.of("HOWDAH_HOME", directory.toString()));
        assertTrue(TestApi.execute(environment, "upgrade").out().contains("There is no home yet"));
        Files.writeString(directory.resolve("howdah.json"), "{}");
        Files.createDirectories(directory.resolve("postgres/18.4"));

        var outcome = TestApi.execute(environment, "upgrade");

        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        assertTrue(outcome.out().contains("The next start is the upgrade"), outcome.out());
        assertTrue(outcome.out().contains("18.4"), outcome.out());
        assertTrue(outcome.out().contains("forward only"), outcome.out());
    }

    @Test
    void versionsAreComparedByTheirNumbers() {
        assertEquals(OptionalInt.of(0), Versions.compare("0.1.0", "0.1"));
        assertTrue(Versions.compare("0.10.0", "0.9.9").getAsInt() > 0);
        assertTrue(Versions.compare("1.0.0-SNAPSHOT", "1.0.0").getAsInt() < 0);
        assertEquals(OptionalInt.empty(), Versions.compare("1.0", "unknown"));
    }
}
