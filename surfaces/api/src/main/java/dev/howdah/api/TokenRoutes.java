package dev.howdah.api;

import static dev.howdah.api.Gate.ADMIN;

import dev.howdah.api.model.CreateToken;
import dev.howdah.api.model.TokenSecret;
import dev.howdah.base.PlatformException;
import dev.howdah.control.Access;
import dev.howdah.control.ControlPlane;
import java.util.List;

/** The credentials of this API. */
final class TokenRoutes {
    private final ControlPlane control;
    private final Reach reach;

    TokenRoutes(ControlPlane control, Reach reach) {
        this.control = control;
        this.reach = reach;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/v1/tokens", ADMIN, this::list).paged(),
                Route.post("/v1/tokens", ADMIN, this::create),
                Route.delete("/v1/tokens/{token}", ADMIN, this::revoke));
    }

    private Answer list(Call call) {
        return Answer.ok(Views.page(control.tokens().list(call.principal(), call.page()), Views::token));
    }

    private Answer create(Call call) {
        var wanted = call.body(CreateToken.class);
        var access = Words.parse("role", wanted.role(), Access.class);
        var project =
                wanted.project().map(name -> reach.project(call, name).id().value());
        if (project.isEmpty()) {
            call.principal().requirePlatform(Access.ADMIN);
        }
        var made = control.tokens().create(call.actor(), wanted.name(), project, access);
        var token = Views.token(made.token());
        return Answer.created(new TokenSecret(token, made.secret())).keeping(new TokenSecret(token, ""));
    }

    private Answer revoke(Call call) {
        var token = control.tokens().find(call.path("token"));
        var within = token.project()
                .map(call.principal()::maySee)
                .orElse(call.principal().project().isEmpty());
        if (!within) {
            throw PlatformException.notFound(
                    "token \"%s\" does not exist".formatted(call.path("token")), "List them with: howdah tokens list");
        }
        control.tokens().revoke(call.actor(), token.id());
        return Answer.nothing();
    }
}
