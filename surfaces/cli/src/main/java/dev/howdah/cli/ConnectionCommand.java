package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.Connection;
import dev.howdah.api.model.PlatformStatus;
import dev.howdah.api.model.Role;
import dev.howdah.api.model.RoleSecret;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

@Command(
        name = "connection",
        description = {
            "Prints how to connect: endpoints, CA file, and the connection strings of a role.",
            "No password is shown: howdah role reset-default gives a new one, and howdah env needs none."
        },
        footerHeading = Examples.HEADING,
        footer = {"  howdah connection", "  howdah connection --role app --branch main"})
final class ConnectionCommand implements Callable<Integer> {
    private static final String DEFAULT_ROLE = "postgres";

    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Mixin
    private BranchOption target = new BranchOption();

    @Option(
            names = "--role",
            paramLabel = "ROLE",
            defaultValue = DEFAULT_ROLE,
            description = "Name or id of the role (default: ${DEFAULT-VALUE}).")
    private String role = DEFAULT_ROLE;

    @Option(
            names = "--create-default",
            hidden = true,
            description =
                    "What up does at its end: a default role without a password gets one, which is shown this once.")
    private boolean createDefault;

    @Override
    public Integer call() {
        // A platform that has just started is the one of this home, whatever the environment names.
        try (var client = createDefault ? api.clientOfHome() : api.client()) {
            var branch = target.branch(api);
            var shown = Json.to(client.get(ApiPaths.role(target.project(api), branch, role)), Role.class);
            var made = createDefault && shown.isDefault() && !shown.ready()
                    ? resetDefault(client)
                    : Optional.<JsonNode>empty();
            var connection = made.map(secret -> secret.path("connection"))
                    .orElseGet(() -> client.get(ApiPaths.connection(target.project(api), branch, role)));
            var password = made.map(secret -> Json.to(secret, RoleSecret.class).password());
            api.output()
                    .one(
                            connection,
                            Connection.class,
                            way -> drawing(client, shown, password).draw(way).forEach(api.output()::say));
        }
        return ExitCode.SUCCESS;
    }

    private Optional<JsonNode> resetDefault(ApiClient client) {
        return Optional.of(client.post(ApiPaths.resetDefaultRole(target.project(api), target.branch(api)), Map.of()));
    }

    private ConnectionDrawing drawing(ApiClient client, Role shown, Optional<String> password) {
        var status = Json.to(client.get(ApiPaths.STATUS), PlatformStatus.class);
        return new ConnectionDrawing(
                status,
                shown,
                password,
                api.environment().program(),
                api.homeOption().words(),
                target.words());
    }
}
