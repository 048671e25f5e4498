package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.CreateRole;
import dev.howdah.api.model.ReassignRole;
import dev.howdah.api.model.RenameRole;
import dev.howdah.api.model.RenewRole;
import dev.howdah.api.model.Role;
import dev.howdah.api.model.RoleSecret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "role",
        aliases = "roles",
        description = "Who may log in to a branch.",
        footerHeading = Examples.HEADING,
        footer = "  howdah roles list")
final class RoleCommands {
    private static final Table<Role> TABLE = Table.<Role>of("NAME", Role::name)
            .and("LOGIN", Role::login)
            .and("LABEL", Role::label)
            .and("STATE", RoleCommands::state)
            .and("EXPIRES", Role::expiresAt)
            .and("INHERITS", Role::inheritedRoles);
    private static final String ROLE = "Its name or id.";

    @Command(
            name = "create",
            description = "Makes a role and shows its password, this once.",
            footerHeading = Examples.HEADING,
            footer = {"  howdah role create app", "  howdah role create report --inherit pg_read_all_data --ttl 7d"})
    int create(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "Its name; made up when there is none.")
                    Optional<String> name,
            @Option(names = "--label", paramLabel = "TEXT", description = "Free text for people.")
                    Optional<String> label,
            @Option(
                            names = "--inherit",
                            paramLabel = "ROLE",
                            split = ",",
                            description =
                                    "A role whose rights it has, such as postgres or pg_read_all_data; may be repeated.")
                    @Nullable List<String> inherited,
            @Option(
                            names = "--replication",
                            description = "It may open replication connections; needs --inherit postgres.")
                    boolean replication,
            @Option(
                            names = "--ttl",
                            paramLabel = "TIME",
                            description = "How long it may log in, such as 15m, 24h or 7d; 0 is for ever.")
                    Optional<String> ttl) {
        var wanted = new CreateRole(
                name,
                label,
                Optional.ofNullable(inherited),
                replication ? Optional.of(true) : Optional.empty(),
                ttl.map(RoleCommands::seconds));
        try (var client = api.client()) {
            showSecret(api, client.post(ApiPaths.roles(target.project(api), target.branch(api)), wanted));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "list",
            description = "Lists the roles of a branch.",
            footerHeading = Examples.HEADING,
            footer = "  howdah roles list --branch main")
    int list(@Mixin ApiOptions api, @Mixin BranchOption target) {
        try (var client = api.client()) {
            var roles = client.list(ApiPaths.roles(target.project(api), target.branch(api)), Integer.MAX_VALUE);
            api.output().list(roles, Role.class, TABLE, "The branch has no roles.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "show",
            description = "Shows one role.",
            footerHeading = Examples.HEADING,
            footer = "  howdah role show app")
    int show(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Parameters(paramLabel = "ROLE", description = ROLE) String role) {
        try (var client = api.client()) {
            showRole(api, client.get(path(api, target, role)));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "rename",
            description = "Gives a role another label; its name, and so its login, stays.",
            footerHeading = Examples.HEADING,
            footer = "  howdah role rename app 'the web application'")
    int rename(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Parameters(index = "0", paramLabel = "ROLE", description = ROLE) String role,
            @Parameters(index = "1", paramLabel = "LABEL", description = "The new label.") String label) {
        try (var client = api.client()) {
            showRole(api, client.patch(path(api, target, role), new RenameRole(label)));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "reset-default",
            description = {
                "Gives the default role postgres a new password and shows it, this once.",
                "Sessions that used the old one are ended."
            },
            footerHeading = Examples.HEADING,
            footer = "  howdah role reset-default --branch main")
    int resetDefault(@Mixin ApiOptions api, @Mixin BranchOption target) {
        try (var client = api.client()) {
            showSecret(api, client.post(ApiPaths.resetDefaultRole(target.project(api), target.branch(api)), Map.of()));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "reset",
            description =
                    "Gives a role a new password and shows it, this once. Sessions that used the old one are ended.",
            footerHeading = Examples.HEADING,
            footer = "  howdah role reset app")
    int reset(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Parameters(paramLabel = "ROLE", description = ROLE) String role) {
        try (var client = api.client()) {
            showSecret(api, client.post(ApiPaths.resetRole(target.project(api), target.branch(api), role), Map.of()));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "renew",
            description = "Starts a role's time to live anew.",
            footerHeading = Examples.HEADING,
            footer = "  howdah role renew report --ttl 7d")
    int renew(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Parameters(paramLabel = "ROLE", description = ROLE) String role,
            @Option(
                            names = "--ttl",
                            paramLabel = "TIME",
                            description = "Another time to live than the one it has; 0 is for ever.")
                    Optional<String> ttl) {
        var path = ApiPaths.renewRole(target.project(api), target.branch(api), role);
        try (var client = api.client()) {
            showRole(api, client.post(path, new RenewRole(ttl.map(RoleCommands::seconds))));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "reassign",
            description = "Gives everything that a role owns to another role.",
            footerHeading = Examples.HEADING,
            footer = "  howdah role reassign report --to postgres")
    int reassign(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Parameters(paramLabel = "ROLE", description = ROLE) String role,
            @Option(
                            names = {"--to", "--successor"},
                            paramLabel = "ROLE",
                            required = true,
                            description = "The new owner.")
                    String successor) {
        try (var client = api.client()) {
            var _ = client.post(
                    ApiPaths.reassignRole(target.project(api), target.branch(api), role), new ReassignRole(successor));
            api.output().say("What %s owned belongs to %s.".formatted(Text.oneLine(role), Text.oneLine(successor)));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "delete",
            description = {
                "Deletes a role and ends its sessions.",
                "Refused while it owns objects, unless --successor names who gets them."
            },
            footerHeading = Examples.HEADING,
            footer = "  howdah role delete report --successor postgres")
    int delete(
            @Mixin ApiOptions api,
            @Mixin BranchOption target,
            @Parameters(paramLabel = "ROLE", description = ROLE) String role,
            @Option(names = "--successor", paramLabel = "ROLE", description = "Who gets what it owns.")
                    Optional<String> successor,
            @Option(names = "--yes", description = "For scripts: accepted, though this does not ask.") boolean yes) {
        var query = successor.map(name -> "?successor=" + ApiPaths.encode(name)).orElse("");
        try (var client = api.client()) {
            client.delete(path(api, target, role) + query);
            api.output().say("Role %s is deleted.".formatted(Text.oneLine(role)));
        }
        return ExitCode.SUCCESS;
    }

    private static String path(ApiOptions api, BranchOption target, String role) {
        return ApiPaths.role(target.project(api), target.branch(api), role);
    }

    private static long seconds(String ttl) {
        Duration duration = Text.duration(ttl);
        return duration.toSeconds();
    }

    private static String state(Role role) {
        if (role.dropFailed().isPresent()) {
            return "drop failed: " + role.dropFailed().get();
        }
        if (role.expired()) {
            return "expired";
        }
        if (role.disabledAt().isPresent()) {
            return "disabled";
        }
        return role.ready() ? "active" : "no password";
    }

    private static void showRole(ApiOptions api, JsonNode answer) {
        api.output()
                .one(
                        answer,
                        Role.class,
                        role -> api.output()
                                .fields(
                                        "name",
                                        role.name(),
                                        "id",
                                        role.id(),
                                        "login",
                                        role.login(),
                                        "label",
                                        role.label(),
                                        "inherits",
                                        String.join(", ", role.inheritedRoles()),
                                        "replication",
                                        role.withReplication() ? "yes" : "no",
                                        "state",
                                        state(role),
                                        "expires",
                                        role.expiresAt().map(Text::time).orElse("never"),
                                        "made by",
                                        role.managed() ? "howdah" : "SQL",
                                        "purpose",
                                        role.purpose(),
                                        "created",
                                        role.createdAt().map(Text::time).orElse("")));
    }

    private static void showSecret(ApiOptions api, JsonNode answer) {
        api.output().one(answer, RoleSecret.class, secret -> {
            var connection = secret.connection();
            api.output()
                    .say("Role %s. Its password is shown this once:"
                            .formatted(Text.oneLine(secret.role().name())));
            api.output()
                    .fields(
                            "login", secret.role().login(),
                            "password", secret.password(),
                            "direct", connection.uri(),
                            "pooled", connection.pooledUri(),
                            "jdbc", connection.jdbc(),
                            "psql", connection.psql(),
                            "expires", secret.role().expiresAt().map(Text::time).orElse(""));
        });
    }
}
