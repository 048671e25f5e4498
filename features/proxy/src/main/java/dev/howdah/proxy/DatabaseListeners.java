package dev.howdah.proxy;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The listeners of one database's roles, and which of its pooled clients notify: whoever listens is told of the notifying client's process id,
 * as that client knows it, and not of the server's that it happened to have. Used on its loop only.
 */
final class DatabaseListeners {
    private static final int NOTIFIERS_KEPT = 1_000;

    private final Listeners all;
    private final Map<PoolKey, SharedListener> listeners = new HashMap<>();
    /** Servers on which a client has notified, by the process id that notifications come from. */
    private final Map<Integer, PooledServer> notifiers = new HashMap<>();

    private long commits;

    DatabaseListeners(Listeners all) {
        this.all = all;
    }

    /** The one for these clients; begins nothing yet. */
    SharedListener listener(PoolKey key) {
        return listeners.computeIfAbsent(key, all::create);
    }

    Optional<SharedListener> existing(PoolKey key) {
        return Optional.ofNullable(listeners.get(key));
    }

    /** A client is about to notify on the server that it has. */
    void notifies(PooledServer server, int clientProcessId) {
        if (listeners.isEmpty()) {
            return;
        }
        server.notifier(clientProcessId);
        if (notifiers.size() >= NOTIFIERS_KEPT) {
            notifiers.values().removeIf(known -> !known.link.connection().isOpen());
        }
        notifiers.put(server.link.processId(), server);
    }

    /** What a client has notified is committed, if it is not rolled back. */
    void committed() {
        commits++;
    }

    long commits() {
        return commits;
    }

    Notification asClientsSeeIt(Notification notification) {
        var server = notifiers.get(notification.processId());
        if (server == null || !server.link.connection().isOpen()) {
            return notification;
        }
        return server.notifier() == 0 ? notification : notification.from(server.notifier());
    }

    void closed(PoolKey key, SharedListener listener) {
        listeners.remove(key, listener);
        if (listeners.isEmpty()) {
            notifiers.clear();
            all.forget(this);
        }
    }

    /** Closes what listens for a role that may not log in any more. */
    void closeRole(String role) {
        Map.copyOf(listeners).forEach((key, listener) -> {
            if (key.role().equals(role)) {
                listener.close();
            }
        });
    }
}
