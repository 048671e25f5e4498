package dev.howdah.api;

import static dev.howdah.api.Gate.ADMIN;
import static dev.howdah.api.Gate.READ;
import static dev.howdah.api.Gate.WRITE;

import dev.howdah.api.model.PausedPools;
import dev.howdah.api.model.Pool;
import dev.howdah.api.model.PoolClient;
import dev.howdah.api.model.PoolServer;
import dev.howdah.api.model.PoolSetting;
import dev.howdah.api.model.SteerPools;
import dev.howdah.api.model.UpdatePoolSetting;
import dev.howdah.base.BranchId;
import dev.howdah.control.Access;
import dev.howdah.control.ControlPlane;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The pools of the pooled endpoint: what PgBouncer's console shows and does, for a branch, and what all pools share. */
final class PoolRoutes {
    private static final String ONE = "/v1/projects/{project}/branches/{branch}";
    private static final String POOLS = ONE + "/pools";
    private static final String BRANCH_SETTINGS = ONE + "/pool-settings";
    private static final String SETTINGS = "/v1/pool-settings";

    /** Longer transactions are not waited for; the pause goes on without a listener. */
    private static final Duration PAUSE_WAIT = Duration.ofSeconds(30);

    /** Sorts before every character that names have. */
    private static final String BETWEEN = "\u0001";

    private final ControlPlane control;
    private final Reach reach;

    PoolRoutes(ControlPlane control, Reach reach) {
        this.control = control;
        this.reach = reach;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/metrics", READ, this::metrics),
                Route.get(POOLS, READ, this::pools).paged(),
                Route.get(ONE + "/clients", READ, this::clients).paged(),
                Route.get(ONE + "/servers", READ, this::servers).paged(),
                Route.post(POOLS + "/pause", WRITE, this::pause),
                Route.post(POOLS + "/resume", WRITE, this::resume),
                Route.post(POOLS + "/reconnect", WRITE, this::reconnect),
                Route.get(BRANCH_SETTINGS, READ, call -> settings(call, branch(call)))
                        .paged(),
                Route.patch(BRANCH_SETTINGS + "/{setting}", WRITE, call -> set(call, branch(call))),
                Route.post(BRANCH_SETTINGS + "/reload", WRITE, call -> reload(call, branch(call))),
                Route.get(SETTINGS, READ, call -> settings(call, Optional.empty()))
                        .paged(),
                Route.patch(SETTINGS + "/{setting}", ADMIN, call -> set(call, ofAll(call))),
                Route.post(SETTINGS + "/reload", ADMIN, call -> reload(call, ofAll(call))));
    }

    private Optional<BranchId> branch(Call call) {
        return Optional.of(reach.branch(call).id());
    }

    private static Optional<BranchId> ofAll(Call call) {
        call.principal().requirePlatform(Access.ADMIN);
        return Optional.empty();
    }

    /** Of all branches, so for tokens of the whole platform; it does not need the control database. */
    private Answer metrics(Call call) {
        call.principal().requirePlatform(Access.READ);
        return Answer.ok(MetricsText.of(control.pools().metrics(), call.header("Accept")));
    }

    private Answer pools(Call call) {
        var branch = reach.branch(call).id();
        List<Pool> pools =
                control.pools().pools(branch).stream().map(Views::pool).toList();
        return Answer.ok(Parts.of(pools, pool -> pool.database() + BETWEEN + pool.role(), call.page()));
    }

    private Answer clients(Call call) {
        var branch = reach.branch(call).id();
        List<PoolClient> clients =
                control.pools().clients(branch).stream().map(Views::poolClient).toList();
        return Answer.ok(Parts.of(clients, PoolClient::id, call.page()));
    }

    private Answer servers(Call call) {
        var branch = reach.branch(call).id();
        List<PoolServer> servers =
                control.pools().servers(branch).stream().map(Views::poolServer).toList();
        return Answer.ok(Parts.of(servers, PoolServer::id, call.page()));
    }

    private Answer pause(Call call) {
        var branch = reach.branch(call).id();
        var database = call.body(SteerPools.class).database();
        return Answer.ok(new PausedPools(control.pools().pause(call.actor(), branch, database, PAUSE_WAIT)));
    }

    private Answer resume(Call call) {
        var branch = reach.branch(call).id();
        control.pools().resume(call.actor(), branch, call.body(SteerPools.class).database());
        return Answer.nothing();
    }

    private Answer reconnect(Call call) {
        var branch = reach.branch(call).id();
        control.pools()
                .reconnect(call.actor(), branch, call.body(SteerPools.class).database());
        return Answer.nothing();
    }

    private Answer settings(Call call, Optional<BranchId> branch) {
        List<PoolSetting> settings = control.pools().settings(branch).stream()
                .map(Views::poolSetting)
                .toList();
        return Answer.ok(Parts.of(settings, PoolSetting::name, call.page()));
    }

    private Answer set(Call call, Optional<BranchId> branch) {
        var value = call.body(UpdatePoolSetting.class).value();
        return Answer.ok(Views.poolSetting(control.pools().set(call.actor(), branch, call.path("setting"), value)));
    }

    private Answer reload(Call call, Optional<BranchId> branch) {
        control.pools().reload(call.actor(), branch);
        return Answer.nothing();
    }
}
