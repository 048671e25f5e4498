package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
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
    private final Set<ServerSearch> opening = new HashSet<>();
    private final Map<PoolKey.Group, Map<String, String>> reported = new HashMap<>();
    private int open;
    private int clients;

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
        private EventLoop.@Nullable Timer timer;

        private Waiter(Client client) {
            this.client = client;
        }

        /** The client does not want a server any more. */
        void leave() {
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
            waiting.remove(waiter);
            client.failed(ProxyErrors.queryWaitTimeout(limit));
        });
        waiting.addLast(waiter);
        openForWaiters();
        return Optional.of(waiter);
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

    /** A connection is opened for every client that waits, within the limit; idle ones of other groups make room. */
    private void openForWaiters() {
        while (opening.size() < waiting.size()) {
            if (open >= limit) {
                var other = idle.pollFirst();
                if (other == null) {
                    return;
                }
                discard(other);
            }
            open++;
            openFor(nthWaiter(opening.size()).client);
        }
    }

    private Waiter nthWaiter(int n) {
        return waiting.stream().skip(n).findFirst().orElseThrow();
    }

    private void openFor(Client client) {
        var outcome = new Opened(client.group(), client.startup());
        var search = new ServerSearch(shared, loop, client.name(), client.startup(), outcome);
        outcome.search = search;
        opening.add(search);
        search.begin();
    }

    /** What an attempt to open a connection leads to. */
    private final class Opened implements ServerSearch.Outcome {
        private final PoolKey.Group group;
        private final StartupMessage startup;
        private @Nullable ServerSearch search;

        Opened(PoolKey.Group group, StartupMessage startup) {
            this.group = group;
            this.startup = startup;
        }

        @Override
        public void found(ServerLink link) {
            over();
            reported.put(group, link.parameters());
            release(new PooledServer(
                    link,
                    group,
                    PooledSettings.of(
                            startup.parameter(PooledSettings.APPLICATION_NAME).orElse(""))));
        }

        @Override
        public void rejected(Diagnostic error) {
            over();
            open--;
            firstOf(group).ifPresent(waiter -> waiter.client.rejected(error));
            loop.execute(Pool.this::openForWaiters);
        }

        @Override
        public void failed(PlatformException error) {
            over();
            open--;
            firstOf(group).ifPresent(waiter -> waiter.client.failed(error));
            loop.execute(Pool.this::openForWaiters);
        }

        private void over() {
            if (search != null) {
                opening.remove(search);
            }
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
        server.whenQuiet(() -> {
            if (server.link.connection().isOpen()) {
                hand(server);
            } else {
                forget(server);
            }
        });
    }

    /** To the client that has waited longest, if it may use it; else that client gets a new one in its place. */
    private void hand(PooledServer server) {
        var next = waiting.peekFirst();
        if (next != null && next.client.group().equals(server.group)) {
            next.leave();
            next.client.attached(server);
            return;
        }
        if (next != null && open >= limit) {
            discard(server);
            openForWaiters();
            return;
        }
        rest(server);
    }

    private void rest(PooledServer server) {
        server.idleSince(System.nanoTime());
        server.link.connection().resumeReading();
        idle.addLast(server);
    }

    /** A server connection that is gone, or was closed because it is not clean. */
    void forget(PooledServer server) {
        server.link.connection().close();
        open--;
        openForWaiters();
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
