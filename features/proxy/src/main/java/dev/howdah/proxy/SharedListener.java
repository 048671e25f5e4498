package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Listens for all pooled clients of one role in one database, on one server connection of its own, which exists while somebody listens, is not
 * the pool's and counts against the budget of its branch. It hears of transactions in the order of their commits and tells every subscriber in that order. Used on its loop only.
 *
 * <p>A subscriber that has been told that a channel is {@linkplain Confirmation#listening listened to} misses nothing that is committed from
 * then on, or is told that it may have.
 */
final class SharedListener {
    /** Programs that listen for moments, one after the other, need not wait for a login each time. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    static final String APPLICATION_NAME = "howdah listener";

    private final Shared shared;
    private final LoopContext context;
    private final EventLoop loop;
    private final PoolKey key;
    private final DatabaseListeners neighbours;
    private final Map<String, Channel> channels = new HashMap<>();
    private final Barriers barriers;

    private ListenerRooms.@Nullable Room room;
    private @Nullable ServerSearch search;
    private @Nullable ListenerLink link;
    private Optional<Open> shown = Optional.empty();
    private Runnable stopWatching = () -> {};
    private EventLoop.@Nullable Timer linger;

    /** Its connection, for those who look. */
    record Open(long id, ServerLink link, long sinceNanos) {}

    /** Who listens. */
    interface Subscriber {
        void notified(Notification notification);

        /** Notifications may have been lost. When it is to go, nothing is subscribed for it any more. */
        void interrupted(PlatformException reason, boolean goes);
    }

    /** What comes of a subscription; exactly one is called, perhaps at once. */
    interface Confirmation {
        /** The listener's own LISTEN has been committed. */
        void listening();

        void failed(PlatformException reason);
    }

    /** One name, who hears of it, and who waits for the server to listen to it. */
    private static final class Channel {
        final Set<Subscriber> subscribers = new LinkedHashSet<>();
        final Map<Subscriber, Confirmation> waiting = new LinkedHashMap<>();
        boolean heard;

        /** The server listens: whoever has waited is a subscriber now. */
        void begin() {
            heard = true;
            subscribers.addAll(waiting.keySet());
            takeWaiting().forEach(Confirmation::listening);
        }

        List<Confirmation> takeWaiting() {
            var taken = List.copyOf(waiting.values());
            waiting.clear();
            return taken;
        }

        boolean isUnused() {
            return subscribers.isEmpty() && waiting.isEmpty();
        }
    }

    SharedListener(Shared shared, LoopContext context, PoolKey key, DatabaseListeners neighbours) {
        this.shared = shared;
        this.context = context;
        this.loop = context.loop();
        this.key = key;
        this.neighbours = neighbours;
        this.barriers = new Barriers(neighbours::commits);
    }

    /** Server connections that count against the budget. */
    int connections() {
        return room == null ? 0 : 1;
    }

    Optional<Open> open() {
        return link == null ? Optional.empty() : shown;
    }

    int clients() {
        return subscribersOf(List.copyOf(channels.values())).size();
    }

    /** Within {@link Subscriber#notified} nobody may subscribe or unsubscribe. */
    void subscribe(Subscriber subscriber, String name, Confirmation confirmation) {
        stopLinger();
        var channel = channels.computeIfAbsent(name, _ -> new Channel());
        if (channel.heard) {
            channel.subscribers.add(subscriber);
            confirmation.listening();
            return;
        }
        var first = channel.isUnused();
        channel.waiting.put(subscriber, confirmation);
        var open = link;
        if (open == null) {
            connect();
        } else if (first) {
            listen(open, name, channel);
        }
    }

    void unsubscribe(Subscriber subscriber, String name) {
        var channel = channels.get(name);
        if (channel == null) {
            return;
        }
        channel.subscribers.remove(subscriber);
        channel.waiting.remove(subscriber);
        if (!channel.isUnused()) {
            return;
        }
        channels.remove(name);
        if (link != null) {
            link.unlisten(name);
        }
        lingerUnused();
    }

    private void lingerUnused() {
        if (channels.isEmpty() && linger == null) {
            linger = loop.after(LINGER, this::closeUnused);
        }
    }

    /** Whether the subscribers have been told of everything that pooled clients are known to have notified. */
    boolean isSettled() {
        return link == null || barriers.isPassed();
    }

    /** @param then once it is settled, or never will be */
    void settle(Runnable then) {
        if (link == null) {
            then.run();
        } else {
            barriers.await(then, link);
        }
    }

    // The connection

    private void connect() {
        if (room != null) {
            return;
        }
        var next = context.pools().branch(key.branch()).listeners.room(this::search, this::refused);
        room = next;
        next.ask();
    }

    private void refused(PlatformException error) {
        room = null;
        dropAll(error);
    }

    private void giveRoomBack() {
        if (room != null) {
            room.giveBack();
            room = null;
        }
    }

    private void search() {
        var name = new LoginName(key.role(), key.branch(), LoginName.Target.PRIMARY);
        var next = new ServerSearch(shared, loop, name, startup(), new Opened());
        search = next;
        next.begin();
    }

    /** No conversion of texts on this connection, since its clients may have one encoding each; and no reason to end it. */
    private StartupMessage startup() {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("user", key.role());
        parameters.put("database", key.database());
        parameters.put("client_encoding", "SQL_ASCII");
        parameters.put(PooledSettings.APPLICATION_NAME, APPLICATION_NAME);
        parameters.put("idle_session_timeout", "0");
        parameters.put("statement_timeout", "0");
        return new StartupMessage(ProtocolVersion.V3_0, parameters);
    }

    /** What comes of the attempt to connect. */
    private final class Opened implements ServerSearch.Outcome {
        @Override
        public void found(ServerLink found) {
            search = null;
            var open = new ListenerLink(found, new Ears());
            link = open;
            shown = Optional.of(new Open(context.pools().nextServer(), found, System.nanoTime()));
            stopWatching = watch();
            open.begin();
            Map.copyOf(channels).forEach((name, channel) -> {
                if (link == open) {
                    listen(open, name, channel);
                }
            });
            lingerUnused();
        }

        @Override
        public void rejected(Diagnostic error) {
            failed(ProxyErrors.listenerRefused(error.message()));
        }

        @Override
        public void failed(PlatformException error) {
            search = null;
            giveRoomBack();
            dropAll(error);
        }
    }

    private void listen(ListenerLink open, String name, Channel channel) {
        open.listen(name, error -> {
            if (error.isEmpty()) {
                channel.begin();
                return;
            }
            channels.remove(name, channel);
            refuse(List.of(channel), ProxyErrors.listenerRefused(error.get().message()));
        });
    }

    /** What the connection hears. */
    private final class Ears implements ListenerLink.Owner {
        @Override
        public void notified(Notification notification) {
            var channel = channels.get(notification.channel());
            if (channel != null) {
                var shown = neighbours.asClientsSeeIt(notification);
                channel.subscribers.forEach(subscriber -> subscriber.notified(shown));
            }
        }

        @Override
        public void lost(String reason) {
            SharedListener.this.lost(reason);
        }
    }

    /** A server that is not the primary any more may live on for a while, and tells nothing of what happens on the new one. */
    private Runnable watch() {
        return shared.branches().onNextChange(key.branch(), () -> loop.execute(this::viewChanged));
    }

    private void viewChanged() {
        var open = link;
        if (open == null) {
            return;
        }
        var stays = shared.branches()
                .view(key.branch())
                .flatMap(view -> view.primary())
                .filter(member -> member.id().equals(open.link().instance()))
                .isPresent();
        if (stays) {
            stopWatching = watch();
        } else {
            open.leave();
            ServerEnd.begin(context, open.link());
            lost("the primary of the branch has changed");
        }
    }

    private void lost(String reason) {
        link = null;
        giveRoomBack();
        stopWatching.run();
        barriers.giveUp();
        var error = ProxyErrors.listenerLost(reason);
        if (shared.pool(key.branch()).listenOnLoss() == PoolSettings.ListenOnLoss.CLOSE) {
            dropAll(error);
        } else {
            goOn(error);
        }
    }

    /** Everybody is told and listens on, on a connection to be opened. */
    private void goOn(PlatformException error) {
        var heard = channels.values().stream().filter(channel -> channel.heard).toList();
        heard.forEach(channel -> channel.heard = false);
        subscribersOf(heard).forEach(subscriber -> subscriber.interrupted(error, false));
        if (channels.isEmpty()) {
            neighbours.closed(key, this);
        } else {
            connect();
        }
    }

    private void dropAll(PlatformException error) {
        var all = List.copyOf(channels.values());
        channels.clear();
        refuse(all, error);
        if (channels.isEmpty() && room == null) {
            stopLinger();
            neighbours.closed(key, this);
        }
    }

    /** Who waits is refused; who has been told that it listens must go. */
    private static void refuse(List<Channel> some, PlatformException error) {
        some.forEach(channel -> channel.takeWaiting().forEach(confirmation -> confirmation.failed(error)));
        subscribersOf(some).forEach(subscriber -> subscriber.interrupted(error, true));
    }

    private static Set<Subscriber> subscribersOf(List<Channel> some) {
        var all = new LinkedHashSet<Subscriber>();
        some.forEach(channel -> all.addAll(channel.subscribers));
        return all;
    }

    /** Its room is free once the server has let go. */
    private void end(ListenerLink open) {
        var its = room;
        room = null;
        open.leave();
        ServerEnd.begin(context, open.link(), () -> {
            if (its != null) {
                its.giveBack();
            }
        });
    }

    private void stopLinger() {
        if (linger != null) {
            linger.cancel();
            linger = null;
        }
    }

    private void closeUnused() {
        linger = null;
        if (channels.isEmpty()) {
            close();
        }
    }

    /** Closes the connection; whoever still listens is not told. */
    void close() {
        stopLinger();
        stopWatching.run();
        if (search != null) {
            search.abandon();
            search = null;
        }
        var open = link;
        link = null;
        if (open != null) {
            end(open);
        }
        giveRoomBack();
        barriers.giveUp();
        neighbours.closed(key, this);
    }
}
