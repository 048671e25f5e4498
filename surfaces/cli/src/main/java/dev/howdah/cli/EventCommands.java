package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.Event;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "event",
        aliases = "events",
        description = "What happened in the platform and its branches.",
        footerHeading = Examples.HEADING,
        footer = "  howdah events list")
final class EventCommands {
    private static final Table<Event> TABLE = Table.<Event>of("AT", Event::at)
            .and("SEVERITY", Event::severity)
            .and("KIND", Event::kind)
            .and("WHERE", event -> event.instanceId().orElse(event.branchId()))
            .and("MESSAGE", Event::message);

    @Command(
            name = "list",
            description = "Lists events, the newest first: of one branch, or of everything when none is named.",
            footerHeading = Examples.HEADING,
            footer = "  howdah events list --branch main --limit 20")
    int list(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "How many (default: ${DEFAULT-VALUE}).")
                    int limit) {
        var path = target.isGiven() ? ApiPaths.branchEvents(target.project(api), target.branch(api)) : ApiPaths.EVENTS;
        try (var client = api.client()) {
            api.output().list(client.list(path, limit), Event.class, TABLE, "Nothing has happened.");
        }
        return ExitCode.SUCCESS;
    }
}
