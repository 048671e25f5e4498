package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.PausedPools;
import dev.howdah.api.model.Pool;
import dev.howdah.api.model.PoolClient;
import dev.howdah.api.model.PoolServer;
import dev.howdah.api.model.PoolSetting;
import dev.howdah.api.model.SteerPools;
import dev.howdah.api.model.UpdatePoolSetting;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "pool",
        aliases = "pools",
        description = "The pooled endpoint: who shares which server connections.",
        footerHeading = Examples.HEADING,
        footer = "  howdah pools list")
final class PoolCommands {
    private static final Table<Pool> POOLS = Table.<Pool>of("DATABASE", Pool::database)
            .and("ROLE", Pool::role)
            .and("CLIENTS", Pool::clientsActive)
            .and("IDLE", Pool::clientsIdle)
            .and("WAITING", Pool::clientsWaiting)
            .and("LONGEST WAIT", pool -> seconds(pool.waitSeconds()))
            .and("SERVERS", pool -> "%d of %d".formatted(servers(pool), pool.sizeMax()))
            .and("PINNED", Pool::serversPinned)
            .and("TRANSACTIONS", Pool::transactions)
            .and("STATE", PoolCommands::state);

    private static final Table<PoolClient> CLIENTS = Table.<PoolClient>of("ID", PoolClient::id)
            .and("DATABASE", PoolClient::database)
            .and("ROLE", PoolClient::role)
            .and("STATE", client -> client.pinned() ? client.state() + ", pinned" : client.state())
            .and("WAITING", client -> seconds(client.waitSeconds()))
            .and("SERVER", PoolClient::serverId)
            .and("ADDRESS", PoolClient::address)
            .and("SINCE", PoolClient::startedAt)
            .and("APPLICATION", PoolClient::application);

    private static final Table<PoolServer> SERVERS = Table.<PoolServer>of("ID", PoolServer::id)
            .and("DATABASE", PoolServer::database)
            .and("ROLE", PoolServer::role)
            .and("STATE", server -> server.closing() ? server.state() + ", closing" : server.state())
            .and("INSTANCE", PoolServer::instanceId)
            .and("PID", PoolServer::processId)
            .and("CLIENT", PoolServer::clientId)
            .and("SINCE", PoolServer::startedAt);

    private static final Table<PoolSetting> SETTINGS = Table.<PoolSetting>of("NAME", PoolSetting::name)
            .and("VALUE", PoolSetting::value)
            .and("DEFAULT", PoolSetting::initial)
            .and("MEANING", PoolSetting::meaning);

    private static int servers(Pool pool) {
        return pool.serversActive() + pool.serversIdle() + pool.serversOpening();
    }

    private static String seconds(double seconds) {
        return seconds == 0 ? "" : "%.1f s".formatted(seconds);
    }

    private static String state(Pool pool) {
        return pool.paused() ? "paused" : pool.disabled() ? "disabled" : "";
    }

    /** {@code [BRANCH]} behind the command, or {@code --branch}. */
    static final class Target {
        @Mixin
        private BranchOption option = new BranchOption();

        @Parameters(
                arity = "0..1",
                paramLabel = "BRANCH",
                description = "Name or id of the branch: else the one of --branch, of howdah use, or main.")
        private Optional<String> branch = Optional.empty();

        String project(ApiOptions api) {
            return option.project(api);
        }

        String branch(ApiOptions api) {
            return branch.orElseGet(() -> option.branch(api));
        }
    }

    @Command(
            name = "list",
            description = "Lists the pools of a branch: one for each role in each database.",
            footerHeading = Examples.HEADING,
            footer = "  howdah pools list")
    int list(@Mixin ApiOptions api, @Mixin Target target) {
        try (var client = api.client()) {
            var pools = client.list(ApiPaths.pools(target.project(api), target.branch(api)), Integer.MAX_VALUE);
            api.output().list(pools, Pool.class, POOLS, "Nobody has used the pooled endpoint of this branch lately.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "clients",
            description = "Lists the clients of a branch's pooled endpoint.",
            footerHeading = Examples.HEADING,
            footer = "  howdah pools clients preview")
    int clients(@Mixin ApiOptions api, @Mixin Target target) {
        try (var client = api.client()) {
            var clients = client.list(ApiPaths.poolClients(target.project(api), target.branch(api)), Integer.MAX_VALUE);
            api.output().list(clients, PoolClient.class, CLIENTS, "Nobody is connected.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "servers",
            description = "Lists the server connections of a branch's pools.",
            footerHeading = Examples.HEADING,
            footer = "  howdah pools servers --format csv")
    int servers(@Mixin ApiOptions api, @Mixin Target target) {
        try (var client = api.client()) {
            var servers = client.list(ApiPaths.poolServers(target.project(api), target.branch(api)), Integer.MAX_VALUE);
            api.output().list(servers, PoolServer.class, SERVERS, "The pools have no server connections.");
        }
        return ExitCode.SUCCESS;
    }

    /** {@code --all}, or a branch. */
    static final class Scope {
        @Mixin
        private BranchOption option = new BranchOption();

        @Option(
                names = "--all",
                description = "All branches that have no value of their own; needs a token of the platform.")
        private boolean all;

        String settings(ApiOptions api) {
            return all ? ApiPaths.POOL_SETTINGS : ApiPaths.branchPoolSettings(option.project(api), option.branch(api));
        }

        String setting(ApiOptions api, String name) {
            return all
                    ? ApiPaths.poolSetting(name)
                    : ApiPaths.branchPoolSetting(option.project(api), option.branch(api), name);
        }
    }

    @Command(
            name = "settings",
            description = "Lists the settings of a branch's pools, or changes one at once; no client is closed.",
            footerHeading = Examples.HEADING,
            footer = {"  howdah pools settings", "  howdah pools settings default_pool_size 30"})
    int settings(
            @Mixin ApiOptions api,
            @Mixin Scope scope,
            @Parameters(
                            index = "0",
                            arity = "0..1",
                            paramLabel = "NAME",
                            description = "The setting to show or change.")
                    Optional<String> name,
            @Parameters(index = "1", arity = "0..1", paramLabel = "VALUE", description = "Its new value.")
                    Optional<String> value) {
        try (var client = api.client()) {
            if (name.isPresent() && value.isPresent()) {
                change(api, client, scope.setting(api, name.get()), value.get());
            } else {
                show(api, client.list(scope.settings(api), Integer.MAX_VALUE), name);
            }
        }
        return ExitCode.SUCCESS;
    }

    private static void change(ApiOptions api, ApiClient client, String path, String value) {
        api.output().one(client.patch(path, new UpdatePoolSetting(value)), PoolSetting.class, setting -> {
            api.output().say("%s is %s now.".formatted(setting.name(), setting.value()));
            api.output().remark("The file of settings says what it is after a restart or howdah pools reload.");
        });
    }

    private static void show(ApiOptions api, List<JsonNode> settings, Optional<String> name) {
        var shown = settings.stream()
                .filter(setting ->
                        name.map(setting.path("name").asString("")::equals).orElse(true))
                .toList();
        if (name.isPresent() && shown.isEmpty()) {
            throw CliFailure.usage(
                    "there is no setting \"%s\"".formatted(Text.oneLine(name.get())),
                    "List them with: howdah pools settings");
        }
        api.output().list(shown, PoolSetting.class, SETTINGS, "No proxy runs here.");
    }

    @Command(
            name = "pause",
            description = "Holds new transactions, and closes the server connections as they come free.",
            footerHeading = Examples.HEADING,
            footer = "  howdah pools pause && systemctl restart something && howdah pools resume")
    int pause(@Mixin ApiOptions api, @Mixin Target target, @Mixin DatabaseOption database) {
        try (var client = api.client()) {
            var paused = client.post(path(api, target, "pause"), database.body());
            api.output().one(paused, PausedPools.class, result -> {
                api.output().say(result.empty() ? "Paused." : "Pausing: transactions still run.");
                if (!result.empty()) {
                    api.output()
                            .remark(
                                    "See them with: howdah pools servers. The pause goes on until howdah pools resume.");
                }
            });
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "resume",
            description = "Ends a pause.",
            footerHeading = Examples.HEADING,
            footer = "  howdah pools resume")
    int resume(@Mixin ApiOptions api, @Mixin Target target, @Mixin DatabaseOption database) {
        try (var client = api.client()) {
            var _ = client.post(path(api, target, "resume"), database.body());
            api.output().say("Resumed.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "reconnect",
            description = "Replaces every server connection once it is free.",
            footerHeading = Examples.HEADING,
            footer = "  howdah pools reconnect --database shop")
    int reconnect(@Mixin ApiOptions api, @Mixin Target target, @Mixin DatabaseOption database) {
        try (var client = api.client()) {
            var _ = client.post(path(api, target, "reconnect"), database.body());
            api.output().say("Server connections are replaced as they come free.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "reload",
            description = "Reads the file of settings again; what was changed by command is forgotten.",
            footerHeading = Examples.HEADING,
            footer = "  howdah pools reload")
    int reload(@Mixin ApiOptions api, @Mixin Scope scope) {
        try (var client = api.client()) {
            var _ = client.post(scope.settings(api) + "/reload", Map.of());
            api.output().say("The settings are read again.");
        }
        return ExitCode.SUCCESS;
    }

    private static String path(ApiOptions api, Target target, String action) {
        return ApiPaths.steerPools(target.project(api), target.branch(api), action);
    }

    /** {@code --database NAME}. */
    static final class DatabaseOption {
        @Option(
                names = "--database",
                paramLabel = "DATABASE",
                description = "Only the pools of this database; else all of the branch.")
        private Optional<String> database = Optional.empty();

        SteerPools body() {
            return new SteerPools(database);
        }
    }
}
