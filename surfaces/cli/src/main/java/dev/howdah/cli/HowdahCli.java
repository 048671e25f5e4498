package dev.howdah.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * All commands that need no more than the REST API. {@code app} adds the others with {@link CommandLine#addSubcommand(Object)}: their
 * mixins {@link HomeOption} and {@link OutputOption} are made here, and their failures are written and turned into exit codes here.
 */
@Command(
        name = "howdah",
        description = "Real PostgreSQL as highly available clusters, behind one safe, fast way in.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "The launcher also knows howdah build and howdah verify.",
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 Howdah is not running, 4 no such thing,",
            "5 conflict, 6 not allowed, 7 not available now.",
            "",
            "Example:",
            "  howdah up --detach && eval \"$(howdah env)\" && psql"
        })
public final class HowdahCli {
    /** A command with what is needed to tell whether it is meant, without loading it. */
    private record Entry(List<String> names, Class<?> type) {
        Entry(Class<?> type, String... names) {
            this(List.of(names), type);
        }
    }

    private static final List<Entry> COMMANDS = List.of(
            new Entry(StatusCommand.class, "status"),
            new Entry(ConnectionCommand.class, "connection"),
            new Entry(DownCommand.class, "down"),
            new Entry(EnvCommand.class, "env"),
            new Entry(ShellCommand.class, "shell"),
            new Entry(CaCommand.class, "ca"),
            new Entry(ProjectCommands.class, "project", "projects"),
            new Entry(BranchCommands.class, "branch", "branches"),
            new Entry(RoleCommands.class, "role", "roles"),
            new Entry(SessionCommands.class, "session", "sessions"),
            new Entry(PoolCommands.class, "pool", "pools"),
            new Entry(BanCommands.class, "ban", "bans"),
            new Entry(EventCommands.class, "event", "events"),
            new Entry(AuditCommands.class, "audit", "audits"),
            new Entry(TokenCommands.class, "token", "tokens"),
            new Entry(UseCommand.class, "use"),
            new Entry(DoctorCommand.class, "doctor"),
            new Entry(ServiceCommands.class, "service", "services"),
            new Entry(UpgradeCommand.class, "upgrade"),
            new Entry(ResetCommand.class, "reset"),
            new Entry(VersionCommand.class, "version"),
            new Entry(WarmUpCommand.class, "warm-up"));
    private static final Entry COMPLETION = new Entry(CompletionCommand.class, "completion");

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    @SuppressWarnings("unused") // picocli acts on it
    private boolean help;

    private HowdahCli() {}

    /** All commands, writing to the process's own streams in UTF-8. */
    public static CommandLine commandLine(Environment environment) {
        var line = bare(environment);
        COMMANDS.forEach(entry -> line.addSubcommand(entry.type()));
        return line.addSubcommand(COMPLETION.type());
    }

    /**
     * What is needed to carry out these arguments: one command where they begin with its name, which is fast to load, and else the names and
     * descriptions of all.
     */
    public static CommandLine commandLine(Environment environment, List<String> arguments) {
        var first = arguments.isEmpty() ? "" : arguments.getFirst();
        if (COMPLETION.names().contains(first)) {
            return commandLine(environment);
        }
        var line = bare(environment);
        var meant =
                COMMANDS.stream().filter(entry -> entry.names().contains(first)).findFirst();
        if (meant.isPresent()) {
            return line.addSubcommand(meant.get().type());
        }
        COMMANDS.forEach(entry -> addName(line, entry));
        addName(line, COMPLETION);
        return line;
    }

    /** For the list in the help, and for suggestions after a slip of the pen. */
    private static void addName(CommandLine line, Entry entry) {
        Optional.ofNullable(entry.type().getAnnotation(Command.class)).ifPresent(command -> {
            var spec = CommandSpec.create().name(command.name()).aliases(command.aliases());
            spec.usageMessage().description(command.description()).hidden(command.hidden());
            line.addSubcommand(spec.name(), spec);
        });
    }

    private static CommandLine bare(Environment environment) {
        var failures = new Failures(environment);
        return new CommandLine(new HowdahCli(), new Mixins(environment))
                .setOut(writer(FileDescriptor.out))
                .setErr(writer(FileDescriptor.err))
                .setColorScheme(CommandLine.Help.defaultColorScheme(environment.colours() ? Ansi.ON : Ansi.OFF))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(110)
                .setExecutionExceptionHandler(failures::execution)
                .setParameterExceptionHandler(failures::usage);
    }

    private static PrintWriter writer(FileDescriptor stream) {
        // A reader that went away (a closed pipe) makes a PrintWriter silent, which is what is wanted.
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(stream), StandardCharsets.UTF_8), false);
    }

    /** Makes commands and their mixins; those that look around get the environment. */
    private record Mixins(Environment environment) implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            if (type == HomeOption.class) {
                return type.cast(new HomeOption(environment));
            }
            if (type == OutputOption.class) {
                return type.cast(new OutputOption(environment));
            }
            if (type == ApiOptions.class) {
                return type.cast(new ApiOptions(environment));
            }
            return CommandLine.defaultFactory().create(type);
        }
    }
}
