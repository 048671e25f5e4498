package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.sql.ListenStatements.Step;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What one pooled client listens on, and the notifications that wait for it: like a server, the proxy tells a client of them only between two
 * rounds and outside transactions. Its channels are subscribed to before its own LISTEN runs, so that nothing is missed in between.
 */
final class ClientListener implements SharedListener.Subscriber {
    /** Each costs memory here and on the listening server. */
    private static final int CHANNELS_MAX = 10_000;

    private final PoolKey key;
    private final Listeners listeners;
    private final Outlet outlet;
    private final ListenLedger ledger = new ListenLedger();
    private final Set<String> subscribed = new HashSet<>();
    private final ArrayDeque<Notification> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean preparing;
    private boolean over;

    /** The way to the client. */
    interface Outlet {
        /** Whether the client is between two rounds and outside a transaction. */
        boolean isQuiet();

        void send(ByteBuffer bytes);

        /** What has been sent and is not read. */
        int unsent();

        /** The texts of a notification in the client's encoding. */
        Notification encoded(Notification notification);

        void warn(PlatformException warning);

        /** Ends the session, but not from inside the call. */
        void terminateLater(PlatformException reason);
    }

    ClientListener(PoolKey key, Listeners listeners, Outlet outlet) {
        this.key = key;
        this.listeners = listeners;
        this.outlet = outlet;
    }

    ListenLedger ledger() {
        return ledger;
    }

    /**
     * Sees to it that nothing is missed of these channels from now on; what comes is kept until it is known whether the client listens.
     *
     * @param then what goes on then, perhaps at once
     * @param refused what happens instead when that cannot be had
     */
    void prepare(List<String> channels, Runnable then, Consumer<PlatformException> refused) {
        var missing = new HashSet<>(channels);
        missing.removeAll(subscribed);
        if (subscribed.size() + missing.size() > CHANNELS_MAX) {
            refused.accept(ProxyErrors.tooManyChannels(CHANNELS_MAX));
            return;
        }
        new Preparation(missing, then, refused).begin();
    }

    /** Several subscriptions of which the last one, or the first failure, decides. */
    private final class Preparation implements SharedListener.Confirmation {
        private final Set<String> names;
        private final Runnable then;
        private final Consumer<PlatformException> refused;
        private int left;
        private boolean decided;

        Preparation(Set<String> names, Runnable then, Consumer<PlatformException> refused) {
            this.names = names;
            this.then = then;
            this.refused = refused;
            this.left = names.size() + 1;
        }

        void begin() {
            preparing = true;
            var listener = listeners.database(key).listener(key);
            for (var name : names) {
                if (!decided) {
                    subscribed.add(name);
                    listener.subscribe(ClientListener.this, name, this);
                }
            }
            listening(); // the one too many, so that nothing is decided before all have been asked for
        }

        @Override
        public void listening() {
            left--;
            if (left == 0 && !decided && !over) {
                decided = true;
                preparing = false;
                then.run();
            }
        }

        @Override
        public void failed(PlatformException reason) {
            if (!decided && !over) {
                decided = true;
                preparing = false;
                release(names);
                refused.accept(reason);
            }
        }
    }

    private void release(Set<String> names) {
        listeners
                .existing(key)
                .flatMap(database -> database.existing(key))
                .ifPresent(listener -> names.forEach(name -> listener.unsubscribe(this, name)));
        subscribed.removeAll(names);
    }

    /** A statement that matters goes to the server. */
    void sent(long round, int answer, Step step) {
        ledger.sent(round, answer, step);
    }

    /** The transaction under way has ended: channels that nothing came of are let go, but not while a statement waits for some. */
    void settleChannels() {
        if (preparing || ledger.isPending() || subscribed.isEmpty()) {
            return;
        }
        var unused = new HashSet<>(subscribed);
        unused.removeIf(ledger::listensOn);
        if (!unused.isEmpty()) {
            release(unused);
        }
    }

    /** What waits for the client, once it is quiet again; without bytes when nothing does. */
    ByteBuffer takeWaiting() {
        if (waiting.isEmpty()) {
            return ByteBuffer.allocate(0);
        }
        var bytes = ByteBuffer.allocate(waitingBytes);
        while (!waiting.isEmpty()) {
            var next = waiting.removeFirst();
            if (ledger.listensOn(next.channel())) {
                bytes.put(next.message());
            }
        }
        waitingBytes = 0;
        return bytes.flip();
    }

    @Override
    public void notified(Notification notification) {
        if (over) {
            return;
        }
        var shown = outlet.encoded(notification);
        if (!outlet.isQuiet()) {
            waiting.addLast(shown);
            waitingBytes += shown.message().length;
        } else if (ledger.listensOn(shown.channel())) {
            outlet.send(ByteBuffer.wrap(shown.message()));
        }
        var bytesMax = listeners.settings(key.branch()).listenBacklogBytesMax();
        if (waitingBytes + outlet.unsent() > bytesMax) {
            over = true;
            waiting.clear();
            outlet.terminateLater(ProxyErrors.notificationsUnread(bytesMax));
        }
    }

    @Override
    public void interrupted(PlatformException reason, boolean goes) {
        if (over) {
            return;
        }
        if (goes) {
            over = true;
            outlet.terminateLater(reason);
        } else {
            outlet.warn(reason);
        }
    }

    /** The session ends: nobody listens for it any more. */
    void end() {
        over = true;
        waiting.clear();
        release(Set.copyOf(subscribed));
    }
}
