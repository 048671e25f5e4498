package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.Branch;
import dev.howdah.api.model.CreateBranch;
import dev.howdah.api.model.Instance;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "branch",
        aliases = "branches",
        description = "An isolated PostgreSQL cluster of a project.",
        footerHeading = Examples.HEADING,
        footer = "  howdah branches list")
final class BranchCommands {
    private static final Table<Branch> TABLE = Table.<Branch>of("NAME", Branch::name)
            .and("ID", Branch::id)
            .and("KIND", Branch::kind)
            .and("CREATED", Branch::createdAt)
            .and("STATE", BranchCommands::state); // may be long

    @Command(
            name = "create",
            description = "Makes a branch, and waits until it can be used.",
            footerHeading = Examples.HEADING,
            footer = {"  howdah branch create preview --kind development", "  howdah branch create eu --no-wait"})
    int create(
            @Mixin ApiOptions api,
            @Mixin ProjectOption project,
            @Mixin WaitOption waiting,
            @Parameters(paramLabel = "NAME", description = "Its name.") String name,
            @Option(
                            names = "--kind",
                            paramLabel = "KIND",
                            description =
                                    "production (a primary and two replicas; the default) or development (one instance).")
                    Optional<String> kind) {
        var inProject = project.project(api);
        try (var client = api.client()) {
            var made = client.post(ApiPaths.branches(inProject), new CreateBranch(name, kind));
            var id = Json.to(made, Branch.class).id();
            var now = waiting.isWanted() ? waiting.untilReady(api, client, inProject, id) : made;
            api.output().one(now, Branch.class, branch -> {
                api.output()
                        .say("Branch %s (%s) is %s."
                                .formatted(Text.oneLine(branch.name()), branch.id(), branch.state()));
                api.output().remark("A login for it: howdah role reset-default --branch " + branch.id());
            });
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "list",
            description = "Lists the branches of a project.",
            footerHeading = Examples.HEADING,
            footer = "  howdah branches list --project shop")
    int list(@Mixin ApiOptions api, @Mixin ProjectOption project) {
        try (var client = api.client()) {
            var branches = client.list(ApiPaths.branches(project.project(api)), Integer.MAX_VALUE);
            api.output().list(branches, Branch.class, TABLE, "The project has no branches.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "show",
            description = "Shows one branch and its instances.",
            footerHeading = Examples.HEADING,
            footer = "  howdah branch show main")
    int show(
            @Mixin ApiOptions api,
            @Mixin ProjectOption project,
            @Parameters(paramLabel = "BRANCH", description = "Its name or id.") String branch) {
        var inProject = project.project(api);
        try (var client = api.client()) {
            api.output().one(client.get(ApiPaths.branch(inProject, branch)), Branch.class, found -> {
                api.output()
                        .fields(
                                "name",
                                found.name(),
                                "id",
                                found.id(),
                                "kind",
                                found.kind(),
                                "state",
                                state(found),
                                "project",
                                found.projectId(),
                                "created",
                                Text.time(found.createdAt()),
                                "ready since",
                                found.readyAt().map(Text::time).orElse(""));
                instances(api, client, inProject, found);
            });
        }
        return ExitCode.SUCCESS;
    }

    private static void instances(ApiOptions api, ApiClient client, String project, Branch branch) {
        var instances = client.list(ApiPaths.instances(project, branch.id()), Integer.MAX_VALUE);
        api.output().say("");
        api.output().list(instances, Instance.class, StatusDrawing.INSTANCES, "It has no instances yet.");
    }

    @Command(
            name = "instances",
            description = "Lists the PostgreSQL servers of a branch.",
            footerHeading = Examples.HEADING,
            footer = "  howdah branch instances main --format csv")
    int instances(
            @Mixin ApiOptions api,
            @Mixin ProjectOption project,
            @Parameters(paramLabel = "BRANCH", description = "Its name or id.") String branch) {
        try (var client = api.client()) {
            var instances = client.list(ApiPaths.instances(project.project(api), branch), Integer.MAX_VALUE);
            api.output().list(instances, Instance.class, StatusDrawing.INSTANCES, "It has no instances yet.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "delete",
            description = "Deletes a branch and all data in it.",
            footerHeading = Examples.HEADING,
            footer = "  howdah branch delete preview --yes")
    int delete(
            @Mixin ApiOptions api,
            @Mixin ProjectOption project,
            @Mixin WaitOption waiting,
            @Parameters(paramLabel = "BRANCH", description = "Its name or id.") String branch,
            @Option(names = "--yes", description = "Do not ask.") boolean yes) {
        var inProject = project.project(api);
        try (var client = api.client()) {
            var found = Json.to(client.get(ApiPaths.branch(inProject, branch)), Branch.class);
            Confirmation.require(
                    api, yes, "Delete the branch %s and all data in it?".formatted(Text.oneLine(found.name())));
            client.delete(ApiPaths.branch(inProject, found.id()) + "?confirm=" + ApiPaths.encode(found.name()));
            if (waiting.isWanted()) {
                waiting.untilGone(api, client, inProject, found.id());
            }
            api.output().say("Branch %s (%s) is deleted.".formatted(Text.oneLine(found.name()), found.id()));
        }
        return ExitCode.SUCCESS;
    }

    static String state(Branch branch) {
        return branch.stateDetail().isEmpty() ? branch.state() : branch.state() + ": " + branch.stateDetail();
    }
}
