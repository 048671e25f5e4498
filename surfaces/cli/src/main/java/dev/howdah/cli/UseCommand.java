package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "use",
        description = "Chooses the project and branch that later commands mean; without options, shows them.",
        footerHeading = Examples.HEADING,
        footer = "  howdah use --project shop --branch main")
final class UseCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Option(
            names = "--project",
            paramLabel = "PROJECT",
            description = "Name or id of a project. Its branch main is chosen too, unless --branch says otherwise.")
    private Optional<String> project = Optional.empty();

    @Option(names = "--branch", paramLabel = "BRANCH", description = "Name or id of a branch of that project.")
    private Optional<String> branch = Optional.empty();

    @Option(names = "--clear", description = "Forget what was chosen.")
    private boolean clear;

    @Override
    public Integer call() {
        if (clear) {
            UsedContext.NONE.write(api.home());
        } else if (project.isPresent() || branch.isPresent()) {
            choose();
        }
        show();
        return ExitCode.SUCCESS;
    }

    private void choose() {
        var before = api.context();
        var chosen = new UsedContext(
                project.or(before::project), branch.or(() -> project.isPresent() ? Optional.empty() : before.branch()));
        try (var client = api.client()) {
            // Asked for only to learn now, rather than with the next command, that there is no such thing.
            var _ = client.get(ApiPaths.branch(
                    chosen.project().orElse(UsedContext.DEFAULT_PROJECT),
                    chosen.branch().orElse(UsedContext.DEFAULT_BRANCH)));
        }
        chosen.write(api.home());
    }

    private record Shown(String project, String branch) {}

    private void show() {
        var context = api.context();
        var shown = new Shown(
                context.project().orElse(UsedContext.DEFAULT_PROJECT),
                context.branch().orElse(UsedContext.DEFAULT_BRANCH));
        var output = api.output();
        switch (output.format()) {
            case HUMAN ->
                output.say(
                        "project %s, branch %s".formatted(Text.oneLine(shown.project()), Text.oneLine(shown.branch())));
            case JSON -> output.out().println(Json.pretty(shown));
            case CSV -> output.out().print(Csv.header(Shown.class) + Csv.row(shown));
        }
        output.out().flush();
    }
}
