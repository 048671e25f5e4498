package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.Ban;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "ban",
        aliases = "bans",
        description = "Addresses that may not connect for now, after too many failed logins.",
        footerHeading = Examples.HEADING,
        footer = "  howdah bans list")
final class BanCommands {
    private static final Table<Ban> TABLE = Table.<Ban>of("ADDRESS", Ban::address)
            .and("FAILURES", Ban::failures)
            .and("SECONDS LEFT", Ban::seconds);

    @Command(
            name = "list",
            description = "Lists the banned addresses.",
            footerHeading = Examples.HEADING,
            footer = "  howdah bans list")
    int list(@Mixin ApiOptions api) {
        try (var client = api.client()) {
            var bans = client.list(ApiPaths.BANS, Integer.MAX_VALUE);
            api.output().list(bans, Ban.class, TABLE, "No address is banned.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "delete",
            aliases = "lift",
            description = "Lifts a ban at once.",
            footerHeading = Examples.HEADING,
            footer = "  howdah ban delete 192.0.2.7")
    int delete(
            @Mixin ApiOptions api,
            @Parameters(paramLabel = "ADDRESS", description = "As it is listed.") String address,
            @Option(names = "--yes", description = "For scripts: accepted, though this does not ask.") boolean yes) {
        try (var client = api.client()) {
            client.delete(ApiPaths.ban(address));
            api.output().say("The ban of %s is lifted.".formatted(Text.oneLine(address)));
        }
        return ExitCode.SUCCESS;
    }
}
