package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The server connections of one role in one database, and the clients that wait for one. First come, first served; the connection used last is
 * used next, so that the others may grow idle and go.
 */
final class Pool {
    private final Shared shared;
    private final EventLoop loop;
    private final int limit;
    /** The one used last is the last. */
    private final ArrayDeque<PooledServer> idle = new ArrayDeque<>();

    private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
    private final Set<Opened> opening = new HashSet<>();
    private final Map<PoolKey.Group, Map<String, String>> reported = new HashMap<>();
    private int open;
    private int clients;
    private int pinned;

    /** Who waits for a server. */
    interface Client {
        PoolKey.Group group();

        LoginName name();

        /** How a new server connection for it begins. */
        StartupMessage startup();

        /** It is the client's until it gives it back to the pool or has the pool forget it. */
        void attached(PooledServer server);

        void rejected(Diagnostic error);

        void failed(PlatformException error);
    }

    /** A place in the queue. */
    final class Waiter {
        private final Client client;
        private final long since = System.nanoTime();
        private EventLoop.@Nullable Timer timer;
        private boolean gone;

        private Waiter(Client client) {
            this.client = client;
        }

        /** The client does not want a server any more. */
        void leave() {
            gone = true;
            waiting.remove(this);
            stopTimer();
        }

        private void stopTimer() {
            if (timer != null) {
                timer.cancel();
            }
        }
    }

    Pool(Shared shared, EventLoop loop) {
        this.shared = shared;
        this.loop = loop;
        this.limit = shared.config().pool().serverConnectionsMax();
    }

    /** What servers of this group report at login; empty while none is known. */
    Optional<Map<String, String>> reported(PoolKey.Group group) {
        return open == 0 ? Optional.empty() : Optional.ofNullable(reported.get(group));
    }

    /** Attaches a server now, or later; an empty answer means that it has happened already. */
    Optional<Waiter> acquire(Client client) {
        if (waiting.isEmpty()) {
            var free = takeIdle(client);
            if (free.isPresent()) {
                client.attached(free.get());
                return Optional.empty();
            }
        }
        var waiter = new Waiter(client);
        waiter.timer = loop.after(shared.config().pool().queryWait(), () -> {
            waiter.leave();
            client.failed(ProxyErrors.queryWaitTimeout(limit));
        });
        waiting.addLast(waiter);
        serveWaiters();
        return waiter.gone ? Optional.empty() : Optional.of(waiter);
    }

    private Optional<PooledServer> takeIdle(Client client) {
        var view = shared.branches().view(client.name().branch());
        for (Iterator<PooledServer> candidates = idle.descendingIterator(); candidates.hasNext(); ) {
            var server = candidates.next();
            if (!server.group.equals(client.group())) {
                continue;
            }
            candidates.remove();
            if (view.isPresent() && server.isOf(view.get())) {
                return Optional.of(server);
            }
            discard(server);
        }
        return Optional.empty();
    }

    /**
     * Sees to it that every client that waits has a server or one is being opened for it, within the limit; idle ones of other groups make
     * room. In the order of their coming, but a server that is of no use to the first may serve a later one.
     */
    private void serveWaiters() {
        if (open >= limit && idle.isEmpty() && opening.isEmpty()) {
            return;
        }
        var coming = new HashMap<PoolKey.Group, Integer>();
        opening.forEach(opened -> coming.merge(opened.group, 1, Integer::sum));
        for (var waiter : List.copyOf(waiting)) {
            var group = waiter.client.group();
            if (waiter.gone) {
                continue;
            }
            if (coming.getOrDefault(group, 0) > 0) {
                coming.merge(group, -1, Integer::sum);
            } else if (!attachIdle(waiter) && !openFor(waiter.client)) {
                return;
            }
        }
    }

    private boolean attachIdle(Waiter waiter) {
        var free = takeIdle(waiter.client);
        free.ifPresent(server -> {
            waiter.leave();
            waiter.client.attached(server);
        });
        return free.isPresent();
    }

    /** False when the limit is reached and no idle connection can make room. */
    private boolean openFor(Client client) {
        if (open >= limit) {
            var other = idle.pollFirst();
            if (other == null) {
                return false;
            }
            discard(other);
        }
        open++;
        var opened = new Opened(client);
        opening.add(opened);
        opened.search.begin();
        return true;
    }

    private void serveWaitersLater() {
        loop.execute(this::serveWaiters);
    }

    /** An attempt to open a connection. */
    private final class Opened implements ServerSearch.Outcome {
        private final PoolKey.Group group;
        private final StartupMessage startup;
        private final ServerSearch search;
        private final long begun = System.nanoTime();

        Opened(Client client) {
            this.group = client.group();
            this.startup = client.startup();
            this.search = new ServerSearch(shared, loop, client.name(), startup, this);
        }

        @Override
        public void found(ServerLink link) {
            opening.remove(this);
            if (link.rest().hasRemaining()) {
                // Nobody has asked it anything yet, so it says that it is about to end.
                link.connection().close();
                open--;
                serveWaitersLater();
                return;
            }
            reported.put(group, link.parameters());
            var name = startup.parameter(PooledSettings.APPLICATION_NAME).orElse("");
            release(new PooledServer(link, group, PooledSettings.of(name)));
        }

        @Override
        public void rejected(Diagnostic error) {
            opening.remove(this);
            open--;
            firstOf(group).ifPresent(waiter -> waiter.client.rejected(error));
            serveWaitersLater();
        }

        /** Whoever has waited as long as this attempt took is told, and not only the first. */
        @Override
        public void failed(PlatformException error) {
            opening.remove(this);
            open--;
            for (var waiter : List.copyOf(waiting)) {
                if (waiter.client.group().equals(group) && waiter.since - begun <= 0) {
                    waiter.leave();
                    waiter.client.failed(error);
                }
            }
            serveWaitersLater();
        }
    }

    private Optional<Waiter> firstOf(PoolKey.Group group) {
        var first = waiting.stream()
                .filter(waiter -> waiter.client.group().equals(group))
                .findFirst();
        first.ifPresent(Waiter::leave);
        return first;
    }

    /** Gives back a server that is clean: outside any transaction, with nothing of a client's left in its session. */
    void release(PooledServer server) {
        server.link.connection().handler(new Idle(server));
        server.link.connection().resumeReading();
        server.whenQuiet(() -> {
            var view = shared.branches().view(server.link.instance().branch());
            if (server.isLendable() && view.filter(server::isOf).isPresent()) {
                hand(server);
            } else {
                forget(server);
            }
        });
    }

    /** To the client that has waited longest, if it may use it. */
    private void hand(PooledServer server) {
        var next = waiting.peekFirst();
        if (next != null && next.client.group().equals(server.group)) {
            next.leave();
            next.client.attached(server);
            return;
        }
        rest(server);
        if (next != null) {
            serveWaiters();
        }
    }

    private void rest(PooledServer server) {
        server.idleSince(System.nanoTime());
        idle.addLast(server);
    }

    /** A server connection that is gone, or was closed because it is not clean. */
    void forget(PooledServer server) {
        server.link.connection().close();
        lost();
    }

    /** A server connection is the pool's no more. */
    void lost() {
        open--;
        if (!waiting.isEmpty()) {
            serveWaitersLater();
        }
    }

    private void discard(PooledServer server) {
        server.link.connection().close();
        open--;
    }

    /** Closes what has been idle for too long. */
    void sweep(Duration idleMax) {
        var oldest = idle.peekFirst();
        while (oldest != null && System.nanoTime() - oldest.idleSince() >= idleMax.toNanos()) {
            idle.removeFirst();
            discard(oldest);
            oldest = idle.peekFirst();
        }
    }

    void closeIdle() {
        idle.forEach(this::discard);
        idle.clear();
    }

    /** A client that may ask for a server, until it {@link #leave}s. */
    void join() {
        clients++;
    }

    void leave() {
        clients--;
    }

    /** Whether one more client may keep its server. */
    boolean mayPin() {
        return pinned < pinnedMax();
    }

    int pinnedMax() {
        return shared.config().pool().pinnedMax();
    }

    void pinned() {
        pinned++;
    }

    void unpinned() {
        pinned--;
    }

    /** Whether nobody would miss it. */
    boolean isUnused() {
        return open == 0 && clients == 0;
    }

    /** An idle server has nothing to say; when it speaks, its settings changed or it stops, and a new connection is better. */
    private final class Idle implements ConnectionHandler {
        private final PooledServer server;

        Idle(PooledServer server) {
            this.server = server;
        }

        @Override
        public void received(ByteBuffer bytes) {
            bytes.position(bytes.limit());
            reported.remove(server.group);
            ended(Optional.empty());
        }

        @Override
        public void drained() {}

        @Override
        public void ended(Optional<IOException> failure) {
            if (idle.remove(server)) {
                forget(server);
            } else {
                // Not idle yet: a cancel is on its way to it, and its release goes on after that.
                server.link.connection().close();
            }
        }
    }
}
