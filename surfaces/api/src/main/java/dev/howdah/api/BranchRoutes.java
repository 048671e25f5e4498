package dev.howdah.api;

import static dev.howdah.api.Gate.ADMIN;
import static dev.howdah.api.Gate.READ;
import static dev.howdah.api.Gate.WRITE;

import dev.howdah.api.model.CreateBranch;
import dev.howdah.api.model.Instance;
import dev.howdah.control.BranchKind;
import dev.howdah.control.ControlPlane;
import java.util.List;
import java.util.Optional;

/** Branches, their instances and their events. */
final class BranchRoutes {
    private static final String ALL = "/v1/projects/{project}/branches";
    private static final String ONE = ALL + "/{branch}";

    private final ControlPlane control;
    private final Reach reach;

    BranchRoutes(ControlPlane control, Reach reach) {
        this.control = control;
        this.reach = reach;
    }

    List<Route> routes() {
        return List.of(
                Route.get(ALL, READ, this::list).paged(),
                Route.post(ALL, WRITE, this::create),
                Route.get(ONE, READ, call -> Answer.ok(Views.branch(reach.branch(call)))),
                Route.delete(ONE, ADMIN, this::delete).with("confirm"),
                Route.get(ONE + "/instances", READ, this::instances).paged(),
                Route.get(ONE + "/events", READ, this::events).paged());
    }

    private Answer list(Call call) {
        var project = reach.project(call).id().value();
        return Answer.ok(Views.page(control.branches().list(project, call.page()), Views::branch));
    }

    private Answer create(Call call) {
        var project = reach.project(call).id().value();
        var wanted = call.body(CreateBranch.class);
        var kind = wanted.kind()
                .map(word -> Words.parse("kind", word, BranchKind.class))
                .orElse(BranchKind.PRODUCTION);
        return Answer.created(Views.branch(control.branches().create(call.actor(), project, wanted.name(), kind)));
    }

    private Answer delete(Call call) {
        var branch = reach.branch(call);
        control.branches()
                .delete(call.actor(), branch.project().value(), branch.id().value(), call.query("confirm"));
        return Answer.nothing();
    }

    private Answer instances(Call call) {
        var branch = reach.branch(call).id();
        var instances = Views.instances(control.branches().instances(branch));
        return Answer.ok(Parts.of(instances, Instance::id, call.page()));
    }

    private Answer events(Call call) {
        var branch = reach.branch(call).id();
        return Answer.ok(Views.page(control.events().list(Optional.of(branch), call.page()), Views::event));
    }
}
