package dev.howdah.app;

import dev.howdah.base.BranchId;
import dev.howdah.base.MetricFamily;
import dev.howdah.control.PoolerControl;
import dev.howdah.proxy.PoolerSnapshot;
import dev.howdah.proxy.PoolerSnapshot.State;
import dev.howdah.proxy.Proxy;
import dev.howdah.proxy.ProxyMetrics;
import dev.howdah.proxy.SessionSnapshot;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** The pools of this JVM's proxy as control knows pools. */
record WiredPooler(Proxy proxy) implements PoolerControl {
    @Override
    public List<Pool> pools(BranchId branch) {
        var snapshot = snapshot(branch);
        return snapshot.pools().stream().map(pool -> pool(pool, snapshot)).toList();
    }

    @Override
    public List<Client> clients(BranchId branch) {
        return snapshot(branch).clients().stream().map(WiredPooler::client).toList();
    }

    @Override
    public List<Server> servers(BranchId branch) {
        return snapshot(branch).servers().stream().map(WiredPooler::server).toList();
    }

    private PoolerSnapshot snapshot(BranchId branch) {
        return proxy.pooler().snapshot(branch);
    }

    @Override
    public List<Setting> settings(Optional<BranchId> branch) {
        var settings = branch.map(proxy.pooler()::settings)
                .orElseGet(() -> proxy.pooler().settings());
        return settings.all().stream()
                .map(shown -> new Setting(
                        shown.setting().settingName(),
                        shown.value(),
                        shown.initial(),
                        shown.setting().meaning(),
                        shown.setting().allowed()))
                .toList();
    }

    @Override
    public void set(Optional<BranchId> branch, String name, String value) {
        branch.ifPresentOrElse(
                one -> proxy.pooler().set(one, name, value),
                () -> proxy.pooler().set(name, value));
    }

    @Override
    public void reload(Optional<BranchId> branch) {
        branch.ifPresentOrElse(
                one -> proxy.pooler().reload(one), () -> proxy.pooler().reload());
    }

    @Override
    public CompletionStage<Void> pause(BranchId branch, Optional<String> database) {
        return proxy.pooler().pause(branch, database);
    }

    @Override
    public void resume(BranchId branch, Optional<String> database) {
        proxy.pooler().resume(branch, database);
    }

    @Override
    public void reconnect(BranchId branch, Optional<String> database) {
        proxy.pooler().reconnect(branch, database);
    }

    @Override
    public List<MetricFamily> metrics() {
        var pooler = proxy.pooler();
        return ProxyMetrics.of(pooler.summary(), pooler.settings(), proxy.counters());
    }

    private static Pool pool(PoolerSnapshot.Pool pool, PoolerSnapshot snapshot) {
        return new Pool(
                pool.database(),
                pool.user(),
                snapshot.states().containsValue(State.PAUSED) || is(pool, snapshot, PoolerSnapshot.Database::paused),
                is(pool, snapshot, PoolerSnapshot.Database::disabled),
                pool.clientsActive() - pool.clientsIdle(),
                pool.clientsIdle(),
                pool.clientsWaiting(),
                pool.waitMax(),
                pool.serversActive(),
                pool.serversIdle(),
                pool.serversLogin(),
                pool.serversPinned(),
                pool.poolSize(),
                pool.statistics().transactions(),
                pool.statistics().queries());
    }

    private static boolean is(
            PoolerSnapshot.Pool pool, PoolerSnapshot snapshot, Predicate<PoolerSnapshot.Database> what) {
        return snapshot.databases().stream()
                .anyMatch(database -> database.name().equals(pool.database()) && what.test(database));
    }

    private static Client client(PoolerSnapshot.Client client) {
        return new Client(
                client.id(),
                client.database(),
                client.user(),
                state(client),
                client.address().getHostAddress(),
                client.port(),
                client.applicationName(),
                client.connectedAt(),
                client.waited(),
                client.server(),
                client.pinned(),
                client.tls(),
                client.preparedStatements());
    }

    private static String state(PoolerSnapshot.Client client) {
        if (client.server().isPresent()) {
            return "active";
        }
        return client.state() == SessionSnapshot.State.WAITING ? "waiting" : "idle";
    }

    private static Server server(PoolerSnapshot.Server server) {
        return new Server(
                server.id(),
                server.database(),
                server.user(),
                server.state().name().toLowerCase(Locale.ROOT),
                server.instance(),
                server.processId(),
                server.applicationName(),
                server.connectedAt(),
                server.client(),
                server.pinned(),
                server.closeNeeded(),
                server.preparedStatements());
    }
}
