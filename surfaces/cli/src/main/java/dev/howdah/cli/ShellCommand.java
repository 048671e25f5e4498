package dev.howdah.cli;

import dev.howdah.api.model.RoleSecret;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "shell",
        description = {
            "Opens an SQL shell: psql where it is installed, else a built-in one.",
            "It logs in as howdah env does. SQL on standard input is carried out when that is not a terminal."
        },
        footerHeading = Examples.HEADING,
        footer = {"  howdah shell", "  howdah shell -c 'select version()'", "  howdah shell -- --csv -f report.sql"})
final class ShellCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Mixin
    private BranchOption target = new BranchOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before anything is called
    private CommandSpec command;

    @Option(names = "-c", paramLabel = "SQL", description = "Carry out this SQL and end; may be repeated.")
    private List<String> statements = new ArrayList<>();

    @Option(names = "--built-in", description = "Use the built-in shell even where psql is installed.")
    private boolean builtIn;

    @Option(names = "--pooled", description = "Through the pooled endpoint rather than the direct one.")
    private boolean pooled;

    @Parameters(paramLabel = "ARGUMENT", description = "Handed to psql; write them after --.")
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        RoleSecret secret;
        try (var client = api.client()) {
            secret = Json.to(new TemporaryRole(api, client, target).secret(), RoleSecret.class);
        }
        var psql = builtIn ? Optional.<Path>empty() : Psql.find(api.environment());
        if (psql.isPresent()) {
            return runPsql(psql.get(), secret);
        }
        if (!arguments.isEmpty()) {
            throw CliFailure.usage(
                    "the built-in shell takes no arguments of psql",
                    "Install psql (apt install postgresql-client), or use -c.");
        }
        return BuiltInShell.run(secret, pooled, statements, api.environment(), command.commandLine());
    }

    private int runPsql(Path psql, RoleSecret secret) throws IOException {
        var words = new ArrayList<>(List.of(psql.toString()));
        statements.forEach(statement -> words.addAll(List.of("-c", statement)));
        words.addAll(arguments);
        var builder = new ProcessBuilder(words).inheritIO();
        builder.environment().putAll(EnvCommand.variables(secret, pooled));
        // Ctrl-C is psql's: it cancels a query there and must not end the process that waits for it.
        var _ = Signals.register("INT", () -> {});
        try {
            return builder.start().waitFor();
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }
}
