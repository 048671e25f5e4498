package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script in a small tree of its own, with JDKs and a Maven that are scripts which say how they were called. */
final class LauncherTest {
    private static final String BUILD_CALL =
            "mvn -B -q -Dmaven.test.skip=true -Dspotless.apply.skip=true -Dspotless.check.skip=true -pl app -am package";

    private static final Path LAUNCHER =
            Path.of("../../howdah").toAbsolutePath().normalize();

    @TempDir
    private Path directory;

    private Path root;
    private Path jdk;
    private Path tools;

    private record Outcome(int exitCode, List<String> out, List<String> error) {}

    @BeforeEach
    void makeTree() throws IOException {
        // A platform started by root runs as another account, which must be able to get here.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        root = Files.createDirectories(directory.resolve("the tree"));
        Files.copy(LAUNCHER, root.resolve("howdah"));
        Files.createDirectories(root.resolve("app/src/main/java"));
        Files.writeString(root.resolve("app/src/main/java/A.java"), "class A {}");
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        jdk = jdk(directory.resolve("jdk"), "25.0.3");
        tools = Files.createDirectories(directory.resolve("tools"));
        script(tools.resolve("mvn"), """
                echo "mvn $*" >> '%s/mvn.calls'
                [ ! -e '%s/broken' ] || { echo 'A.java: does not compile'; exit 1; }
                mkdir -p app/target/howdah/lib && echo jar > 'app/target/howdah/lib/b c.jar' && echo jar > app/target/howdah/lib/a.jar
                """.formatted(directory, directory));
    }

    private Path jdk(Path home, String version) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
        script(home.resolve("bin/javac"), "");
        script(home.resolve("bin/java"), """
                for last; do :; done
                if [ "$last" = warm-up ]; then exit 0; fi
                echo "java of %s"
                printf '<%%s>\\n' "$@"
                """.formatted(home.getFileName()));
        return home;
    }

    private static Path script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/bash\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private Map<String, String> jdkHere() {
        return Map.of("HOWDAH_JAVA_HOME", jdk.toString());
    }

    private Outcome run(Map<String, String> variables, String... arguments) throws Exception {
        return run(root.resolve("howdah"), variables, arguments);
    }

    private Outcome run(Path launcher, Map<String, String> variables, String... arguments) throws Exception {
        return end(start(launcher, variables, arguments));
    }

    private Process start(Path launcher, Map<String, String> variables, String... arguments) throws IOException {
        var words = Stream.concat(Stream.of("bash", launcher.toString()), Stream.of(arguments))
                .toList();
        var builder = new ProcessBuilder(words).directory(directory.toFile());
        builder.environment().clear();
        var base = new HashMap<>(Map.of(
                "PATH",
                tools + ":/usr/bin:/bin:/usr/sbin",
                "HOME",
                directory + "/nobody",
                "HOWDAH_JVM_DIRS",
                directory + "/none",
                "LANG",
                "C.UTF-8"));
        base.putAll(variables);
        builder.environment().putAll(base);
        return builder.start();
    }

    private static Outcome end(Process process) throws Exception {
        process.getOutputStream().close();
        var error = new ArrayList<String>();
        var reader = Thread.ofVirtual()
                .start(() -> process.errorReader(StandardCharsets.UTF_8).lines().forEach(error::add));
        var out = process.inputReader(StandardCharsets.UTF_8).lines().toList();
        reader.join();
        return new Outcome(process.waitFor(), out, error);
    }

    private List<String> mavenCalls() throws IOException {
        var calls = directory.resolve("mvn.calls");
        return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    }

    /** A path without java, for the tests of where else one is looked for. */
    private String pathWithoutJava() throws IOException {
        var bin = Files.createDirectories(directory.resolve("bin"));
        for (var tool : List.of(
                "bash",
                "find",
                "mkdir",
                "rm",
                "mv",
                "cp",
                "cat",
                "cksum",
                "tr",
                "touch",
                "ls",
                "tail",
                "readlink",
                "flock",
                "sleep",
                "dirname")) {
            var place = Stream.of("/usr/bin/", "/bin/")
                    .map(path -> Path.of(path + tool))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow();
            script(bin.resolve(tool), "exec %s \"$@\"\n".formatted(place));
        }
        return bin + ":" + tools;
    }

    @Test
    void withoutAJdkItSaysInThreeLinesWhatIsMissingWhereItLookedAndWhatToDo() throws Exception {
        jdk(directory.resolve("several/old"), "21.0.1");
        var noJavac = jdk(directory.resolve("several/jre"), "25");
        Files.delete(noJavac.resolve("bin/javac"));
        var outcome = run(
                Map.of(
                        "PATH",
                        pathWithoutJava(),
                        "HOWDAH_JVM_DIRS",
                        directory + "/several",
                        "JAVA_HOME",
                        directory + "/several/old"),
                "version");
        assertEquals(1, outcome.exitCode());
        assertEquals(3, outcome.error().size(), outcome.error().toString());
        assertTrue(
                outcome.error().get(0).startsWith("error: Howdah needs a JDK 25 or later"),
                outcome.error().toString());
        assertTrue(
                outcome.error().get(1).contains(directory + "/several"),
                outcome.error().toString());
        assertTrue(
                outcome.error().get(2).contains("apt install openjdk-25-jdk"),
                outcome.error().toString());
        assertEquals(List.of(), outcome.out());
    }

    @Test
    void aJdkAskedForByNameIsTakenOrItIsAnError() throws Exception {
        var old = jdk(directory.resolve("old"), "17.0.9");
        var outcome = run(Map.of("HOWDAH_JAVA_HOME", old.toString(), "JAVA_HOME", jdk.toString()), "version");
        assertEquals(1, outcome.exitCode());
        assertEquals(3, outcome.error().size());
        assertTrue(
                outcome.error().getFirst().contains(old.toString()),
                outcome.error().toString());
    }

    @Test
    void aJdkIsFoundInEveryUsualPlaceAndOldOnesArePassedOver() throws Exception {
        var old = jdk(directory.resolve("old"), "17.0.9").toString();
        var path = pathWithoutJava();
        assertEquals("java of jdk", firstLine(Map.of("PATH", path, "JAVA_HOME", jdk.toString())));

        // As Debian does it: a link to a link to the JDK's java.
        var link = directory.resolve("linked/java");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(directory.resolve("alternative"), jdk.resolve("bin/java"));
        Files.createSymbolicLink(link, Path.of("../alternative"));
        assertEquals("java of jdk", firstLine(Map.of("PATH", link.getParent() + ":" + path, "JAVA_HOME", old)));

        jdk(directory.resolve("jvms/21"), "21");
        jdk(directory.resolve("jvms/twentysix"), "26-ea");
        assertEquals(
                "java of twentysix",
                firstLine(Map.of("PATH", path, "HOWDAH_JVM_DIRS", directory + "/none:" + directory + "/jvms")));

        jdk(directory.resolve("mac/temurin/Contents/Home"), "25");
        assertEquals("java of Home", firstLine(Map.of("PATH", path, "HOWDAH_JVM_DIRS", directory + "/mac")));

        jdk(directory.resolve("sdkman/.sdkman/candidates/java/25-tem"), "25");
        assertEquals(
                "java of 25-tem",
                firstLine(Map.of("PATH", path, "HOWDAH_JVM_DIRS", directory + "/sdkman/.sdkman/candidates/java")));
    }

    private String firstLine(Map<String, String> variables) throws Exception {
        var outcome = run(variables, "version");
        assertEquals(0, outcome.exitCode(), outcome.error().toString());
        return outcome.out().getFirst();
    }

    @Test
    void argumentsReachTheProgramAsTheyWereTyped() throws Exception {
        var outcome = run(jdkHere(), "role", "create", "", "a b", "é*'\"", "--", "-x");
        var after = outcome.out()
                .subList(
                        outcome.out().indexOf("<dev.howdah.app.Howdah>") + 1,
                        outcome.out().size());
        assertEquals(List.of("<role>", "<create>", "<>", "<a b>", "<é*'\">", "<-->", "<-x>"), after);
        var jars = outcome.out().get(outcome.out().indexOf("<-cp>") + 1);
        var lib = root.resolve("app/target/howdah/lib");
        assertEquals("<" + lib.resolve("a.jar") + ":" + lib.resolve("b c.jar") + ">", jars);
    }

    @Test
    void itBuildsWhenSourcesChangedAndOnlyThen() throws Exception {
        run(jdkHere(), "version");
        assertEquals(List.of(BUILD_CALL), mavenCalls());
        run(jdkHere(), "version");
        assertEquals(0, run(jdkHere(), "build").exitCode());
        assertEquals(1, mavenCalls().size(), "nothing has changed");

        // Brought from elsewhere with its old time, as rsync and tar do.
        var source = root.resolve("app/src/main/java/A.java");
        Files.writeString(source, "class A { int a; }");
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        run(jdkHere(), "version");
        assertEquals(2, mavenCalls().size(), "a changed file");

        Files.delete(source);
        run(jdkHere(), "version");
        assertEquals(3, mavenCalls().size(), "a deleted file");
    }

    @Test
    void aFailedBuildShowsTheEndOfItsLogAndIsTriedAgain() throws Exception {
        Files.createFile(directory.resolve("broken"));
        var outcome = run(jdkHere(), "version");
        assertEquals(1, outcome.exitCode());
        assertTrue(
                outcome.error().contains("A.java: does not compile"),
                outcome.error().toString());
        assertEquals(List.of(), outcome.out());
        Files.delete(directory.resolve("broken"));
        assertEquals(0, run(jdkHere(), "version").exitCode());
    }

    @Test
    void twoCallsAtOnceBuildOnce() throws Exception {
        script(tools.resolve("mvn"), """
                echo "mvn $*" >> '%s/mvn.calls'
                mkdir -p app/target/howdah/lib && echo jar > app/target/howdah/lib/a.jar
                while [ ! -e '%s/go' ]; do sleep 0.05; done
                """.formatted(directory, directory));
        var first = start(root.resolve("howdah"), jdkHere(), "version");
        while (mavenCalls().isEmpty()) {
            Thread.onSpinWait();
        }
        var second = start(root.resolve("howdah"), jdkHere(), "version");
        assertEquals(
                "Another call is building; waiting for it ...",
                second.errorReader(StandardCharsets.UTF_8).readLine());
        Files.createFile(directory.resolve("go"));
        assertEquals(0, end(first).exitCode());
        assertEquals(0, end(second).exitCode());
        assertEquals(1, mavenCalls().size());
    }

    @Test
    void withoutMavenItSaysWhatToInstall() throws Exception {
        Files.delete(tools.resolve("mvn"));
        var outcome = run(Map.of("PATH", pathWithoutJava(), "HOWDAH_JAVA_HOME", jdk.toString()), "version");
        assertEquals(1, outcome.exitCode());
        assertTrue(
                outcome.error().getFirst().startsWith("error: Maven is needed"),
                outcome.error().toString());
        assertEquals(3, outcome.error().size());
    }

    @Test
    void itFindsItsTreeThroughLinks() throws Exception {
        var links = Files.createDirectories(directory.resolve("links"));
        Files.createSymbolicLink(links.resolve("inner"), Path.of("../the tree/howdah"));
        Files.createSymbolicLink(links.resolve("howdah"), Path.of("inner"));
        assertEquals(0, run(links.resolve("howdah"), jdkHere(), "version").exitCode());
        assertTrue(Files.exists(root.resolve("app/target/howdah/stamp")));
    }

    @Test
    void verifyRunsAllTestsAndPassesTheRestOn() throws Exception {
        var outcome = run(jdkHere(), "verify", "--long", "--strict", "-pl", "app");
        assertEquals(0, outcome.exitCode(), outcome.error().toString());
        assertEquals(
                List.of(
                        BUILD_CALL,
                        "mvn -B --no-transfer-progress verify -Dspotless.goal=check -Dhowdah.verify=long -Dhowdah.strict=true -pl app"),
                mavenCalls());
        assertTrue(
                outcome.error().getLast().startsWith("verify (long): everything passed"),
                outcome.error().toString());
        Files.createFile(directory.resolve("broken"));
        assertEquals(1, run(jdkHere(), "verify").exitCode());
    }

    @Test
    void upCopiesTheProgramAndRunsThePlatformInItsHome() throws Exception {
        var home = directory.resolve("my home");
        var outcome = run(jdkHere(), "up", "--home", home.toString(), "--direct-port", "15432");
        assertEquals(0, outcome.exitCode(), outcome.error().toString());
        var arguments = outcome.out();
        var after = arguments.subList(arguments.indexOf("<dev.howdah.app.Howdah>") + 1, arguments.size());
        assertEquals(List.of("<up>", "<--home>", "<" + home + ">", "<--direct-port>", "<15432>"), after);
        assertTrue(
                arguments.get(arguments.indexOf("<-cp>") + 1).startsWith("<" + home.resolve("program")),
                arguments.toString());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home)));

        // Another build runs from another copy, and the one that nobody uses any more goes.
        Files.writeString(root.resolve("pom.xml"), "<project>changed</project>");
        script(tools.resolve("mvn"), "echo other > app/target/howdah/lib/a.jar\n");
        assertEquals(0, run(jdkHere(), "up", "--home=" + home).exitCode());
        try (var programs = Files.list(home.resolve("program"))) {
            var left = programs.toList();
            assertEquals(1, left.size(), left.toString());
            assertEquals("other\n", Files.readString(left.getFirst().resolve("a.jar")));
        }
    }

    /** A platform that is ready at once, and the command that says how to connect to it. */
    private void platform(Path home, String connectionCommand) throws IOException {
        script(jdk.resolve("bin/java"), """
                for last; do :; done
                case " $* " in
                    *' warm-up '*) exit 0 ;;
                    *' connection '*) %s ;;
                esac
                echo $$ > '%s/run/howdah.pid'
                echo 'Starting ...'
                printf 'Almost'
                echo ' there.'
                touch '%s/run/ready'
                exec -a dev.howdah.app.Howdah sleep 60
                """.formatted(connectionCommand, home, home));
    }

    private static void end(Path home) throws IOException {
        var pid = Files.readString(home.resolve("run/howdah.pid")).strip();
        ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void upDetachedReturnsWhenThePlatformIsReadyAndSaysHowToConnect() throws Exception {
        var home = directory.resolve("my home");
        platform(home, "while [ \"$1\" != connection ]; do shift; done; echo \"${HOWDAH_API-}$*\"; exit 0");
        var elsewhere = new HashMap<>(jdkHere());
        elsewhere.put("HOWDAH_API", "http://elsewhere");
        try {
            var first = run(elsewhere, "up", "--home", home.toString(), "--detach");
            assertEquals(0, first.exitCode(), first.error().toString());
            assertEquals(
                    List.of("Starting ...", "Almost there.", "connection --create-default --home " + home),
                    first.out());

            var second = run(elsewhere, "up", "--home", home.toString(), "--detach");
            assertEquals(0, second.exitCode());
            assertTrue(
                    second.error().getLast().contains("already running"),
                    second.error().toString());
            assertEquals(List.of("connection --home " + home), second.out());
        } finally {
            end(home);
        }
    }

    @Test
    void theFirstPasswordIsPrintedAndReachesNoFile() throws Exception {
        var home = directory.resolve("home");
        platform(home, "echo howdah_pw_secret; exit 0");
        try {
            var outcome = run(jdkHere(), "up", "--home", home.toString(), "--detach");
            assertEquals("howdah_pw_secret", outcome.out().getLast());
            try (var files = Files.walk(home)) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    assertFalse(Files.readString(file).contains("howdah_pw_"), file.toString());
                }
            }
        } finally {
            end(home);
        }
    }

    @Test
    void aPlatformThatRunsIsASuccessEvenWhenHowToConnectCannotBeShown() throws Exception {
        var home = directory.resolve("home");
        platform(home, "echo 'error: no such branch' >&2; exit 4");
        try {
            var outcome = run(jdkHere(), "up", "--home", home.toString(), "--detach");
            assertEquals(0, outcome.exitCode());
            assertEquals(
                    "error: no such branch", outcome.error().get(outcome.error().size() - 2));
            assertTrue(
                    outcome.error().getLast().endsWith("howdah connection --home " + home),
                    outcome.error().toString());
        } finally {
            end(home);
        }
    }

    @Test
    void upDetachedFailsAsThePlatformFailed() throws Exception {
        var home = directory.resolve("home");
        script(jdk.resolve("bin/java"), """
                for last; do :; done
                if [ "$last" = warm-up ]; then exit 0; fi
                echo 'error: port 5432 is taken' >&2
                exit 5
                """);
        var outcome = run(jdkHere(), "up", "--home", home.toString(), "--detach");
        assertEquals(5, outcome.exitCode());
        assertTrue(
                outcome.error().contains("error: port 5432 is taken"),
                outcome.error().toString());
    }

    @Test
    void aHomeThatIsNoDirectoryIsRefused() throws Exception {
        var file = Files.writeString(directory.resolve("file"), "x");
        var outcome = run(jdkHere(), "up", "--home", file.toString());
        assertEquals(1, outcome.exitCode());
        assertTrue(
                outcome.error().stream().anyMatch(line -> line.contains("is not a directory")),
                outcome.error().toString());
        assertEquals(2, run(jdkHere(), "up", "--home").exitCode());
    }

    @Test
    void aHomeThatTheAccountCannotReachIsRefusedWithTheDirectoryInItsWay() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            return;
        }
        var closed = Files.createDirectory(directory.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        var outcome = run(jdkHere(), "up", "--home", closed.resolve("home").toString());
        assertEquals(1, outcome.exitCode());
        assertTrue(
                outcome.error().stream().anyMatch(line -> line.contains("cannot enter " + closed)),
                outcome.error().toString());
        assertFalse(Files.exists(closed.resolve("home/program")));
    }
}
