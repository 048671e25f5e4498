package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Terminate;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How the server connections of one {@link Pool} come and go, and what of the limits they take up meanwhile. */
final class PoolServers {
    private final Pool pool;
    private final Pools all;
    private final Set<PooledServer> servers = new LinkedHashSet<>();
    private final Set<ServerOpening> openings = new HashSet<>();
    private int taking;
    private boolean missing;
    private long missingSinceNanos;
    private long availableSinceNanos = System.nanoTime();

    PoolServers(Pool pool, Pools all) {
        this.pool = pool;
        this.all = all;
    }

    // Those that go

    /** Tells the server to end the session. Its place is free once it has, so that a server never has more than the limits say. */
    void close(PooledServer server) {
        if (server.use() == PooledServer.Use.CLOSING || server.use() == PooledServer.Use.CLOSED) {
            return;
        }
        closing(server);
        var connection = server.link.connection();
        connection.handler(server);
        connection.resumeReading();
        if (connection.isOpen()) {
            connection.send(FrontendCodec.encode(new Terminate()));
            connection.finishSending();
        } else {
            gone(server);
        }
    }

    /** A server whose session is being ended by others; {@link #gone} follows. */
    void ending(PooledServer server) {
        server.borrower = null;
        server.force();
        closing(server);
    }

    private void closing(PooledServer server) {
        if (server.use() == PooledServer.Use.IDLE) {
            server.group.idle.remove(server);
        }
        server.use(PooledServer.Use.CLOSING, System.nanoTime());
        addClosing(1);
    }

    /** An idle server has said something. */
    void spoke(PooledServer server) {
        server.group.reported = Optional.empty();
        close(server);
    }

    /** The server has let go. */
    void gone(PooledServer server) {
        if (server.use() == PooledServer.Use.CLOSED) {
            return;
        }
        if (server.use() != PooledServer.Use.CLOSING) {
            closing(server);
        }
        server.use(PooledServer.Use.CLOSED, System.nanoTime());
        server.link.connection().close();
        servers.remove(server);
        addClosing(-1);
        addServers(server.group, -1);
        var successor = server.successor;
        if (successor != null) {
            server.successor = null;
            successor.roomMade();
        }
        roomCameUp();
    }

    private void roomCameUp() {
        if (pool.waiting() > 0) {
            pool.branch.hungry(pool);
        }
        pool.branch.feedLater();
        pool.branch.settle();
    }

    private void addClosing(int number) {
        pool.tally.closing += number;
        pool.database.tally.closing += number;
        pool.role.closing += number;
        pool.branch.tally.closing += number;
    }

    private void addServers(ServerGroup group, int number) {
        group.servers += number;
        pool.tally.servers += number;
        pool.database.tally.servers += number;
        pool.role.servers += number;
        pool.branch.tally.servers += number;
    }

    // Those that come

    /** Whether one more fits into database, role and branch, where {@code leaving} has gone. */
    boolean fits(@Nullable PooledServer leaving) {
        var limits = pool.branch.limits();
        var sameDatabase = leaving != null && leaving.pool.database.equals(pool.database) ? 1 : 0;
        var sameRole = leaving != null && leaving.pool.role.equals(pool.role) ? 1 : 0;
        return pool.database.tally.servers - sameDatabase < limits.databaseServers()
                && pool.role.servers - sameRole < limits.roleServers()
                && pool.branch.tally.servers - (leaving == null ? 0 : 1) < limits.budget();
    }

    /** Opens one where there is room. */
    void open(ServerGroup group) {
        begin(coming(group));
    }

    /** Opens one in the room of a server that is given up for it. */
    void take(ServerGroup group, PooledServer from) {
        var opening = coming(group);
        taking++;
        from.successor = opening;
        from.pool.statistics().taken++;
        from.pool.servers.close(from);
    }

    private ServerOpening coming(ServerGroup group) {
        var first = group.waiting.first();
        var opening = new ServerOpening(pool, group, first == null ? null : first.loan);
        group.coming++;
        openings.add(opening);
        return opening;
    }

    private void begin(ServerOpening opening) {
        addServers(opening.group, 1);
        opening.begin(all.shared(), all.context());
    }

    private void ended(ServerOpening opening) {
        openings.remove(opening);
        opening.group.coming--;
    }

    /** The client that it was meant for may have been served or gone meanwhile, and the room may be another's. */
    void roomMade(ServerOpening opening) {
        taking--;
        if (!opening.group.waiting.isEmpty() && pool.database.lends() && fits(null)) {
            begin(opening);
        } else {
            ended(opening);
            roomCameUp();
        }
    }

    void opened(ServerOpening opening, ServerLink link) {
        ended(opening);
        if (missing) {
            missing = false;
            availableSinceNanos = System.nanoTime();
        }
        var name = opening.startup.parameter(PooledSettings.APPLICATION_NAME).orElse("");
        var settings = all.context().settings().application(name).settings();
        var earlier = all.shared().random().nextInt(PooledServer.LIFETIME_PARTS / 8);
        var server = new PooledServer(all.nextServer(), link, pool, opening.group, settings, earlier);
        servers.add(server);
        if (link.rest().hasRemaining()) {
            close(server); // nobody has asked it anything yet, so it says that it is about to end
            return;
        }
        opening.group.reported = Optional.of(link.parameters());
        pool.release(server);
    }

    /** The server refuses the client; where only its own limit is reached, the client waits for what the pool has. */
    void rejected(ServerOpening opening, Diagnostic error) {
        ended(opening);
        addServers(opening.group, -1);
        if (error.code().equals(SqlState.TOO_MANY_CONNECTIONS.code()) && opening.group.servers > 0) {
            pool.branch.settle(); // the next sweep tries again
            return;
        }
        var first = opening.group.waiting.first();
        if (first != null) {
            pool.leaveQueue(first);
            first.loan.rejected(error);
        }
        roomCameUp();
    }

    /** Whoever has waited as long as this attempt took is told, and not only the first. */
    void failed(ServerOpening opening, PlatformException error) {
        ended(opening);
        addServers(opening.group, -1);
        pool.failWaiting(opening.group, opening.begunNanos(), error);
        roomCameUp();
    }

    /** No server takes connections now. */
    void serverMissing() {
        if (!missing) {
            missing = true;
            missingSinceNanos = System.nanoTime();
        }
    }

    /** Whether there is no server to be had at all, which is another wait than that for a free one. */
    boolean isMissing() {
        return missing && !openings.isEmpty();
    }

    long missingSinceNanos() {
        return missingSinceNanos;
    }

    long availableSinceNanos() {
        return availableSinceNanos;
    }

    // All of them

    /** A copy, since what is done with them changes them. */
    List<PooledServer> list() {
        return List.copyOf(servers);
    }

    /** Connections that wait for the room of others. */
    int taking() {
        return taking;
    }

    /** Connections that are being made. */
    int opening() {
        return openings.size() - taking;
    }

    boolean isEmpty() {
        return servers.isEmpty() && openings.isEmpty();
    }

    private void eachIdle(Consumer<PooledServer> action) {
        list().stream().filter(server -> server.use() == PooledServer.Use.IDLE).forEach(action);
    }

    void closeIdle() {
        eachIdle(this::close);
    }

    /** Idle ones that are not the primary's. */
    void closeForeign() {
        eachIdle(server -> {
            if (!pool.branch.isPrimary(server.link.instance())) {
                close(server);
            }
        });
    }

    /** Closes every one that is open now, those in use as soon as they are free. */
    void reconnect() {
        list().forEach(PooledServer::needClose);
        closeIdle();
    }
}
