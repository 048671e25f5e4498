package dev.howdah.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = "Prints a script that completes howdah's commands and options.",
        footerHeading = Examples.HEADING,
        footer = {
            "  source <(howdah completion bash)",
            "  howdah completion zsh > ~/.howdah.zsh    # and source it in ~/.zshrc",
            "  howdah completion fish > ~/.config/fish/completions/howdah.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    enum Shell {
        BASH,
        ZSH,
        FISH;

        /** As it is written on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before anything is called
    private CommandSpec command;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
    @SuppressWarnings("NullAway.Init") // required, so picocli sets it
    private Shell shell;

    @Override
    public Integer call() {
        var root = command.root().commandLine();
        var script = switch (shell) {
            // The script finds out by itself which of the two it runs in.
            case BASH, ZSH -> AutoComplete.bash("howdah", root);
            case FISH -> new FishCompletion(root).script();
        };
        command.commandLine().getOut().print(script);
        command.commandLine().getOut().flush();
        return ExitCode.SUCCESS;
    }
}
