package dev.howdah.app;

import dev.howdah.cli.Environment;
import dev.howdah.cli.HowdahCli;
import java.time.InstantSource;
import java.util.List;

/** The program: every command, and {@code up}, which is the platform itself. */
public final class Howdah {
    private Howdah() {}

    public static void main(String[] arguments) {
        var environment = Environment.ofProcess(InstantSource.system());
        var commands = HowdahCli.commandLine(environment, List.of(arguments));
        commands.addSubcommand(UpCommand.class);
        System.exit(commands.execute(arguments));
    }
}
