package dev.howdah.api;

import static dev.howdah.api.Gate.ADMIN;
import static dev.howdah.api.Gate.READ;

import dev.howdah.api.model.CreateProject;
import dev.howdah.api.model.UpdateProject;
import dev.howdah.base.PlatformException;
import dev.howdah.control.Access;
import dev.howdah.control.ControlPlane;
import dev.howdah.control.Project;
import java.util.List;
import java.util.Optional;

/** Projects. */
final class ProjectRoutes {
    private static final String ONE = "/v1/projects/{project}";

    private final ControlPlane control;
    private final Reach reach;

    ProjectRoutes(ControlPlane control, Reach reach) {
        this.control = control;
        this.reach = reach;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/v1/projects", READ, this::list).paged(),
                Route.post("/v1/projects", ADMIN, this::create),
                Route.get(ONE, READ, call -> Answer.ok(Views.project(reach.project(call)))),
                Route.patch(ONE, ADMIN, this::rename),
                Route.delete(ONE, ADMIN, this::delete).with("confirm"));
    }

    private Answer list(Call call) {
        return Answer.ok(Views.page(control.projects().list(call.principal(), call.page()), Views::project));
    }

    private Answer create(Call call) {
        call.principal().requirePlatform(Access.ADMIN);
        var wanted = call.body(CreateProject.class);
        return Answer.created(Views.project(control.projects().create(call.actor(), wanted.name())));
    }

    private Answer rename(Call call) {
        var project = reach.project(call);
        var wanted = call.body(UpdateProject.class);
        return Answer.ok(Views.project(
                control.projects().rename(call.actor(), project.id().value(), wanted.name())));
    }

    private Answer delete(Call call) {
        call.principal().requirePlatform(Access.ADMIN);
        var project = reach.project(call);
        control.projects().delete(call.actor(), project.id().value(), isConfirmed(project, call.query("confirm")));
        return Answer.nothing();
    }

    /** Whether its branches go with it: only when the caller has typed its name. */
    private static boolean isConfirmed(Project project, Optional<String> confirmation) {
        confirmation.filter(text -> !text.equals(project.name())).ifPresent(text -> {
            throw PlatformException.invalid(
                    "\"%s\" is not the name of project %s".formatted(text, project.id()),
                    "Confirm with its name \"%s\" to delete it with its branches.".formatted(project.name()));
        });
        return confirmation.isPresent();
    }
}
