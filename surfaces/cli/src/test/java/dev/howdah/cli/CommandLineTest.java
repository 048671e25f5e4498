package dev.howdah.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;

/** Promises that hold for every command. */
final class CommandLineTest {
    private static final Environment NOBODY = TestApi.environment(Map.of("HOWDAH_HOME", "/nonexistent/home"));

    @TestFactory
    Stream<DynamicTest> everyCommandHasADescriptionAnExampleAndDescribedOptions() {
        return all(HowdahCli.commandLine(NOBODY))
                .map(line -> DynamicTest.dynamicTest(line.getCommandSpec().qualifiedName(), () -> assertHelps(line)));
    }

    private static void assertHelps(CommandLine line) {
        var spec = line.getCommandSpec();
        assertTrue(spec.usageMessage().description().length > 0, "no description");
        var footer = spec.usageMessage().footerHeading()
                + String.join("\n", spec.usageMessage().footer());
        assertTrue(footer.contains("Example:"), "no example");
        assertTrue(footer.contains("howdah "), "the example is no command");
        spec.args().forEach(argument -> assertTrue(argument.description().length > 0, argument + " is not described"));
    }

    @TestFactory
    Stream<DynamicTest> everyCommandAnswersHelpWithSuccess() {
        return all(HowdahCli.commandLine(NOBODY))
                .map(line -> DynamicTest.dynamicTest(line.getCommandSpec().qualifiedName(), () -> {
                    var words = Stream.concat(
                                    Stream.of(line.getCommandSpec()
                                                    .qualifiedName()
                                                    .split(" "))
                                            .skip(1),
                                    Stream.of("--help"))
                            .toArray(String[]::new);
                    var outcome = TestApi.execute(NOBODY, words);
                    assertEquals(ExitCode.SUCCESS, outcome.exitCode());
                    assertTrue(
                            outcome.out()
                                    .startsWith(
                                            "Usage: " + line.getCommandSpec().qualifiedName()),
                            outcome.out());
                    assertEquals("", outcome.error());
                }));
    }

    private static Stream<CommandLine> all(CommandLine line) {
        return Stream.concat(
                Stream.of(line),
                line.getSubcommands().values().stream().distinct().flatMap(CommandLineTest::all));
    }

    @Test
    void theShortListOfCommandsIsTheListOfAllCommands() {
        var all = HowdahCli.commandLine(NOBODY).getSubcommands().keySet();
        assertEquals(
                all,
                HowdahCli.commandLine(NOBODY, List.of("--help"))
                        .getSubcommands()
                        .keySet());
        for (var name : all) {
            var loaded = HowdahCli.commandLine(NOBODY, List.of(name)).getSubcommands();
            assertTrue(loaded.containsKey(name), name);
        }
    }

    @Test
    void nounsAreKnownInSingularAndPlural() {
        for (var noun : List.of("project", "role", "session", "ban", "event", "audit", "token")) {
            assertEquals(
                    ExitCode.SUCCESS,
                    TestApi.execute(NOBODY, noun, "list", "--help").exitCode());
            assertEquals(
                    ExitCode.SUCCESS,
                    TestApi.execute(NOBODY, noun + "s", "list", "--help").exitCode());
        }
        assertEquals(
                ExitCode.SUCCESS,
                TestApi.execute(NOBODY, "branches", "create", "--help").exitCode());
    }

    @Test
    void aWrongCommandLineEndsWith2AndPointsToTheHelp() {
        var outcome = TestApi.execute(NOBODY, "branch", "create");
        assertEquals(ExitCode.USAGE, outcome.exitCode());
        assertEquals(
                List.of("error: Missing required parameter: 'NAME'", "hint: See: howdah branch create --help"),
                TestApi.lines(outcome.error()));
        assertEquals(ExitCode.USAGE, TestApi.execute(NOBODY, "project").exitCode());
        assertEquals(
                ExitCode.USAGE,
                TestApi.execute(NOBODY, "role", "list", "--format", "xml").exitCode());
        assertEquals(ExitCode.USAGE, TestApi.execute(NOBODY).exitCode());
    }

    @Test
    void everyDeleteTakesYesSoThatScriptsNeedNotKnowWhichAsk() {
        var deletes = all(HowdahCli.commandLine(NOBODY))
                .map(CommandLine::getCommandSpec)
                .filter(spec -> spec.name().equals("delete"))
                .toList();
        assertEquals(5, deletes.size());
        for (var delete : deletes) {
            assertTrue(delete.optionsMap().containsKey("--yes"), delete.qualifiedName());
        }
    }

    @Test
    void aSlipOfThePenIsAnsweredWithWhatMayBeMeant() {
        var outcome = TestApi.execute(NOBODY, "statsu");
        assertEquals(ExitCode.USAGE, outcome.exitCode());
        assertTrue(outcome.error().contains("did you mean") && outcome.error().contains("status"), outcome.error());
    }

    @Test
    void withoutAPlatformCommandsEndWith3AndSayHowToStartOne() {
        var outcome = TestApi.execute(NOBODY, "status");
        assertEquals(ExitCode.NOT_RUNNING, outcome.exitCode());
        assertEquals(
                List.of(
                        "error: there is no Howdah in /nonexistent/home",
                        "hint: Start it with: howdah up --home /nonexistent/home --detach"),
                TestApi.lines(outcome.error()));
        assertEquals("", outcome.out());
    }

    @Test
    void failuresAreProblemDocumentsWhereJsonWasAskedFor() {
        var outcome = TestApi.execute(NOBODY, "status", "--format", "json");
        assertEquals("not_running", Json.parse(outcome.error()).path("code").asString());
        var usage = TestApi.execute(NOBODY, "status", "--format=json", "--nonsense");
        assertEquals("usage", Json.parse(usage.error()).path("code").asString());
    }

    @Test
    void versionNeedsNoPlatformAndKnowsEveryFormat() {
        assertTrue(TestApi.execute(NOBODY, "version").out().startsWith("howdah "));
        assertTrue(TestApi.execute(NOBODY, "version", "--format", "csv").out().startsWith("howdah,java\r\n"));
        assertFalse(Json.parse(
                        TestApi.execute(NOBODY, "version", "--format", "json").out())
                .path("howdah")
                .asString("")
                .contains("$"));
    }

    @Test
    void noColourIsUsedWhereNobodySeesItOrNobodyWantsIt() {
        var terminal = new Environment(Map.of(), "alice", NOBODY.accountHome(), "012", NOBODY.input(), NOBODY.clock());
        assertTrue(terminal.colours());
        assertFalse(NOBODY.colours());
        var unwanted = new Environment(
                Map.of("NO_COLOR", "1"), "alice", NOBODY.accountHome(), "012", NOBODY.input(), NOBODY.clock());
        assertFalse(unwanted.colours());
    }

    @Test
    void completionKnowsThreeShells() throws Exception {
        for (var shell : List.of("bash", "zsh", "fish")) {
            var outcome = TestApi.execute(NOBODY, "completion", shell);
            assertEquals(ExitCode.SUCCESS, outcome.exitCode(), outcome.error());
            assertTrue(outcome.out().contains("reset-default"), shell);
            assertFalse(shell.equals("fish") && outcome.out().contains("warm-up"), "hidden commands are not offered");
        }
        var syntax = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        try (var input = new PrintWriter(syntax.outputWriter())) {
            input.print(TestApi.execute(NOBODY, "completion", "bash").out());
        }
        assertEquals(0, syntax.waitFor());
    }

    @Test
    void stackTracesAreShownOnlyForDebugging() {
        var quiet = TestApi.execute(NOBODY, "status");
        assertFalse(quiet.error().contains("\tat "));
        var loud = TestApi.execute(
                TestApi.environment(Map.of("HOWDAH_HOME", "/nonexistent/home", "HOWDAH_DEBUG", "1")), "status");
        assertTrue(loud.error().contains("\tat dev.howdah.cli"), loud.error());
    }

    @Test
    void progressIsPlainLinesWithoutATerminalAndOneLineOnIt() {
        var lines = new StringWriter();
        try (var progress = new Progress(new PrintWriter(lines), false)) {
            progress.say("one");
            progress.say("one");
            progress.say("two");
        }
        assertEquals(List.of("one", "two"), TestApi.lines(lines.toString()));
        var line = new StringWriter();
        try (var progress = new Progress(new PrintWriter(line), true)) {
            progress.say("one");
        }
        assertEquals("\r\u001b[Kone\r\u001b[K", line.toString());
    }
}
