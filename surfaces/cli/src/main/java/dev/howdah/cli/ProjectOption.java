package dev.howdah.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --project NAME}. */
final class ProjectOption {
    @Option(
            names = "--project",
            paramLabel = "PROJECT",
            description = "Name or id of the project: else the one of howdah use, else default.")
    private Optional<String> project = Optional.empty();

    String project(ApiOptions api) {
        return project.or(() -> api.context().project()).orElse(UsedContext.DEFAULT_PROJECT);
    }

    Optional<String> given() {
        return project;
    }
}
