package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.sql.ListenStatements;
import dev.howdah.proxy.sql.ListenStatements.Listen;
import dev.howdah.proxy.sql.ListenStatements.Other;
import dev.howdah.proxy.sql.ListenStatements.Step;
import dev.howdah.proxy.sql.SqlText;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * LISTEN between one pooled client and its server. A statement that listens waits until its channels are subscribed to, and then goes on as one
 * that does not; what it does is noted, and so is everything that decides whether it lasts. A client that has never listened costs nothing but
 * this object.
 *
 * <p>What a client is told at the end of a transaction holds what was committed before, by itself or by other pooled clients: where some of it
 * may still be on its way, its ReadyForQuery waits for it.
 */
final class Listening implements ClientListener.Outlet {
    private static final int HEADER_BYTES = 5;
    private static final int PORTALS_MAX = 1_000;
    private static final String SHOWN_TAG = "LISTEN";

    private final ClientSession session;
    private final Conversation conversation;
    private final PoolKey key;
    private final Way way;
    private @Nullable ClientListener listener;
    private @Nullable Map<String, Step> statements;
    private @Nullable Map<String, Step> portals;
    private @Nullable ByteBuffer kept;
    private Optional<PlatformException> refusal = Optional.empty();
    private boolean holdsMessage;
    private boolean holdsReady;
    private boolean notifies;

    /** What it needs of the relay. */
    interface Way {
        /** The session's {@code standard_conforming_strings}. */
        boolean standardStrings();

        TextEncoding encoding();

        /** The server that the client has. */
        @Nullable PooledServer server();

        /** Whether the client is between two rounds, outside a transaction and at the boundary of two messages. */
        boolean isQuiet();

        /** A message that had to wait can go on. */
        void goOn(ByteBuffer message);

        /** Sends behind everything that goes to the client before the message in hand. */
        void tell(ByteBuffer bytes);

        /** The round that has waited for its end is over. */
        void roundIsOver();

        void warn(PlatformException warning);

        void terminate(PlatformException reason);
    }

    Listening(ClientSession session, Conversation conversation, PoolKey key, Way way) {
        this.session = session;
        this.conversation = conversation;
        this.key = key;
        this.way = way;
    }

    /** Whether statements and portals are to be followed. */
    boolean follows() {
        return listener != null;
    }

    /** Whether command tags count, and texts that otherwise would not. */
    boolean isPending() {
        return listener != null && listener.ledger().isPending();
    }

    /** Whether a message waits, and those behind it too. */
    boolean holds() {
        return holdsMessage || holdsReady;
    }

    // What the client sends

    /**
     * Whether a Query has to wait. It comes again, by {@link Way#goOn}.
     *
     * @param message from its tag to its last byte
     */
    boolean stopsQuery(ByteBuffer message) {
        var read = read(SqlText.ofQuery(message));
        return read.isPresent() && stops(message, read.get().channels());
    }

    private boolean stops(ByteBuffer message, List<String> channels) {
        if (refusal.isPresent() || channels.isEmpty()) {
            return false;
        }
        holdsMessage = true;
        listener().prepare(channels, this::goOn, this::refused);
        if (holdsMessage) {
            var copy = ByteBuffer.allocate(message.remaining());
            kept = copy.put(message.duplicate()).flip();
        }
        return holdsMessage;
    }

    private ClientListener listener() {
        var known = listener;
        if (known == null) {
            known = new ClientListener(key, session.context().listeners(), this);
            listener = known;
            statements = new HashMap<>();
            portals = new HashMap<>();
        }
        return known;
    }

    private void refused(PlatformException reason) {
        refusal = Optional.of(reason);
        goOn();
    }

    private void goOn() {
        holdsMessage = false;
        var message = kept;
        kept = null;
        if (message != null) {
            way.goOn(message);
        }
    }

    /** Why the message in hand may not listen, if so. */
    Optional<PlatformException> takeRefusal() {
        var taken = refusal;
        refusal = Optional.empty();
        return taken;
    }

    /** A Query that is about to go to the server; gives what goes instead, which may be the same. */
    ByteBuffer query(ByteBuffer message) {
        var sql = SqlText.ofQuery(message);
        mayNotify(sql);
        var read = read(sql);
        if (read.isEmpty()) {
            return message;
        }
        var mine = follower(read.get());
        var answer = 0;
        for (var step : read.get().steps()) {
            if (mine != null) {
                mine.ledger().sent(conversation.round(), answer++, step);
            }
        }
        return read.get().sql().equals(sql)
                ? message
                : OrdinaryRules.queryMessage(read.get().sql());
    }

    private void mayNotify(String sql) {
        if (ListenStatements.mayNotify(sql)) {
            notifying();
        }
    }

    /** Empty when nothing in the text matters here. */
    private Optional<ListenStatements> read(String sql) {
        if (!isPending() && !ListenStatements.mayMatter(sql)) {
            return Optional.empty();
        }
        return ListenStatements.read(sql, way.standardStrings()).map(this::inEncodingOfDatabase);
    }

    /** Only who listens begins to follow what ends it. */
    private @Nullable ClientListener follower(ListenStatements read) {
        return read.channels().isEmpty() ? listener : listener();
    }

    private ListenStatements inEncodingOfDatabase(ListenStatements read) {
        return SqlText.isAscii(read.sql()) ? read : read.withChannels(way.encoding()::toServer);
    }

    /**
     * A Parse that is about to go to the server; gives what goes instead, which may be the same.
     *
     * @param fails whether the server will refuse it, because it has a statement of this name
     */
    ByteBuffer parse(ByteBuffer message, int nameEnd, int sqlEnd, boolean fails) {
        var sql = SqlText.decode(message.slice(nameEnd + 1, sqlEnd - nameEnd - 1));
        mayNotify(sql);
        var named = statements;
        if (named == null && !ListenStatements.mayMatter(sql)) {
            return message;
        }
        var read = ListenStatements.read(sql, way.standardStrings()).map(this::inEncodingOfDatabase);
        if (read.isEmpty() || fails) {
            return message;
        }
        follower(read.get());
        var name = SqlText.decode(message.slice(HEADER_BYTES, nameEnd - HEADER_BYTES));
        remember(name, read.get());
        return read.get().sql().equals(sql)
                ? message
                : OrdinaryRules.parse(name, read.get().sql(), message, sqlEnd).orElse(message);
    }

    private void remember(String name, ListenStatements read) {
        var named = statements;
        if (named != null) {
            put(named, name, read.steps().size() == 1 ? read.steps().getFirst() : null);
        }
    }

    private static void put(Map<String, Step> names, String name, @Nullable Step step) {
        if (step == null || step instanceof Other) {
            names.remove(name);
        } else {
            names.put(name, step);
        }
    }

    /** A Bind, from its header on, that is about to go to the server. */
    void bind(ByteBuffer bytes, int from, int to) {
        var named = statements;
        var open = portals;
        var portalEnd = OrdinaryRules.endOfText(bytes, from + HEADER_BYTES, to);
        var nameEnd = portalEnd < 0 ? -1 : OrdinaryRules.endOfText(bytes, portalEnd + 1, to);
        if (named == null || open == null || nameEnd < 0) {
            return;
        }
        if (open.size() >= PORTALS_MAX) {
            open.clear(); // nobody has so many open: most have ended with their transactions
        }
        var step = named.get(SqlText.decode(bytes.slice(portalEnd + 1, nameEnd - portalEnd - 1)));
        var portal = SqlText.decode(bytes.slice(from + HEADER_BYTES, portalEnd - from - HEADER_BYTES));
        if (portal.isEmpty() || !open.containsKey(portal)) { // the server refuses a name that is in use
            put(open, portal, step);
        }
    }

    /** A Close that is about to go to the server. */
    void close(ByteBuffer message) {
        var open = portals;
        var end = OrdinaryRules.endOfText(message, HEADER_BYTES + 1, message.limit());
        if (open != null && end > 0 && message.get(HEADER_BYTES) == 'P') {
            open.remove(SqlText.decode(message.slice(HEADER_BYTES + 1, end - HEADER_BYTES - 1)));
        }
    }

    /** Whether an Execute has to wait; as {@link #stopsQuery}. */
    boolean stopsExecute(ByteBuffer message) {
        return stepOf(message) instanceof Listen(var channel) && stops(message, List.of(channel));
    }

    /** An Execute that is about to go to the server. */
    void execute(ByteBuffer message) {
        var step = stepOf(message);
        if (step != null) {
            listener().ledger().sent(conversation.round(), conversation.executes(), step);
        }
    }

    private @Nullable Step stepOf(ByteBuffer execute) {
        var open = portals;
        var end = OrdinaryRules.endOfText(execute, HEADER_BYTES, execute.limit());
        return open == null || end < 0
                ? null
                : open.get(SqlText.decode(execute.slice(HEADER_BYTES, end - HEADER_BYTES)));
    }

    /** What the client is about to run, or has just sent, notifies. */
    void notifying() {
        notifies = true;
        var attached = way.server();
        if (attached != null) {
            session.context()
                    .listeners()
                    .existing(key)
                    .ifPresent(all -> all.notifies(attached, session.live().processId));
        }
    }

    // What the server answers

    /** A server is the client's. */
    void attached(PooledServer next) {
        if (next.notifier() != session.live().processId) {
            next.notifier(0);
        }
    }

    /** A command tag; gives the one to show instead. */
    Optional<String> completed(String tag) {
        var mine = listener;
        if (mine == null) {
            return Optional.empty();
        }
        var step = mine.ledger().answered(conversation.answeredRound(), conversation.answer(), tag);
        return step instanceof Listen ? Optional.of(SHOWN_TAG) : Optional.empty();
    }

    /** An error of the server's, for which it skips so many rounds. */
    void failed(int roundsSkipped) {
        if (listener != null) {
            listener.ledger().failed(conversation.answeredRound(), roundsSkipped);
        }
    }

    /** A ReadyForQuery, which the conversation knows already; false when it has to wait, and is sent later. */
    boolean ready() {
        var mine = listener;
        if (mine != null) {
            mine.ledger().ready(conversation.answeredRound() - 1, conversation.status());
        }
        if (conversation.status() != 'I') {
            return true;
        }
        if (portals != null && conversation.idle()) {
            portals.clear(); // they have ended with their transaction
        }
        if (notifies) {
            notifies = false;
            session.context().listeners().existing(key).ifPresent(DatabaseListeners::committed);
        }
        return mine == null || readyOutsideTransaction(mine);
    }

    private boolean readyOutsideTransaction(ClientListener mine) {
        mine.settleChannels();
        var shared = session.context().listeners().existing(key).flatMap(all -> all.existing(key));
        if (mine.ledger().listens()
                && conversation.idle()
                && shared.isPresent()
                && !shared.get().isSettled()) {
            holdsReady = true;
            shared.get().settle(this::settled);
            return false;
        }
        way.tell(mine.takeWaiting());
        return true;
    }

    private void settled() {
        var mine = listener;
        if (holdsReady && mine != null && !session.ended()) {
            holdsReady = false;
            send(mine.takeWaiting());
            send(Replies.readyOutsideTransaction());
            way.roundIsOver();
        }
    }

    /** The server is gone, and with it everything that it has not answered. */
    void lost() {
        notifies = false;
        var mine = listener;
        if (mine != null) {
            mine.ledger().failed(conversation.answeredRound(), conversation.roundsOpen());
            mine.ledger().ready(conversation.answeredRound(), (byte) 'I');
        }
    }

    /** The session ends. */
    void end() {
        holdsMessage = false;
        holdsReady = false;
        kept = null;
        if (listener != null) {
            listener.end();
        }
    }

    // The way to the client

    @Override
    public boolean isQuiet() {
        return !holds() && way.isQuiet();
    }

    @Override
    public void send(ByteBuffer bytes) {
        session.connection().send(bytes);
    }

    @Override
    public int unsent() {
        return session.connection().unsent();
    }

    @Override
    public Notification encoded(Notification notification) {
        return way.encoding().toClient(notification);
    }

    @Override
    public void warn(PlatformException warning) {
        way.warn(warning);
    }

    @Override
    public void terminateLater(PlatformException reason) {
        session.later(() -> way.terminate(reason));
    }
}
