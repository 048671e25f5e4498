package dev.howdah.api;

import dev.howdah.base.PlatformException;
import dev.howdah.control.Branch;
import dev.howdah.control.ControlPlane;
import dev.howdah.control.PageRequest;
import dev.howdah.control.Project;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Finds what a call names, within what its token may reach. What lies outside looks as if it did not exist. */
final class Reach {
    private final ControlPlane control;

    Reach(ControlPlane control) {
        this.control = control;
    }

    /** The project named in the path. */
    Project project(Call call) {
        return project(call, call.path("project"));
    }

    Project project(Call call, String idOrName) {
        var project = control.projects().find(idOrName);
        if (!call.principal().maySee(project.id())) {
            // Control's own refusal would name the id of the project that a guessed name belongs to.
            throw PlatformException.notFound(
                    "project \"%s\" does not exist".formatted(idOrName), "List them with: howdah projects list");
        }
        return project;
    }

    /** The branch named in the path. */
    Branch branch(Call call) {
        return branch(call, call.path("project"), call.path("branch"));
    }

    Branch branch(Call call, String project, String branch) {
        return control.branches().find(project(call, project).id().value(), branch);
    }

    List<Project> projects(Call call) {
        return all(page -> control.projects().list(call.principal(), page));
    }

    List<Branch> branches(Project project) {
        return all(page -> control.branches().list(project.id().value(), page));
    }

    private static <T> List<T> all(Function<PageRequest, dev.howdah.control.Page<T>> list) {
        var items = new ArrayList<T>();
        var cursor = Optional.<String>empty();
        do {
            var page = list.apply(new PageRequest(PageRequest.LIMIT_MAX, cursor));
            items.addAll(page.items());
            cursor = page.nextCursor();
        } while (cursor.isPresent());
        return items;
    }
}
