package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.coordination.Coordination;
import dev.howdah.ha.ClusterEvent;
import dev.howdah.ha.Clusters;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The control job: desired state as rows of the control database, and the reconcilers that bring it about. Starting waits for nothing: until the
 * control database is open, and whenever it is away, services throw 57P03 and the reconcilers go on trying. Branches serve meanwhile.
 */
public final class ControlPlane implements AutoCloseable {
    private static final Duration CLEANED_EVERY = Duration.ofHours(1);

    private final PlatformThreads threads = new PlatformThreads("control-");
    private final ControlDatabase database;
    private final AuditLog audit;
    private final Events events;
    private final Projects projects;
    private final Branches branches;
    private final Roles roles;
    private final Tokens tokens;
    private final Idempotency idempotency;
    private final ProxyControl proxy;
    private final PoolSteering pools;
    private final BranchKeeper keeper;
    private final List<Reconciler> reconcilers;

    private ControlPlane(Ports ports, ControlConfig config, InstantSource clock, RandomGenerator random) {
        this.proxy = ports.proxy();
        this.database = ControlDatabase.open(
                name -> connectToControl(ports, config, name), config.poolSize(), Duration.ofMillis(100), threads);
        this.audit = new AuditLog(database, clock, config.eventsInMemory(), config.interval());
        this.pools = new PoolSteering(proxy.pooler(), audit);
        this.events = new Events(database, clock, config.eventsInMemory(), config.interval());
        this.projects = new Projects(database, audit, clock, random);
        this.branches = new Branches(database, audit, ports.servers(), clock, random);
        this.tokens = new Tokens(database, audit, projects, config.run(), clock, random);
        this.idempotency = new Idempotency(database, clock, random);
        var sessions = new BranchSessions(ports.servers(), ports.connector(), config.statementTimeout(), threads);
        var open = new RoleSessions(ports.servers(), sessions, proxy);
        var removal = new RoleRemoval(sessions);
        this.roles = new Roles(database, audit, sessions, open, removal, clock, random);
        this.keeper =
                new BranchKeeper(branches, roles, ports.servers(), ports.clusters(), sessions, ports.schema(), config);
        var expiry = new RoleExpiry(database, audit, sessions, open, removal, clock);
        this.reconcilers = List.of(
                Reconciler.start("branches", config.interval(), keeper::round),
                Reconciler.start("roles", config.interval(), () -> {
                    expiry.round();
                    roles.settleUnfinished();
                    return config.interval();
                }),
                Reconciler.start("cleaning", config.interval(), () -> {
                    idempotency.forgetOld();
                    events.forgetOld();
                    return CLEANED_EVERY;
                }));
    }

    /** What the job stands on. */
    record Ports(
            BranchServers servers,
            BranchClusters clusters,
            BranchSessions.Connector connector,
            BranchSchema schema,
            ProxyControl proxy) {}

    /** Starts the job over what the other jobs have agreed on. */
    public static ControlPlane start(
            ControlConfig config,
            Coordination coordination,
            Clusters clusters,
            ProxyControl proxy,
            InstantSource clock,
            RandomGenerator random) {
        return start(config, new ClusterServers(coordination), clusters(coordination, clusters), proxy, clock, random);
    }

    /** Starts the job over servers that somebody else keeps, as tests of a surface do. */
    public static ControlPlane start(
            ControlConfig config,
            BranchServers servers,
            BranchClusters clusters,
            ProxyControl proxy,
            InstantSource clock,
            RandomGenerator random) {
        return start(
                new Ports(servers, clusters, BranchSessions::overJdbc, BranchSchema.ofProxy(), proxy),
                config,
                clock,
                random);
    }

    static ControlPlane start(Ports ports, ControlConfig config, InstantSource clock, RandomGenerator random) {
        // To the microsecond, as the database keeps times: what is returned now is what is found later.
        return new ControlPlane(ports, config, () -> clock.instant().truncatedTo(ChronoUnit.MICROS), random);
    }

    public Projects projects() {
        return projects;
    }

    public Branches branches() {
        return branches;
    }

    public Roles roles() {
        return roles;
    }

    public Tokens tokens() {
        return tokens;
    }

    public AuditLog audit() {
        return audit;
    }

    public Events events() {
        return events;
    }

    public Idempotency idempotency() {
        return idempotency;
    }

    /** The proxies, for their sessions and bans. */
    public ProxyControl proxy() {
        return proxy;
    }

    /** The pools of the pooled endpoint. */
    public PoolSteering pools() {
        return pools;
    }

    /** Whether the control database has been opened. */
    public boolean isOpen() {
        return database.isOpen();
    }

    /** Waits until the control database is open; throws what keeps it closed when that takes longer, or for good. */
    public void awaitOpen(Duration atMost) throws InterruptedException {
        database.awaitOpen(atMost);
    }

    /** The oldest project; where there is none, {@code default} with the branch {@code main} is made. */
    public Project ensureFirstProject() {
        return projects.ensureFirst();
    }

    /** Lifts a ban, with a line in the audit log. */
    public void liftBan(Actor actor, String address) {
        audit.around(actor, "ban.lift", Names.quoted(address), () -> {
            if (!proxy.liftBan(address)) {
                throw PlatformException.notFound(
                        "address %s is not banned".formatted(Names.quoted(address)),
                        "List bans with: howdah bans list");
            }
            audit.offer(actor, "ban.lift", address, AuditEntry.Outcome.DONE, java.util.Map.of());
            return address;
        });
    }

    /** Keeps what an agent tells; give this as the agents' {@link dev.howdah.ha.ClusterEvents}. */
    public void keep(ClusterEvent event) {
        events.offer(
                event.branch(),
                Optional.of(event.instance()),
                event.at(),
                severity(event.kind()),
                event.kind().name().toLowerCase(java.util.Locale.ROOT),
                event.message());
    }

    /** Ends the reconcilers, writes what is waiting, and closes the control database. Servers go on. */
    @Override
    public void close() {
        reconcilers.forEach(Reconciler::close);
        keeper.close();
        audit.close();
        events.close();
        database.close();
        threads.close();
    }

    private static BranchEvent.Severity severity(ClusterEvent.Kind kind) {
        return switch (kind) {
            case FAKE_VOTER_TERMINATED, MEMBER_FAILED -> BranchEvent.Severity.ERROR;
            case STREAM_LOST, CLONE_FAILED, REBUILD_STARTED, SERVER_CRASHED, SLOT_RECREATED ->
                BranchEvent.Severity.WARNING;
            case DATA_INITIALIZED,
                    PRIMARY_OPENED,
                    VOTERS_CHANGED,
                    REPLICA_STREAMING,
                    CLONE_STARTED,
                    CLONE_FINISHED,
                    SERVER_ADOPTED,
                    SERVER_STARTED,
                    SERVER_STOPPED,
                    MEMBER_REMOVED -> BranchEvent.Severity.INFO;
        };
    }

    /** The control branch is known from coordination alone, and made here by whichever control job comes first. */
    private static Connection connectToControl(Ports ports, ControlConfig config, String database) throws SQLException {
        var primary = ports.servers().primary(BranchId.CONTROL);
        if (primary.isEmpty()) {
            ports.clusters().ensure(BranchId.CONTROL, config.zones().subList(0, 1));
            throw new SQLException("it has no primary just now", "08006");
        }
        var connection = ports.connector().connect(primary.get(), BranchSessions.ADMIN, database);
        try {
            ServerSql.execute(connection, "SET search_path = public"); // no customer can make anything in this database
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static BranchClusters clusters(Coordination coordination, Clusters clusters) {
        return new BranchClusters() {
            @Override
            public void ensure(BranchId branch, List<String> zones) {
                if (coordination.read(branch).isPresent()) {
                    return;
                }
                try {
                    clusters.create(branch, zones);
                } catch (PlatformException e) {
                    if (e.state() != SqlState.DUPLICATE_OBJECT) { // another control job was first
                        throw e;
                    }
                }
            }

            @Override
            public boolean remove(BranchId branch) {
                clusters.remove(branch);
                return coordination.read(branch).isEmpty();
            }
        };
    }
}
