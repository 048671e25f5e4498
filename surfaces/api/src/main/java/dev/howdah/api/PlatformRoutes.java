package dev.howdah.api;

import static dev.howdah.api.Gate.ADMIN;
import static dev.howdah.api.Gate.LOCAL;
import static dev.howdah.api.Gate.OPEN;
import static dev.howdah.api.Gate.READ;

import dev.howdah.api.model.AuditVerification;
import dev.howdah.api.model.Ban;
import dev.howdah.api.model.BranchStatus;
import dev.howdah.api.model.Endpoint;
import dev.howdah.api.model.PlatformStatus;
import dev.howdah.api.model.Session;
import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ProjectId;
import dev.howdah.base.SqlState;
import dev.howdah.control.Access;
import dev.howdah.control.AuditEntry.Outcome;
import dev.howdah.control.Branch;
import dev.howdah.control.BranchState;
import dev.howdah.control.ControlPlane;
import dev.howdah.control.Project;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The platform as a whole. */
final class PlatformRoutes {
    private final ControlPlane control;
    private final Reach reach;
    private final Installation installation;
    private final Supplier<Endpoint> api;
    private final Runnable shutdown;
    private final Json json = new Json();

    PlatformRoutes(
            ControlPlane control, Reach reach, Installation installation, Supplier<Endpoint> api, Runnable shutdown) {
        this.control = control;
        this.reach = reach;
        this.installation = installation;
        this.api = api;
        this.shutdown = shutdown;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/healthz", OPEN, _ -> Answer.plain(200, "ok")),
                Route.get("/readyz", OPEN, _ -> ready()),
                Route.get("/v1/openapi.json", OPEN, _ -> openApi()),
                Route.get("/v1/status", READ, this::status),
                Route.get("/v1/events", READ, this::events).paged(),
                Route.get("/v1/audit", ADMIN, this::audit).paged(),
                Route.get("/v1/audit/verify", ADMIN, this::verifyAudit),
                Route.get("/v1/bans", ADMIN, this::bans).paged(),
                Route.delete("/v1/bans/{address}", ADMIN, this::liftBan),
                Route.get("/v1/sessions", READ, this::sessions).with("project", "branch", "limit", "cursor"),
                Route.post("/v1/shutdown", LOCAL, this::shutdown));
    }

    private Answer ready() {
        return control.isOpen()
                ? Answer.plain(200, "ready")
                : Answer.plain(503, "the control database is not there yet");
    }

    private static Answer openApi() {
        var raw = new Answer.Raw("application/json", OpenApi.TEXT);
        return Answer.ok(raw);
    }

    private Answer status(Call call) {
        if (call.principal().project().isPresent()) {
            return Answer.ok(status(reach.projects(call), Stream.empty()));
        }
        try {
            return Answer.ok(status(reach.projects(call), Stream.of(controlBranch(""))));
        } catch (PlatformException e) {
            if (e.state() != SqlState.CANNOT_CONNECT_NOW) {
                throw e;
            }
            return Answer.ok(status(List.of(), Stream.of(controlBranch(e.message()))));
        }
    }

    private PlatformStatus status(List<Project> projects, Stream<BranchStatus> platform) {
        return new PlatformStatus(
                installation.version(),
                installation.home().toString(),
                installation.startedAt(),
                installation.direct(),
                installation.pooled(),
                api.get(),
                installation.caFile().toString(),
                projects.size(),
                Stream.concat(platform, projects.stream().flatMap(this::branches))
                        .toList());
    }

    /** The platform's own branch. What its agents say of it is known without it, and is most wanted when it is away. */
    private BranchStatus controlBranch(String whyAway) {
        var branch = new dev.howdah.api.model.Branch(
                BranchId.CONTROL.value(),
                BranchId.CONTROL.value(),
                dev.howdah.api.model.Branch.PLATFORM_KIND,
                Words.of(whyAway.isEmpty() ? BranchState.READY : BranchState.FAILED),
                whyAway,
                ProjectId.PLATFORM.value(),
                installation.startedAt(),
                Optional.empty());
        return new BranchStatus(
                branch, "platform", Views.instances(control.branches().instances(BranchId.CONTROL)));
    }

    private Stream<BranchStatus> branches(Project project) {
        return reach.branches(project).stream()
                .map(branch -> new BranchStatus(
                        Views.branch(branch),
                        project.name(),
                        Views.instances(control.branches().instances(branch.id()))));
    }

    private Answer events(Call call) {
        call.principal().requirePlatform(Access.READ);
        return Answer.ok(Views.page(control.events().list(Optional.empty(), call.page()), Views::event));
    }

    private Answer audit(Call call) {
        call.principal().requirePlatform(Access.ADMIN);
        return Answer.ok(Views.page(control.audit().list(call.page()), entry -> Views.auditEntry(entry, json)));
    }

    private Answer verifyAudit(Call call) {
        call.principal().requirePlatform(Access.ADMIN);
        var broken = control.audit().verify();
        return Answer.ok(new AuditVerification(
                broken.isEmpty(), broken.orElse("every entry is as it was written, and none is missing between them")));
    }

    private Answer bans(Call call) {
        call.principal().requirePlatform(Access.ADMIN);
        List<Ban> bans = control.proxy().bans().stream().map(Views::ban).toList();
        return Answer.ok(Parts.of(bans, Ban::address, call.page()));
    }

    private Answer liftBan(Call call) {
        call.principal().requirePlatform(Access.ADMIN);
        control.liftBan(call.actor(), call.path("address"));
        return Answer.nothing();
    }

    private Answer sessions(Call call) {
        List<Session> sessions = wantedBranches(call).stream()
                .flatMap(branch -> control.proxy().sessions(branch).stream())
                .map(Views::session)
                .toList();
        return Answer.ok(Parts.of(sessions, Session::id, call.page()));
    }

    private List<BranchId> wantedBranches(Call call) {
        var project = call.query("project");
        var branch = call.query("branch");
        if (project.isEmpty() && branch.isPresent()) {
            throw PlatformException.invalid("\"branch\" needs \"project\"", "Name both, or the project alone.");
        }
        if (project.isPresent() && branch.isPresent()) {
            return List.of(reach.branch(call, project.get(), branch.get()).id());
        }
        var projects = project.map(name -> List.of(reach.project(call, name))).orElseGet(() -> reach.projects(call));
        return projects.stream()
                .flatMap(one -> reach.branches(one).stream())
                .map(Branch::id)
                .toList();
    }

    private Answer shutdown(Call call) {
        control.audit().offer(call.actor(), "platform.shutdown", "", Outcome.DONE, Map.of());
        call.afterwards(shutdown);
        return Answer.accepted();
    }
}
