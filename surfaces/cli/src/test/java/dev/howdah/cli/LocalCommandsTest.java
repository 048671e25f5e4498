package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that look at the machine and the home rather than at the API. */
final class LocalCommandsTest {
    @TempDir
    private Path directory;

    private TestApi.Outcome run(Path home, String... arguments) {
        return TestApi.execute(TestApi.environment(Map.of("HOWDAH_HOME", home.toString())), arguments);
    }

    @Test
    void doctorExaminesTheMachineWithoutAPlatform() {
        var outcome = run(directory.resolve("home"), "doctor");
        assertEquals("", outcome.error());
        for (var check : List.of(
                "jdk",
                "account",
                "home",
                "disk",
                "direct port",
                "open files",
                "shared memory",
                "clock",
                "no backups yet")) {
            assertTrue(outcome.out().contains(check), check + " in " + outcome.out());
        }
        var json = Json.parse(
                run(directory.resolve("home"), "doctor", "--format", "json").out());
        assertEquals("jdk", json.path(0).path("check").asString());
        assertFalse(Files.exists(directory.resolve("home")), "it changes nothing");
    }

    @Test
    void doctorFindsAPortThatTheHomeNeedsTaken() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Files.writeString(
                    directory.resolve("howdah.json"), "{\"direct_port\": %d}".formatted(taken.getLocalPort()));
            var findings = new Doctor(directory, TestApi.environment(Map.of())).examine();
            var port = findings.stream()
                    .filter(finding -> finding.check().equals("direct port"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(Finding.Verdict.PROBLEM, port.verdict());
            assertTrue(port.hint().contains("--direct-port"), port.hint());
            assertEquals(ExitCode.FAILURE, run(directory, "doctor").exitCode());
        }
    }

    @Test
    void doctorDoesNotMindThePortsOfThePlatformThatRunsInTheHome() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = taken.getLocalPort();
            Files.writeString(
                    directory.resolve("howdah.json"),
                    "{\"direct_port\": %d, \"pooled_port\": %d, \"api_port\": %d}".formatted(port, port, port));
            var platform = new ProcessBuilder("bash", "-c", "read line; exit 0", "dev.howdah.app.Howdah").start();
            Files.createDirectory(directory.resolve("run"));
            Files.writeString(directory.resolve("run/howdah.pid"), platform.pid() + "\n");

            var outcome = run(directory, "doctor");
            platform.getOutputStream().close();
            assertEquals(0, platform.waitFor());

            assertEquals(
                    3,
                    TestApi.lines(outcome.out()).stream()
                            .filter(line -> line.contains(port + ", in use by the running platform"))
                            .count(),
                    outcome.out());
            assertTrue(outcome.out().contains("there are no backups yet"), outcome.out());
        }
    }

    @Test
    void doctorWarnsOfAHomeTooDeepForSocketsAndOfFewFiles() throws IOException {
        var deep = directory.resolve("x".repeat(90));
        var finding = new Doctor(deep, TestApi.environment(Map.of()))
                .examine().stream()
                        .filter(one -> one.check().equals("socket path"))
                        .findFirst()
                        .orElseThrow();
        assertEquals(Finding.Verdict.WARNING, finding.verdict());

        var limits = Files.writeString(
                directory.resolve("limits"),
                "Limit  Soft Limit  Hard Limit  Units\nMax open files            256                  512                  files\n");
        assertEquals(Finding.Verdict.PROBLEM, Doctor.openFiles(limits).verdict());
        Files.writeString(limits, "Max open files            1024                 unlimited            files\n");
        assertEquals(Finding.Verdict.OK, Doctor.openFiles(limits).verdict());
    }

    @Test
    void resetTouchesNothingThatIsNoHome() throws IOException {
        var precious = Files.writeString(directory.resolve("precious"), "x");
        var outcome = run(directory, "reset", "--yes");
        assertEquals(ExitCode.NOT_FOUND, outcome.exitCode());
        assertTrue(Files.exists(precious));
    }

    @Test
    void resetNeedsAYesAndThenEmptiesTheHomeAndNothingOutside() throws IOException {
        var outside = Files.writeString(
                Files.createDirectory(directory.resolve("outside")).resolve("file"), "x");
        var home = Files.createDirectories(directory.resolve("home"));
        Files.writeString(home.resolve("howdah.json"), "{}");
        Files.createDirectories(home.resolve("instances/main-1/base"));
        Files.writeString(home.resolve("instances/main-1/base/1"), "x");
        Files.createSymbolicLink(home.resolve("instances/link"), outside.getParent());

        assertEquals(ExitCode.USAGE, run(home, "reset").exitCode());
        assertTrue(Files.exists(home.resolve("howdah.json")));

        var outcome = run(home, "reset", "--yes");
        assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
        try (var left = Files.list(home)) {
            assertEquals(List.of(), left.toList());
        }
        assertTrue(Files.exists(outside));
    }

    @Test
    void downWithoutAPlatformEndsWith3() {
        assertEquals(ExitCode.NOT_RUNNING, run(directory, "down").exitCode());
    }

    @Test
    void downAsksTheApiAndWaitsForTheProcess() throws Exception {
        try (var api = new TestApi(directory.resolve("home"))) {
            // Its command line holds the name that a platform's does.
            var process = new ProcessBuilder("bash", "-c", "read line; exit 0", "dev.howdah.app.Howdah").start();
            Files.writeString(api.home().resolve("run/howdah.pid"), process.pid() + "\n");
            api.answer("POST /v1/shutdown", 202, "");
            var command = Thread.ofVirtual()
                    .start(() -> assertEquals(0, api.run("down").exitCode()));
            while (api.requests().isEmpty()) {
                Thread.onSpinWait();
            }
            assertTrue(command.isAlive(), "it waits");
            process.getOutputStream().close();
            command.join();
            assertEquals(0, process.waitFor());
        }
    }

    @Test
    void theHomeIsTheOptionThenTheVariableThenTheUsualPlace() {
        assertEquals(Path.of("/home/alice/.howdah"), new HomeOption(TestApi.environment(Map.of())).home());
        assertEquals(Path.of("/x"), new HomeOption(TestApi.environment(Map.of("HOWDAH_HOME", "/x"))).home());
        var alice = TestApi.environment(Map.of());
        var root = new Environment(Map.of(), "root", Path.of("/root"), "", alice.input(), alice.clock());
        assertEquals(Path.of("/var/lib/howdah"), new HomeOption(root).home());
        var outcome = run(Path.of("/x"), "status", "--home", "/nonexistent/y");
        assertTrue(outcome.error().contains("/nonexistent/y"), outcome.error());
    }
}
