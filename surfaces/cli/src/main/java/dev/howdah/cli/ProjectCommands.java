package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.CreateProject;
import dev.howdah.api.model.Project;
import dev.howdah.api.model.UpdateProject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "project",
        aliases = "projects",
        description = "What one product owns: branches and what is in them.",
        footerHeading = Examples.HEADING,
        footer = "  howdah projects list")
final class ProjectCommands {
    private static final Table<Project> TABLE =
            Table.<Project>of("NAME", Project::name).and("ID", Project::id).and("CREATED", Project::createdAt);

    @Command(
            name = "create",
            description = "Makes a project. It begins with the branch main.",
            footerHeading = Examples.HEADING,
            footer = "  howdah project create shop")
    int create(@Mixin ApiOptions api, @Parameters(paramLabel = "NAME", description = "Its name.") String name) {
        try (var client = api.client()) {
            var made = client.post(ApiPaths.PROJECTS, new CreateProject(name));
            api.output().one(made, Project.class, project -> {
                api.output().say("Project %s (%s) is made.".formatted(Text.oneLine(project.name()), project.id()));
                api.output()
                        .remark("Its branch main is being made; see: howdah branches list --project " + project.id());
            });
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "list",
            description = "Lists the projects.",
            footerHeading = Examples.HEADING,
            footer = "  howdah projects list --format json")
    int list(@Mixin ApiOptions api) {
        try (var client = api.client()) {
            api.output()
                    .list(
                            client.list(ApiPaths.PROJECTS, Integer.MAX_VALUE),
                            Project.class,
                            TABLE,
                            "There are no projects.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "show",
            description = "Shows one project.",
            footerHeading = Examples.HEADING,
            footer = "  howdah project show shop")
    int show(
            @Mixin ApiOptions api,
            @Parameters(paramLabel = "PROJECT", description = "Its name or id.") String project) {
        try (var client = api.client()) {
            api.output()
                    .one(
                            client.get(ApiPaths.project(project)),
                            Project.class,
                            found -> api.output()
                                    .fields(
                                            "name", found.name(),
                                            "id", found.id(),
                                            "created", Text.time(found.createdAt())));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "rename",
            description = "Gives a project another name; its id stays.",
            footerHeading = Examples.HEADING,
            footer = "  howdah project rename shop store")
    int rename(
            @Mixin ApiOptions api,
            @Parameters(index = "0", paramLabel = "PROJECT", description = "Its name or id.") String project,
            @Parameters(index = "1", paramLabel = "NAME", description = "The new name.") String name) {
        try (var client = api.client()) {
            var renamed = client.patch(ApiPaths.project(project), new UpdateProject(name));
            api.output()
                    .one(
                            renamed,
                            Project.class,
                            now -> api.output()
                                    .say("Project %s is now named %s.".formatted(now.id(), Text.oneLine(now.name()))));
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "delete",
            description = "Deletes a project with all its branches and their data.",
            footerHeading = Examples.HEADING,
            footer = "  howdah project delete shop --yes")
    int delete(
            @Mixin ApiOptions api,
            @Parameters(paramLabel = "PROJECT", description = "Its name or id.") String project,
            @Option(names = "--yes", description = "Do not ask.") boolean yes) {
        try (var client = api.client()) {
            var found = Json.to(client.get(ApiPaths.project(project)), Project.class);
            Confirmation.require(
                    api,
                    yes,
                    "Delete the project %s with its branches and all data in them?"
                            .formatted(Text.oneLine(found.name())));
            client.delete(ApiPaths.project(found.id()) + "?confirm=" + ApiPaths.encode(found.name()));
            api.output().say("Project %s (%s) is deleted.".formatted(Text.oneLine(found.name()), found.id()));
        }
        return ExitCode.SUCCESS;
    }
}
