package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.ServerAddress;
import dev.howdah.proxy.PoolerSnapshot.State;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What one loop knows of the pools, as {@link PoolerRows}; on that loop. */
final class PoolerView {
    private final Shared shared;
    private final Pools pools;
    private final List<BranchPools> branches;
    private final Instant now;
    private final long nowNanos = System.nanoTime();

    /** Of all branches whose home loop this is. */
    PoolerView(Shared shared, Pools pools) {
        this(shared, pools, List.copyOf(pools.branches()));
    }

    /** Of one branch, whose home loop this is. */
    PoolerView(Shared shared, Pools pools, BranchId only) {
        this(
                shared,
                pools,
                pools.branches().stream()
                        .filter(branch -> branch.id.equals(only))
                        .toList());
    }

    private PoolerView(Shared shared, Pools pools, List<BranchPools> branches) {
        this.shared = shared;
        this.pools = pools;
        this.branches = branches;
        this.now = shared.clock().instant();
    }

    PoolerRows take() {
        var shown = new HashSet<BranchId>();
        branches.forEach(branch -> shown.add(branch.id));
        var clients = pools.clients().stream()
                .filter(session -> shown.contains(session.branch))
                .flatMap(session -> session.loan().map(loan -> client(session, loan)).stream())
                .toList();
        var servers = eachPool()
                .flatMap(pool -> Stream.concat(
                        pool.servers.list().stream().map(this::server),
                        listener(pool).flatMap(listener -> listening(pool, listener)).stream()))
                .toList();
        return with(clients, servers);
    }

    PoolerRows takeSummary() {
        return with(List.of(), List.of());
    }

    private Stream<Pool> eachPool() {
        return branches.stream().flatMap(branch -> branch.databases().stream()).flatMap(each -> each.pools.stream());
    }

    private PoolerRows with(List<PoolerSnapshot.Client> clients, List<PoolerSnapshot.Server> servers) {
        var states = new HashMap<BranchId, State>();
        branches.forEach(branch -> states.put(branch.id, branch.state()));
        return new PoolerRows(
                eachPool().map(this::pool).toList(),
                clients,
                servers,
                branches.stream()
                        .flatMap(branch -> branch.databases().stream().map(this::database))
                        .toList(),
                branches.stream().flatMap(this::users).toList(),
                states);
    }

    private Instant at(long nanos) {
        return now.minusNanos(nowNanos - nanos);
    }

    private PoolerSnapshot.Pool pool(Pool pool) {
        var servers = pool.servers.list();
        var lent = count(servers, PooledServer.Use.LENT);
        return new PoolerSnapshot.Pool(
                pool.key.branch(),
                pool.key.database(),
                pool.key.role(),
                pool.tally.clients - pool.waiting(),
                pool.tally.clients - pool.waiting() - lent,
                pool.waiting(),
                (int) servers.stream().filter(PooledServer::cancelUnderWay).count(),
                0,
                lent,
                0,
                count(servers, PooledServer.Use.CANCELED),
                count(servers, PooledServer.Use.IDLE),
                pool.servers.opening(),
                pool.tally.pinned,
                listener(pool).map(SharedListener::clients).orElse(0),
                listener(pool).map(SharedListener::connections).orElse(0),
                pool.pins.byKind(),
                Duration.ofNanos(pool.waitedNanos(nowNanos)),
                pool.branch.limits().poolSize(),
                pool.statistics().snapshot());
    }

    private Optional<SharedListener> listener(Pool pool) {
        return pools.context().listeners().existing(pool.key).flatMap(all -> all.existing(pool.key));
    }

    private Optional<PoolerSnapshot.Server> listening(Pool pool, SharedListener listener) {
        return listener.open()
                .map(open -> new PoolerSnapshot.Server(
                        open.id(),
                        open.link().processId(),
                        pool.key.branch(),
                        open.link().instance(),
                        open.link().address().socket().toString(),
                        pool.key.role(),
                        pool.key.database(),
                        PoolerSnapshot.ServerState.LISTENING,
                        at(open.sinceNanos()),
                        at(open.sinceNanos()),
                        Optional.empty(),
                        false,
                        false,
                        SharedListener.APPLICATION_NAME,
                        0));
    }

    private static int count(List<PooledServer> servers, PooledServer.Use use) {
        return (int) servers.stream().filter(server -> server.use() == use).count();
    }

    private PoolerSnapshot.Client client(LiveSession session, Loan loan) {
        var server = loan.server();
        return new PoolerSnapshot.Client(
                session.processId,
                session.processId,
                session.branch,
                session.role,
                session.database,
                session.state(),
                session.address,
                session.port,
                session.since,
                at(session.requestNanos()),
                session.state() == SessionSnapshot.State.WAITING
                        ? Duration.ofNanos(nowNanos - session.changedNanos())
                        : Duration.ZERO,
                server == null ? Optional.empty() : Optional.of(server.id),
                server != null && session.state() == SessionSnapshot.State.IDLE,
                loan.tls(),
                session.applicationName(),
                session.preparedStatements);
    }

    private PoolerSnapshot.Server server(PooledServer server) {
        var borrower = server.borrower;
        return new PoolerSnapshot.Server(
                server.id,
                server.link.processId(),
                server.pool.key.branch(),
                server.link.instance(),
                server.link.address().socket().toString(),
                server.pool.key.role(),
                server.pool.key.database(),
                switch (server.use()) {
                    case LENT -> PoolerSnapshot.ServerState.ACTIVE;
                    case IDLE -> PoolerSnapshot.ServerState.IDLE;
                    case CANCELED, CLOSING, CLOSED -> PoolerSnapshot.ServerState.BEING_CANCELED;
                },
                at(server.openedNanos),
                at(server.sinceNanos()),
                borrower == null ? Optional.empty() : Optional.of((long) borrower.live().processId),
                borrower != null && borrower.live().state() == SessionSnapshot.State.IDLE,
                server.closeNeeded() || server.use() == PooledServer.Use.CLOSING,
                borrower == null ? "" : borrower.live().applicationName(),
                server.preparedStatements);
    }

    private PoolerSnapshot.Database database(DatabasePools database) {
        var settings = shared.pool(database.branch.id);
        var totals = database.statistics();
        return new PoolerSnapshot.Database(
                database.branch.id,
                database.name,
                shared.branches()
                        .view(database.branch.id)
                        .flatMap(view -> view.primary())
                        .flatMap(member -> member.address() instanceof ServerAddress.UnixSocket address
                                ? Optional.of(address.socket().toString())
                                : Optional.empty()),
                settings.defaultPoolSize(),
                settings.minPoolSize(),
                settings.reservePoolSize(),
                settings.serverLifetime(),
                settings.maxDatabaseConnections(),
                database.tally.servers,
                settings.maxDatabaseClientConnections(),
                database.tally.clients,
                database.state() != State.ACTIVE,
                database.disabled(),
                totals.snapshot(),
                database.period.averages(totals, nowNanos));
    }

    private Stream<PoolerSnapshot.User> users(BranchPools branch) {
        var settings = shared.pool(branch.id);
        var names = new HashSet<String>();
        branch.databases().forEach(database -> database.pools.forEach(pool -> names.add(pool.key.role())));
        return names.stream()
                .sorted()
                .map(name -> new PoolerSnapshot.User(
                        branch.id,
                        name,
                        settings.defaultPoolSize(),
                        settings.reservePoolSize(),
                        settings.maxUserConnections(),
                        branch.role(name).servers,
                        settings.maxUserClientConnections(),
                        branch.role(name).clients));
    }
}
