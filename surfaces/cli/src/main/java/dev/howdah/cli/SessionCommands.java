package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "session",
        aliases = "sessions",
        description = "Clients that are connected.",
        footerHeading = Examples.HEADING,
        footer = "  howdah sessions list")
final class SessionCommands {
    private static final Table<Session> TABLE = Table.<Session>of("ID", Session::id)
            .and("ENDPOINT", Session::endpoint)
            .and("BRANCH", Session::branchId)
            .and("ROLE", Session::role)
            .and("DATABASE", Session::database)
            .and("ADDRESS", Session::address)
            .and("APPLICATION", Session::application)
            .and("SINCE", Session::startedAt);

    @Command(
            name = "list",
            description = "Lists the client connections: of one branch, or of all when none is named.",
            footerHeading = Examples.HEADING,
            footer = "  howdah sessions list")
    int list(@Mixin ApiOptions api, @Mixin BranchOption target) {
        var path = target.isGiven()
                ? "%s?project=%s&branch=%s"
                        .formatted(
                                ApiPaths.SESSIONS,
                                ApiPaths.encode(target.project(api)),
                                ApiPaths.encode(target.branch(api)))
                : ApiPaths.SESSIONS;
        try (var client = api.client()) {
            var sessions = client.list(path, Integer.MAX_VALUE);
            api.output().list(sessions, Session.class, TABLE, "Nobody is connected.");
        }
        return ExitCode.SUCCESS;
    }
}
