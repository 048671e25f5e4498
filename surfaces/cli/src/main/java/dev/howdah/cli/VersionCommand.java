package dev.howdah.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "version",
        description = "Prints the version of this program.",
        footerHeading = Examples.HEADING,
        footer = "  howdah version")
final class VersionCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private OutputOption outputOption;

    private record Version(String howdah, String java) {}

    @Override
    public Integer call() {
        var output = outputOption.output();
        var version = new Version(ProgramVersion.current(), Runtime.version().toString());
        switch (output.format()) {
            case HUMAN -> output.say("howdah %s (Java %s)".formatted(version.howdah(), version.java()));
            case JSON -> output.out().println(Json.pretty(version));
            case CSV -> output.out().print(Csv.header(Version.class) + Csv.row(version));
        }
        output.out().flush();
        return ExitCode.SUCCESS;
    }
}
