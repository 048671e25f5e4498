package dev.howdah.proxy;

import dev.howdah.proxy.ServerCopies.Copy;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.Diagnostic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a pooled client is told: the answers of the server it has, without those that are the proxy's own affair, and with those that the proxy
 * gives itself, in the order of the client's messages.
 */
final class PooledAnswers implements ServerStream.Relay {
    private static final int HEADER_BYTES = 5;
    private static final byte[] PARSE_COMPLETE = {'1', 0, 0, 0, 4};
    private static final byte[] CLOSE_COMPLETE = {'3', 0, 0, 0, 4};

    private final Conversation conversation;
    private final PoolingState state;
    private final SessionState session;
    private final PooledRules rules;
    private final StatementCarrier statements;
    private final Reading reading;
    private final PoolStatistics statistics;
    private final Listening listening;
    private final DescriptionReader descriptions;
    private final Way way;
    private ServerRecord server;
    /** Whether the client has not seen yet of what types its parameters are, which a server has said. */
    private boolean parametersWait;

    /** What the answers need of the relay. */
    interface Way {
        /** Has what passes sent in front of the message in hand. */
        void cut();

        void toClient(ByteBuffer bytes, int from, int to);

        void toClient(byte[] message);

        /** Whether nothing is owed to the client any more. */
        boolean isOver();

        void parameter(ParameterStatus status);

        /** The server's last words; its session ends, and not the client's. */
        void goodbye(Diagnostic error);

        /** A round is over. */
        void ready();
    }

    PooledAnswers(
            Conversation conversation,
            PoolingState state,
            SessionState session,
            PooledRules rules,
            StatementCarrier statements,
            Reading reading,
            PoolStatistics statistics,
            Listening listening,
            StatementBook book,
            ServerRecord none,
            Way way) {
        this.conversation = conversation;
        this.state = state;
        this.session = session;
        this.rules = rules;
        this.statements = statements;
        this.reading = reading;
        this.statistics = statistics;
        this.listening = listening;
        this.descriptions = new DescriptionReader(book);
        this.server = none;
        this.way = way;
    }

    void server(ServerRecord next) {
        server = next;
        parametersWait = false;
    }

    /** Behind a finished round nothing is owed: whatever comes is about the server connection itself. */
    @Override
    public boolean expects() {
        return !way.isOver();
    }

    @Override
    public boolean asked(byte tag) {
        return state.swallowing();
    }

    @Override
    public void answered(byte tag, ByteBuffer message) {
        if (tag == 'E' && isGoodbye(message)) {
            return; // says nothing about the settings that were being made
        }
        state.swallow(tag);
    }

    private boolean isGoodbye(ByteBuffer message) {
        var body = message.slice(HEADER_BYTES, message.limit() - HEADER_BYTES);
        var error = ((ErrorResponse) BackendCodec.decode((byte) 'E', body)).diagnostic();
        if (!endsSession(error)) {
            return false;
        }
        way.goodbye(error);
        return true;
    }

    private static boolean endsSession(Diagnostic error) {
        return error.severity().equals("FATAL") || error.severity().equals("PANIC");
    }

    @Override
    public void between() {
        while (server.ledger.isDue()) {
            var front = server.ledger.front();
            way.cut();
            way.toClient(front != null && front.kind == Ledger.Kind.KNOWN_CLOSE ? CLOSE_COMPLETE : PARSE_COMPLETE);
            server.ledger.answeredDue();
        }
    }

    @Override
    public boolean reads(byte tag) {
        var copy = server.ledger.describing();
        return copy != null && (tag == 't' || copy.description == null);
    }

    /** A copy that has grown old tells of its parameters before it fails: the client sees those when it is sure that they are to be trusted. */
    @Override
    public boolean described(byte tag, ByteBuffer bytes, int from, int to) {
        var copy = server.ledger.describing();
        if (tag == 't') {
            descriptions.parameters(bytes, from, to);
            parametersWait = server.ledger.answered(tag);
            return false;
        }
        if (copy != null) {
            descriptions.columns(copy, bytes, from, to);
        }
        return passes(tag);
    }

    @Override
    public boolean passes(byte tag) {
        var copy = tag == 'n' ? server.ledger.describing() : null;
        if (copy != null && copy.description == null) {
            descriptions.noColumns(copy);
        }
        tellParameters();
        return server.ledger.answered(tag);
    }

    private void tellParameters() {
        if (parametersWait) {
            parametersWait = false;
            way.cut();
            way.toClient(descriptions.parameters());
        }
    }

    @Override
    public Optional<ParameterStatus> instead(ParameterStatus status) {
        return session.instead(status);
    }

    @Override
    public void parameter(ParameterStatus status) {
        session.reported(status);
        reading.follow(status.name(), status.value());
        way.parameter(status);
    }

    @Override
    public boolean followsTags() {
        return listening.isPending();
    }

    @Override
    public Optional<String> completed(String tag) {
        return listening.completed(tag);
    }

    /** What a pooled server hears is nobody's, but for that of a client which listens by itself and keeps it. */
    @Override
    public boolean hearsNotifications() {
        return session.pinned();
    }

    @Override
    public boolean ready() {
        statistics.queries++;
        if (conversation.status() == 'I') {
            statistics.transactions++;
        }
        session.ready(conversation.status());
        if (conversation.allAnswered()) {
            statements.deallocatesNothing();
        }
        way.ready();
        return listening.ready();
    }

    @Override
    public void forgotStatements() {
        statements.names().forgetAll();
        server.copies.forgetAll();
        server.hasUnnamed = false;
    }

    @Override
    public void shown(String tag) {
        if (tag.startsWith("DEALLOCATE")) {
            statements.deallocated();
        }
    }

    @Override
    public void failedUnread() {
        tellParameters();
        state.failed(conversation.isOnLastRound());
        session.failed();
        var skipped = server.ledger.failed();
        listening.failed(skipped);
        conversation.failed(skipped);
        statistics.errors++;
    }

    @Override
    public Optional<ByteBuffer> failed(Diagnostic error) {
        if (endsSession(error)) {
            way.goodbye(error);
            return ClientRules.NOTHING;
        }
        var front = server.ledger.front();
        var named = front == null ? null : front.named;
        var copy = front == null ? null : front.copy;
        var refused = front != null && front.kind == Ledger.Kind.REFUSAL;
        if (copy != null && isGrownOld(error, copy)) {
            if (statements.repeat(named, copy)) {
                parametersWait = false;
                return ClientRules.NOTHING;
            }
            copy.stale = true;
        }
        failedUnread();
        var refusal = rules.refusalBehind(error);
        if (refusal.isPresent()) {
            return Optional.of(Replies.of(Replies.error(refusal.get())));
        }
        if (refused && ToldColumns.isRefusal(error)) {
            return Optional.of(Replies.passedOn(ToldColumns.refusal()));
        }
        if (copy != null && named != null) {
            return renamed(error, copy.statement.serverName, named.name);
        }
        return ClientRules.UNCHANGED;
    }

    /** The tables are others than when it was prepared, or the server has lost it. */
    private static boolean isGrownOld(Diagnostic error, Copy copy) {
        return switch (error.code()) {
            case "0A000" ->
                error.routine().filter("RevalidateCachedQuery"::equals).isPresent();
            case "26000" -> error.message().contains(quoted(copy.statement.serverName));
            default -> false;
        };
    }

    private static Optional<ByteBuffer> renamed(Diagnostic error, byte[] onServer, byte[] ofClient) {
        var quoted = quoted(onServer);
        return error.message().contains(quoted)
                ? Optional.of(Replies.passedOn(error.with('M', error.message().replace(quoted, quoted(ofClient)))))
                : ClientRules.UNCHANGED;
    }

    private static String quoted(byte[] name) {
        return '"' + new String(name, StandardCharsets.UTF_8) + '"';
    }

    @Override
    public void toClient(ByteBuffer bytes, int from, int to) {
        statistics.bytesSent += to - from;
        way.toClient(bytes, from, to);
    }
}
