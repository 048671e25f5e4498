package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.wire.InitialMessage.StartupMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The server connections of one role in one database, and the clients that wait for one. First come, first served; the connection used last is
 * used next, so that the others may grow idle and go. Lending and giving back allocate nothing.
 */
final class Pool {
    final PoolKey key;
    final DatabasePools database;
    final BranchPools branch;
    final Tally tally = new Tally();
    final Tally role;
    final PoolServers servers;
    final PoolPins pins = new PoolPins(this);
    /** Whether it is among the branch's hungry ones, which keeps this. */
    boolean hungry;

    private final Pools all;
    private final PoolStatistics statistics = new PoolStatistics();
    private final Map<PoolKey.Group, ServerGroup> byKey = new HashMap<>();
    /** The same ones; gone over without an iterator. */
    private final List<ServerGroup> groups = new ArrayList<>();

    private int waiting;

    /** What came of a hungry pool's turn. */
    enum Fed {
        /** One more connection is on its way. */
        OPENED,
        /** There is no room, and others must make it. */
        BLOCKED,
        /** Nobody waits, or only for the pool's own servers. */
        SATED
    }

    Pool(Pools all, PoolKey key, DatabasePools database) {
        this.all = all;
        this.key = key;
        this.database = database;
        this.branch = database.branch;
        this.role = branch.role(key.role());
        this.servers = new PoolServers(this, all);
    }

    PoolStatistics statistics() {
        return statistics;
    }

    // Clients

    /** A client that has been {@linkplain Pools#admit admitted} may ask for a server, until it {@link #leave}s. */
    ServerGroup join(LoginName name, StartupMessage startup) {
        var wanted = PoolKey.Group.of(startup.parameters());
        var group = byKey.get(wanted);
        if (group == null) {
            group = new ServerGroup(wanted, name, startup);
            byKey.put(wanted, group);
            groups.add(group);
        }
        group.clients++;
        addClients(1);
        return group;
    }

    void leave(ServerGroup group) {
        group.clients--;
        addClients(-1);
        all.clientWent();
    }

    private void addClients(int number) {
        tally.clients += number;
        database.tally.clients += number;
        role.clients += number;
        branch.tally.clients += number;
    }

    /** Attaches a server, now or later. */
    void acquire(WaitQueue.Place place, ServerGroup group) {
        if (group.waiting.isEmpty() && database.lends()) {
            var free = takeIdle(group);
            if (free != null) {
                lend(free, place.loan, all.loop().clock().nanos());
                return;
            }
        }
        group.waiting.add(place, all.loop().clock().nanos());
        waiting++;
        if (isSaturated()) {
            return;
        }
        var alone = branch.onlyHungry(this);
        branch.hungry(this);
        if (alone) {
            branch.feed();
        } else {
            branch.feedLater();
        }
    }

    /** Whether nothing but one of its own servers that comes back can help a client. */
    private boolean isSaturated() {
        var limits = branch.limits();
        return groups.size() == 1 && limits.reserve() == 0 && tally.servers + servers.taking() >= limits.poolSize();
    }

    /** A client does not wait any more. */
    void leaveQueue(WaitQueue.Place place) {
        if (place.leave()) {
            waiting--;
        }
    }

    private void lend(PooledServer server, Loan loan, long nowNanos) {
        server.use(PooledServer.Use.LENT, nowNanos);
        server.borrower = loan;
        statistics.serverAssignments++;
        loan.attached(server);
    }

    private void lendTo(WaitQueue.Place place, PooledServer server, long nowNanos) {
        leaveQueue(place);
        statistics.waited(nowNanos - place.sinceNanos());
        lend(server, place.loan, nowNanos);
    }

    private @Nullable PooledServer takeIdle(ServerGroup group) {
        for (var server = group.idle.pollLast(); server != null; server = group.idle.pollLast()) {
            if (branch.isPrimary(server.link.instance())) {
                return server;
            }
            servers.close(server);
        }
        return null;
    }

    // Servers that come back

    /** Gives back a server that is clean: outside any transaction, with nothing of a client's left in its session. */
    void release(PooledServer server) {
        var now = all.loop().clock().nanos();
        server.borrower = null;
        server.link.connection().handler(server);
        server.link.connection().resumeReading();
        if (server.cancelUnderWay()) {
            server.use(PooledServer.Use.CANCELED, now);
        } else if (!server.isLendable()
                || !branch.isPrimary(server.link.instance())
                || isOld(server, now)
                || isTooMany()) {
            servers.close(server);
        } else if (!database.lends()) {
            servers.close(server);
            branch.settle();
        } else {
            hand(server, now);
        }
    }

    private void hand(PooledServer server, long nowNanos) {
        if (!giveAway(server, nowNanos)) {
            var next = server.group.waiting.first();
            if (next == null) {
                rest(server, nowNanos);
                if (waiting > 0) {
                    branch.hungry(this);
                }
                branch.feedLater();
            } else {
                lendTo(next, server, nowNanos);
            }
        }
    }

    /** Whether the room of this server goes to a listener, or to clients that it cannot serve itself, since too many of its own have been served instead. */
    private boolean giveAway(PooledServer server, long nowNanos) {
        if (branch.listeners.take(server)) {
            return true;
        }
        if (waiting > server.group.waiting.size()) {
            var other = neediest(server.group);
            if (other != null && BranchPools.moves(server.group.servers, other.servers, server, nowNanos)) {
                servers.take(other, server);
                return true;
            }
        }
        var heir = branch.heir(server, nowNanos);
        if (heir == null) {
            return false;
        }
        heir.take(server);
        if (waiting > 0) {
            branch.hungry(this);
        }
        return true;
    }

    private void rest(PooledServer server, long nowNanos) {
        server.use(PooledServer.Use.IDLE, nowNanos);
        server.group.idle.addLast(server);
    }

    private boolean isTooMany() {
        var limits = branch.limits();
        return tally.staying() > limits.poolSize() + (waiting > 0 ? limits.reserve() : 0)
                || database.tally.staying() > limits.databaseServers()
                || role.staying() > limits.roleServers()
                || branch.tally.staying() > limits.budget();
    }

    boolean isOld(PooledServer server, long nowNanos) {
        var lifetime = branch.limits().serverLifetimeNanos();
        return lifetime > 0
                && nowNanos - server.openedNanos
                        >= lifetime - lifetime / PooledServer.LIFETIME_PARTS * server.lifetimeLess;
    }

    /** A server connection that another client must not have. */
    void forget(PooledServer server) {
        server.borrower = null;
        servers.close(server);
    }

    // Servers that come

    /** The pool's turn to open one connection for a client that none is on its way for. */
    Fed feed() {
        if (!database.lends()) {
            return Fed.SATED;
        }
        for (var i = 0; i < groups.size(); i++) {
            lendIdle(groups.get(i));
        }
        var group = neediest(null);
        if (group == null) {
            return Fed.SATED;
        }
        var now = System.nanoTime();
        if (tally.servers + servers.taking() >= size(now)) {
            var own = longestIdle();
            if (own != null && BranchPools.mayTake(this, group, own, now)) {
                servers.take(group, own);
                return Fed.OPENED;
            }
            return Fed.SATED;
        }
        if (servers.fits(null)) {
            servers.open(group);
            return Fed.OPENED;
        }
        var victim = branch.victimFor(this, group, now);
        if (victim == null) {
            return Fed.BLOCKED;
        }
        servers.take(group, victim);
        return Fed.OPENED;
    }

    private void lendIdle(ServerGroup group) {
        for (var next = group.waiting.first(); next != null; next = group.waiting.first()) {
            var free = takeIdle(group);
            if (free == null) {
                return;
            }
            lendTo(next, free, all.loop().clock().nanos());
        }
    }

    /** The group, other than this one, whose first client has waited longest of those that no connection is on its way for. */
    private @Nullable ServerGroup neediest(@Nullable ServerGroup but) {
        ServerGroup best = null;
        var since = 0L;
        for (var i = 0; i < groups.size(); i++) {
            var group = groups.get(i);
            var first = group.waiting.first();
            if (first != null
                    && !group.equals(but)
                    && group.wantsMore()
                    && (best == null || first.sinceNanos() - since < 0)) {
                best = group;
                since = first.sinceNanos();
            }
        }
        return best;
    }

    /** With the reserve, once a client has waited long enough for it. */
    private int size(long nowNanos) {
        var limits = branch.limits();
        var reserve = limits.reserve() > 0 && waitedNanos(nowNanos) >= limits.reserveNanos();
        return limits.poolSize() + (reserve ? limits.reserve() : 0);
    }

    /** How long the first client has waited. */
    long waitedNanos(long nowNanos) {
        var most = 0L;
        for (var i = 0; i < groups.size(); i++) {
            var first = groups.get(i).waiting.first();
            most = first == null ? most : Math.max(most, nowNanos - first.sinceNanos());
        }
        return most;
    }

    /** Whether the room of {@code leaving} is what this pool lacks. */
    boolean wouldFitFor(PooledServer leaving) {
        return servers.fits(leaving)
                && tally.servers + servers.taking() - (leaving.pool.equals(this) ? 1 : 0) < size(System.nanoTime());
    }

    boolean wantsMore() {
        return database.lends() && neediest(null) != null;
    }

    /** Takes the room of a server that is given up for a client of this pool. */
    private void take(PooledServer from) {
        var group = neediest(null);
        if (group != null) {
            servers.take(group, from);
        }
    }

    /** One more than clients ask for, where there is room. */
    void openSpare() {
        var any = groups.stream().filter(group -> group.clients > 0).findFirst();
        if (any.isPresent() && servers.fits(null)) {
            servers.open(any.get());
        }
    }

    /** Those that have waited since {@code sinceNanos} or longer. */
    void failWaiting(ServerGroup group, long sinceNanos, PlatformException error) {
        for (var next = group.waiting.first();
                next != null && next.sinceNanos() - sinceNanos <= 0;
                next = group.waiting.first()) {
            leaveQueue(next);
            next.loan.failed(error);
        }
    }

    // For those who keep it in order

    List<ServerGroup> groups() {
        return groups;
    }

    int waiting() {
        return waiting;
    }

    @Nullable PooledServer longestIdle() {
        PooledServer best = null;
        for (var i = 0; i < groups.size(); i++) {
            var first = groups.get(i).idle.peekFirst();
            if (first != null && (best == null || first.sinceNanos() - best.sinceNanos() < 0)) {
                best = first;
            }
        }
        return best;
    }

    void forgetUnusedGroups() {
        byKey.values().removeIf(ServerGroup::isUnused);
        groups.removeIf(ServerGroup::isUnused);
    }

    /** Whether nobody would miss it. */
    boolean isUnused() {
        return servers.isEmpty() && tally.clients == 0;
    }

    boolean isTooLarge() {
        return isTooMany();
    }
}
