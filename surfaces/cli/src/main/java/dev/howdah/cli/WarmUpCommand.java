package dev.howdah.cli;

import dev.howdah.api.model.Branch;
import java.net.http.HttpClient;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Does what commands do, on nothing, so that the launcher's start-up cache holds the classes they need. */
@Command(
        name = "warm-up",
        hidden = true,
        description = "Loads what commands need; the launcher makes its start-up cache from this.",
        footerHeading = Examples.HEADING,
        footer = "  howdah warm-up")
final class WarmUpCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before anything is called
    private CommandSpec command;

    @Override
    public Integer call() {
        var _ = command.root().commandLine().getUsageMessage();
        var branch = new Branch("id", "name", "kind", "state", "", "project", Instant.EPOCH, Optional.empty());
        var read = Json.to(Json.parse(Json.pretty(branch)), Branch.class);
        var _ = Table.<Branch>of("NAME", Branch::name)
                .and("CREATED", Branch::createdAt)
                .lines(List.of(read));
        try (var client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            client.shutdownNow();
        }
        command.commandLine().getOut().println("warm");
        command.commandLine().getOut().flush();
        return ExitCode.SUCCESS;
    }
}
