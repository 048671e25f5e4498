package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.Branch;
import dev.howdah.api.model.Instance;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code --[no-]wait}: whether a command returns before the work that it started is done. */
final class WaitOption {
    @Option(
            names = "--wait",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether to wait until it is done (the default).")
    private boolean wait = true;

    @Option(
            names = "--wait-limit",
            paramLabel = "TIME",
            defaultValue = "10m",
            description = "How long to wait, such as 90s or 10m (default: ${DEFAULT-VALUE}). The work itself goes on.")
    private String limit = "10m";

    boolean isWanted() {
        return wait;
    }

    /** The branch once it is ready; a failure when it failed or the limit has passed. */
    JsonNode untilReady(ApiOptions api, ApiClient client, String project, String branch) {
        try (var progress = api.progress()) {
            return waiting(api)
                    .until(() -> ready(client, project, branch, progress))
                    .orElseThrow(() -> tooLate("branch %s is not ready".formatted(branch)));
        }
    }

    private static Optional<JsonNode> ready(ApiClient client, String project, String branch, Progress progress) {
        var answer = client.get(ApiPaths.branch(project, branch));
        var now = Json.to(answer, Branch.class);
        if (now.state().equals("failed")) {
            throw CliFailure.failure(
                    "branch_failed",
                    "branch %s could not be made: %s".formatted(Text.oneLine(now.name()), now.stateDetail()),
                    "See: howdah events list --branch %s".formatted(now.id()));
        }
        if (now.state().equals("ready")) {
            return Optional.of(answer);
        }
        var detail = now.stateDetail().isEmpty() ? instances(client, project, branch) : "";
        progress.say("%s: %s%s".formatted(Text.oneLine(now.name()), BranchCommands.state(now), detail));
        return Optional.empty();
    }

    private static String instances(ApiClient client, String project, String branch) {
        var words =
                Json.to(client.list(ApiPaths.instances(project, branch), Integer.MAX_VALUE), Instance.class).stream()
                        .map(instance -> instance.id() + " "
                                + (instance.detail().isEmpty() ? instance.state() : instance.detail()))
                        .collect(Collectors.joining(", "));
        return words.isEmpty() ? "" : " (" + Text.oneLine(words) + ")";
    }

    void untilGone(ApiOptions api, ApiClient client, String project, String branch) {
        try (var progress = api.progress()) {
            var _ = waiting(api)
                    .until(() -> gone(client, project, branch, progress))
                    .orElseThrow(() -> tooLate("branch %s is still there".formatted(branch)));
        }
    }

    private static Optional<Boolean> gone(ApiClient client, String project, String branch, Progress progress) {
        try {
            var now = Json.to(client.get(ApiPaths.branch(project, branch)), Branch.class);
            progress.say("%s: %s".formatted(Text.oneLine(now.name()), BranchCommands.state(now)));
            return now.state().equals("deleted") ? Optional.of(true) : Optional.empty();
        } catch (CliFailure e) {
            if (e.exitCode() == ExitCode.NOT_FOUND) {
                return Optional.of(true);
            }
            throw e;
        }
    }

    private Waiting waiting(ApiOptions api) {
        return new Waiting(api.environment(), Text.duration(limit));
    }

    private CliFailure tooLate(String what) {
        return new CliFailure(
                ExitCode.UNAVAILABLE,
                "timeout",
                "%s after %s".formatted(what, limit),
                "The work goes on; see howdah status.");
    }
}
