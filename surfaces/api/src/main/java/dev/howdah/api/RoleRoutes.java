package dev.howdah.api;

import static dev.howdah.api.Gate.ADMIN;
import static dev.howdah.api.Gate.READ;
import static dev.howdah.api.Gate.WRITE;

import dev.howdah.api.model.CreateRole;
import dev.howdah.api.model.CreateTemporaryRole;
import dev.howdah.api.model.ReassignRole;
import dev.howdah.api.model.RenameRole;
import dev.howdah.api.model.RenewRole;
import dev.howdah.api.model.RoleSecret;
import dev.howdah.control.ControlPlane;
import dev.howdah.control.NewRole;
import dev.howdah.control.RoleWithPassword;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The roles of a branch, and how to connect as one. */
final class RoleRoutes {
    private static final String BRANCH = "/v1/projects/{project}/branches/{branch}";
    private static final String ALL = BRANCH + "/roles";
    private static final String ONE = ALL + "/{role}";
    private static final String DEFAULT_ROLE = "postgres";

    private final ControlPlane control;
    private final Reach reach;
    private final Installation installation;

    RoleRoutes(ControlPlane control, Reach reach, Installation installation) {
        this.control = control;
        this.reach = reach;
        this.installation = installation;
    }

    List<Route> routes() {
        return List.of(
                Route.get(BRANCH + "/connection", READ, this::connection).with("role"),
                Route.get(ALL, READ, this::list).paged(),
                Route.post(ALL, WRITE, this::create),
                Route.post(ALL + "/reset-default", WRITE, this::resetDefault),
                Route.post(ALL + "/temporary", WRITE, this::temporary),
                Route.get(ONE, READ, this::show),
                Route.patch(ONE, WRITE, this::rename),
                Route.delete(ONE, ADMIN, this::delete).with("successor"),
                Route.post(ONE + "/reset", WRITE, this::reset),
                Route.post(ONE + "/renew", WRITE, this::renew),
                Route.post(ONE + "/reassign", WRITE, this::reassign));
    }

    /** The strings hold no password: nobody knows it any more. */
    private Answer connection(Call call) {
        var branch = reach.branch(call).id();
        var role = control.roles().find(branch, call.query("role").orElse(DEFAULT_ROLE));
        return Answer.ok(Connections.to(installation, Views.role(role).login(), Optional.empty()));
    }

    private Answer list(Call call) {
        var branch = reach.branch(call).id();
        return Answer.ok(Views.page(control.roles().list(branch, call.page()), Views::role));
    }

    private Answer create(Call call) {
        var branch = reach.branch(call).id();
        var wanted = call.body(CreateRole.class);
        var role = new NewRole(
                wanted.name(),
                wanted.inheritedRoles().orElse(List.of()),
                wanted.withReplication().orElse(false),
                Duration.ofSeconds(wanted.ttlSeconds().orElse(0L)),
                wanted.label());
        return secret(201, control.roles().create(call.actor(), branch, role));
    }

    private Answer resetDefault(Call call) {
        return secret(
                200,
                control.roles().resetDefault(call.actor(), reach.branch(call).id()));
    }

    private Answer temporary(Call call) {
        var branch = reach.branch(call).id();
        var wanted = call.body(CreateTemporaryRole.class);
        return secret(200, control.roles().temporary(call.actor(), branch, wanted.purpose(), wanted.knownPassword()));
    }

    private Answer show(Call call) {
        var branch = reach.branch(call).id();
        return Answer.ok(Views.role(control.roles().find(branch, call.path("role"))));
    }

    private Answer rename(Call call) {
        var branch = reach.branch(call).id();
        var label = call.body(RenameRole.class).label();
        return Answer.ok(Views.role(control.roles().rename(call.actor(), branch, call.path("role"), label)));
    }

    private Answer delete(Call call) {
        var branch = reach.branch(call).id();
        control.roles().delete(call.actor(), branch, call.path("role"), call.query("successor"));
        return Answer.nothing();
    }

    private Answer reset(Call call) {
        var branch = reach.branch(call).id();
        return secret(200, control.roles().reset(call.actor(), branch, call.path("role")));
    }

    private Answer renew(Call call) {
        var branch = reach.branch(call).id();
        var ttl = call.body(RenewRole.class).ttlSeconds().map(Duration::ofSeconds);
        return Answer.ok(Views.role(control.roles().renew(call.actor(), branch, call.path("role"), ttl)));
    }

    private Answer reassign(Call call) {
        var branch = reach.branch(call).id();
        var successor = call.body(ReassignRole.class).successor();
        control.roles().reassign(call.actor(), branch, call.path("role"), successor);
        return Answer.nothing();
    }

    private Answer secret(int status, RoleWithPassword made) {
        var role = Views.role(made.role());
        Object shown = new RoleSecret(
                role, made.password(), Connections.to(installation, role.login(), Optional.of(made.password())));
        Object kept = new RoleSecret(role, "", Connections.to(installation, role.login(), Optional.empty()));
        return new Answer(status, Optional.of(shown), Optional.of(kept));
    }
}
