package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "down",
        description = {
            "Stops the platform and its PostgreSQL servers, and waits until they have stopped. All data stays.",
            "Ends with 3 when Howdah is not running."
        },
        footerHeading = Examples.HEADING,
        footer = "  howdah down")
final class DownCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Option(
            names = "--wait-limit",
            paramLabel = "TIME",
            defaultValue = "2m",
            description = "How long to wait (default: ${DEFAULT-VALUE}). Stopping goes on after that.")
    private String limit = "2m";

    @Override
    public Integer call() {
        var waiting = new Waiting(api.environment(), Text.duration(limit));
        var process = PlatformProcess.of(api.home());
        try (var progress = api.progress()) {
            progress.say("Stopping Howdah ...");
            ask(process);
            process.ifPresent(running -> waitFor(running, waiting));
        }
        api.output().say("Howdah has stopped.");
        return ExitCode.SUCCESS;
    }

    /** By the API; a platform that does not answer there, because it is starting or stuck, gets the signal that means the same. */
    private void ask(Optional<ProcessHandle> process) {
        try (var client = api.client()) {
            var _ = client.post(ApiPaths.SHUTDOWN, Map.of());
        } catch (CliFailure e) {
            var silent = e.exitCode() == ExitCode.NOT_RUNNING || e.exitCode() == ExitCode.UNAVAILABLE;
            if (!silent || process.isEmpty()) {
                throw e;
            }
            signal(process.get(), e);
        }
    }

    private static void signal(ProcessHandle process, CliFailure otherwise) {
        if (!process.destroy()) {
            throw otherwise;
        }
    }

    private static void waitFor(ProcessHandle process, Waiting waiting) {
        var _ = waiting.until(() -> process.isAlive() ? Optional.empty() : Optional.of(true))
                .orElseThrow(() -> new CliFailure(
                        ExitCode.UNAVAILABLE,
                        "timeout",
                        "Howdah (process %d) has not stopped yet".formatted(process.pid()),
                        "It goes on stopping; its log says what it waits for."));
    }
}
