package dev.howdah.cli;

import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --project NAME --branch NAME}. */
final class BranchOption {
    @Mixin
    private ProjectOption projectOption = new ProjectOption();

    @Option(
            names = "--branch",
            paramLabel = "BRANCH",
            description = "Name or id of the branch: else the one of howdah use, else main.")
    private Optional<String> branch = Optional.empty();

    String project(ApiOptions api) {
        return projectOption.project(api);
    }

    /** A branch in use belongs to the project in use, so it does not count where another project is named. */
    String branch(ApiOptions api) {
        return branch.or(() -> inUse(api)).orElse(UsedContext.DEFAULT_BRANCH);
    }

    private Optional<String> inUse(ApiOptions api) {
        var context = api.context();
        var elsewhere =
                projectOption.given().filter(project -> !context.project().equals(Optional.of(project)));
        return elsewhere.isPresent() ? Optional.empty() : context.branch();
    }

    /** What the command line names, as options with a blank in front of each. */
    String words() {
        return projectOption
                        .given()
                        .map(name -> " --project " + ShellQuoting.posix(name))
                        .orElse("")
                + branch.map(name -> " --branch " + ShellQuoting.posix(name)).orElse("");
    }

    /** Whether the command line names a project or a branch. */
    boolean isGiven() {
        return branch.isPresent() || projectOption.given().isPresent();
    }
}
