package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.PlatformStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = {
            "Draws the platform: endpoints, branches, and each instance with its role, timeline, position and lag.",
            "Ends with 3 when Howdah is not running."
        },
        footerHeading = Examples.HEADING,
        footer = "  howdah status")
final class StatusCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Override
    public Integer call() {
        try (var client = api.client()) {
            var output = api.output();
            output.one(
                    client.get(ApiPaths.STATUS),
                    PlatformStatus.class,
                    status -> new StatusDrawing(output.colours()).draw(status).forEach(output::say));
        }
        return ExitCode.SUCCESS;
    }
}
