package dev.howdah.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code --format human|json|csv}: how the result is written. */
public final class OutputOption {
    private final Environment environment;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "How to write the result: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Format format = Format.HUMAN;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli before anything is called
    private CommandSpec command;

    OutputOption(Environment environment) {
        this.environment = environment;
    }

    public Format format() {
        return format;
    }

    /** Writes to the streams of the command line that the command belongs to. */
    public Output output() {
        var line = command.commandLine();
        return new Output(format, line.getOut(), line.getErr(), environment);
    }

    /** Tells how long work goes on, on the error stream. */
    public Progress progress() {
        return new Progress(command.commandLine().getErr(), environment.errorIsTerminal() && format == Format.HUMAN);
    }
}
