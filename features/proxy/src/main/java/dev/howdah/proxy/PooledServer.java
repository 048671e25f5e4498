package dev.howdah.proxy;

import dev.howdah.base.InstanceId;
import dev.howdah.proxy.io.ConnectionHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server connection of a {@link Pool}. It serves one role and one database all its life, and one client at a time. While it is lent the
 * client's relay hears what it says, at all other times it does so itself.
 */
final class PooledServer implements ConnectionHandler {
    /** One part in so many of its lifetime by which a server may go earlier than others of its age. */
    static final int LIFETIME_PARTS = 1024;

    final long id;
    final ServerLink link;
    /** Of the link, as those who are shown it want it. */
    final Optional<InstanceId> instance;

    final Pool pool;
    final ServerGroup group;
    final long openedNanos;
    /** How much earlier it goes, in {@link #LIFETIME_PARTS}. */
    final int lifetimeLess;
    /** What clients have set in its session since it began; the client it is lent to has the same. */
    PooledSettings settings;

    /** For those who look: what the relay keeps on it. */
    int preparedStatements;

    /** Who has it. */
    @Nullable Loan borrower;

    /** What takes its place once it is closed. */
    @Nullable RoomTaker successor;

    private Use use = Use.LENT;
    private long sinceNanos;
    private boolean closeNeeded;
    private boolean forced;
    private int cancelsUnderWay;
    private boolean tainted;
    private @Nullable ServerRecord record;
    private int notifier;
    private @Nullable Runnable whenQuiet;

    /** What it is doing. */
    enum Use {
        LENT,
        IDLE,
        /** Given back, but a cancel is on its way to it. */
        CANCELED,
        /** Told to end; it counts until its server has let go. */
        CLOSING,
        CLOSED
    }

    PooledServer(long id, ServerLink link, Pool pool, ServerGroup group, PooledSettings settings, int lifetimeLess) {
        this.id = id;
        this.link = link;
        this.instance = Optional.of(link.instance());
        this.pool = pool;
        this.group = group;
        this.settings = settings;
        this.lifetimeLess = lifetimeLess;
        this.openedNanos = System.nanoTime();
        this.sinceNanos = openedNanos;
    }

    /** Makes the session what the client expects; the answer is the state's to swallow. */
    void takeOver(PooledSettings wanted, PoolingState state, Consumer<ByteBuffer> toServer) {
        if (!settings.equals(wanted)) {
            for (var query : settings.queriesTo(wanted)) {
                // A setting may have become invalid, and then nothing of the client's may run without it.
                state.swallowRound(!settings.differsInNameOnly(wanted));
                toServer.accept(OrdinaryRules.queryMessage(query));
            }
        }
        settings = wanted; // equal ones too: next time the references are compared
    }

    Use use() {
        return use;
    }

    void use(Use next, long nowNanos) {
        use = next;
        sinceNanos = nowNanos;
    }

    /** When it began to be used as it is. */
    long sinceNanos() {
        return sinceNanos;
    }

    /** It is closed as soon as it is free. */
    void needClose() {
        closeNeeded = true;
    }

    boolean closeNeeded() {
        return closeNeeded;
    }

    /** Whether nobody has done so before: has its session ended by force. */
    boolean force() {
        var first = !forced;
        forced = true;
        return first;
    }

    /** What the relay knows of it, from client to client. */
    ServerRecord record(StatementBook book) {
        var known = record;
        if (known == null) {
            known = new ServerRecord(book);
            record = known;
        }
        return known;
    }

    void cancelBegun() {
        cancelsUnderWay++;
    }

    boolean cancelUnderWay() {
        return cancelsUnderWay > 0;
    }

    /** The cancel has hit, or missed; it cannot hit a later client any more. */
    void cancelEnded() {
        cancelsUnderWay--;
        if (cancelsUnderWay > 0) {
            return;
        }
        if (use == Use.CANCELED) {
            pool.release(this);
        }
        var waiting = whenQuiet;
        whenQuiet = null;
        if (waiting != null && link.connection().isOpen()) {
            waiting.run();
        }
    }

    /**
     * Runs {@code action} as soon as no cancel is on its way to this server, so that none can hit what the proxy asks of it by itself. Not at all
     * when the connection is closed before.
     */
    void whenQuiet(Runnable action) {
        if (cancelsUnderWay == 0) {
            action.run();
        } else {
            whenQuiet = action;
        }
    }

    /** Nobody knows when the cancel will hit. */
    void cancelLost() {
        tainted = true;
        cancelEnded();
    }

    /** Whether another client may still have it. */
    boolean isLendable() {
        return !tainted && !closeNeeded && link.connection().isOpen();
    }

    void notifier(int clientProcessId) {
        notifier = clientProcessId;
    }

    /** What the client that notified last through it believes its process id to be; 0 before any has. */
    int notifier() {
        return notifier;
    }

    /** A server that is not lent has nothing to say; when it speaks, its settings changed or it stops, and a new connection is better. */
    @Override
    public void received(ByteBuffer bytes) {
        bytes.position(bytes.limit());
        if (use != Use.CLOSING) {
            pool.servers.spoke(this);
        }
    }

    @Override
    public void drained() {}

    @Override
    public void ended(Optional<IOException> failure) {
        pool.servers.gone(this);
    }
}
