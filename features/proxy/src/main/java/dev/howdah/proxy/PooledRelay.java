package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.Pieces;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.Diagnostic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of the pooled endpoint. It has a server from the first message of a transaction to the ReadyForQuery that ends it, when nothing else
 * is under way. A statement that leaves something in the session pins the client to its server; a pinned server is never given back.
 *
 * <p>A pass is what is done with one piece that has arrived, from either side. What it sends is gathered in the loop's two {@link Outbox}es and
 * goes out at its end, before anybody else may have the server.
 */
final class PooledRelay implements Stage {
    private static final Logger LOG = LoggerFactory.getLogger(PooledRelay.class);

    private final ClientSession session;
    private final Connection client;
    private final Loan loan;
    private final Outbox toServer;
    private final Outbox toClient;
    private final Conversation conversation = new Conversation();
    private final Reading reading = new Reading();
    private final PoolingState state = new PoolingState();
    private final SessionState sessionState;
    private final SessionCheck check;
    private final PooledRules rules;
    private final PooledAnswers answers;
    private final StatementCarrier statements;
    private final LostServer lost;
    private final Listening listening;
    private final FramePump fromClient;
    private final ServerStream fromServer;
    private final PendingWarning warnings = new PendingWarning();
    private final ServerSide serverSide = new ServerSide();
    private final Runnable resume = this::resumeClient;
    private final WayToServer wayToServer;
    private final Consumer<ByteBuffer> ownMessages;
    private final Lingering lingering;

    private Optional<Diagnostic> goodbye = Optional.empty();
    private ServerRecord server;
    private @Nullable ByteBuffer stopped;
    private boolean paused;
    private boolean pumping;
    private boolean greeted;
    private boolean leaving;
    private boolean roundEnded;
    private boolean serverFull;
    private boolean clientFull;
    private boolean heldUp;

    /** @param early what the client has sent since it logged in */
    PooledRelay(ClientSession session, Login.Claim claim, ByteBuffer early) {
        this.session = session;
        this.client = session.connection();
        this.loan = new Loan(session, claim, new Borrower());
        this.toServer = session.context().toServers();
        this.toClient = session.context().toClients();
        this.sessionState =
                new SessionState(loan.applicationName(), session.context().settings());
        this.check = new SessionCheck(session, loan, sessionState, new Keeper());
        this.stopped = early.hasRemaining() ? early : null;
        var shared = session.shared();
        this.lingering = new Lingering(session.loop(), conversation::round, this::askUnlessBusy);
        var book = session.context().statements();
        this.server = session.context().noServer();
        var sink = new WayToServer(loan, toServer, server, new Sending());
        this.ownMessages = sink::own;
        this.wayToServer = sink;
        var statistics = loan.pool().statistics();
        this.statements = new StatementCarrier(
                conversation, book, reading, statistics, () -> loan.settings().maxPreparedStatements(), sink, server);
        this.lost = new LostServer(loan.pool().key.branch().value(), statements, bytes -> toClient.put(client, bytes));
        this.listening = new Listening(session, conversation, loan.pool().key, new ListeningWay());
        this.rules = new PooledRules(
                conversation,
                state,
                sessionState,
                statements,
                sink,
                listening,
                loan.pool(),
                session.context().facts(),
                shared.random(),
                server);
        this.answers = new PooledAnswers(
                conversation,
                state,
                sessionState,
                rules,
                statements,
                reading,
                statistics,
                listening,
                book,
                server,
                new ClientWay());
        this.fromClient = new FramePump(new ClientFilter());
        this.fromServer = new ServerStream(conversation, answers);
    }

    /** The client learns what servers report; the first one of its kind must have a server for it. */
    void begin(Login.Claim claim) {
        session.enter(this);
        var reported = loan.begin(claim);
        if (reported.isPresent()) {
            greet(reported.get());
            resumeClient();
        } else {
            loan.want();
        }
    }

    private void greet(Map<String, String> parameters) {
        greeted = true;
        reading.begin(parameters);
        client.send(loan.greeting(parameters));
        client.send(Replies.welcome(session.live()));
        session.live().state(SessionSnapshot.State.IDLE);
    }

    /** What the pool says. */
    private final class Borrower implements Loan.Borrower {
        @Override
        public void attached(PooledServer next) {
            next.link.connection().handler(serverSide);
            listening.attached(next);
            fromServer.restart();
            goodbye = Optional.empty();
            server = next.record(session.context().statements());
            server.ledger.begin(statements.names());
            serverIs(server);
            state.attached();
            sessionState.attached(next.link.parameters());
            if (!greeted) {
                greet(next.link.parameters());
            }
            if (pumping) {
                makeReady(next); // the pass goes on behind this
            } else if (stopped == null) {
                giveBack(true);
            } else {
                makeReady(next);
                session.now(resume);
            }
        }

        @Override
        public void rejected(Diagnostic error) {
            client.send(Replies.passedOn(error));
            forget();
            session.finish();
        }

        @Override
        public void failed(PlatformException error) {
            forget();
            session.refuse(error);
        }
    }

    private void serverIs(ServerRecord now) {
        statements.server(now);
        rules.server(now);
        answers.server(now);
        wayToServer.server(now);
    }

    /** A server is the client's; here everything is done that comes before the client's own messages. */
    private void makeReady(PooledServer next) {
        next.takeOver(sessionState.settings(), state, ownMessages);
    }

    // The client's side

    @Override
    public void received(ByteBuffer bytes) {
        loan.pool().statistics().bytesReceived += bytes.remaining();
        var before = stopped;
        if (before != null || loan.waiting()) {
            stopped = Pieces.join(before, bytes);
            pauseClient();
            return;
        }
        pump(bytes);
    }

    private void pauseClient() {
        if (!paused) {
            paused = true;
            client.pauseReading();
        }
    }

    private void pump(ByteBuffer bytes) {
        try {
            pumping = true;
            var all = fromClient.pump(bytes);
            pumping = false;
            if (session.ended()) {
                return; // no server could be had
            }
            if (!all && !leaving) {
                // Whoever waits for an answer sends no more; whoever does is read no further.
                stopped = session.context().waitingBytes().keep(bytes);
            }
        } catch (FrameCursor.MalformedStreamException e) {
            pumping = false;
            toServer.flush();
            terminate(ClientSession.violation(String.valueOf(e.getMessage())));
            return;
        }
        toServer.flush();
        answerFlush();
        toClient.flush();
        if (leaving) {
            leave();
            return;
        }
        var attached = loan.server();
        if (attached != null) {
            session.live().state(conversation.state());
            if (attached.link.connection().unsent() > DirectRelay.UNSENT_BYTES_MAX) {
                serverFull = true;
                pauseClient();
            }
            giveBackUnused();
        } else if (lost.inBlock()) {
            session.live().state(SessionSnapshot.State.IN_TRANSACTION);
        } else if (!loan.waiting()) {
            session.live().state(SessionSnapshot.State.IDLE);
        }
    }

    /** A client that asks for the answers so far gets those that only the proxy can give. */
    private void answerFlush() {
        if (rules.takeFlush() && fromServer.atBoundary()) {
            answers.between();
        }
    }

    private void resumeClient() {
        if (session.ended()) {
            return;
        }
        var rest = stopped;
        stopped = null;
        if (rest != null) {
            pump(rest);
            session.context().waitingBytes().release(rest);
        }
        if (paused && !session.ended() && stopped == null && !serverFull) {
            paused = false;
            client.resumeReading();
        }
    }

    @Override
    public void drained() {
        if (clientFull) {
            clientFull = false;
            var attached = loan.server();
            if (attached != null) {
                attached.link.connection().resumeReading();
            }
            resumeClient();
        }
    }

    @Override
    public void ended(Optional<IOException> failure) {
        leave();
    }

    /** The client is gone; what it had of a server is given back when it is clean, and cleaned when it can be. */
    private void leave() {
        var attached = loan.server();
        if (check.underWay()) {
            check.leave();
        } else if (attached != null && !isClean() && mayBeCleaned(attached)) {
            check.leave(attached, conversation.status() != 'I');
        }
        endLoan(isClean() && fromServer.holdsNothing());
        session.close();
    }

    private boolean mayBeCleaned(PooledServer attached) {
        return conversation.idle()
                && !fromClient.midMessage()
                && server.ledger.isEmpty()
                && !state.swallowing()
                && fromServer.holdsNothing()
                && attached.link.connection().unsent() == 0;
    }

    private void endLoan(boolean clean) {
        forget();
        loan.end(clean);
    }

    private void forget() {
        lingering.end();
        listening.end();
        rules.uncount();
        server.ledger.abandon();
        statements.names().close();
    }

    private boolean isClean() {
        return isQuiet() && !check.underWay() && !sessionState.pinned() && !mustAsk();
    }

    /** Whether nothing is under way and nothing of the last transaction's is open. */
    private boolean isQuiet() {
        return conversation.idle()
                && conversation.status() == 'I'
                && !fromClient.midMessage()
                && server.ledger.isEmpty()
                && !listening.holds()
                && state.isClean();
    }

    private boolean mustAsk() {
        return sessionState.mustAsk(loan.settings().sessionGuard());
    }

    // The server's side

    private void fromServer(ByteBuffer bytes) {
        boolean all;
        try {
            all = fromServer.pump(bytes);
            if (fromServer.atBoundary()) {
                answers.between();
            }
        } catch (FrameCursor.MalformedStreamException | PlatformException e) {
            toClient.flush();
            LOG.error("a server sent what cannot be understood: {}", e.getMessage());
            endLoan(false);
            session.close();
            return;
        }
        toClient.flush();
        toServer.flush();
        if (state.restoreFailed()) {
            terminate(ProxyErrors.settingsLost());
            return;
        }
        sendWarning();
        rules.count();
        session.live().state(conversation.state());
        clientFull = clientFull || client.unsent() > DirectRelay.UNSENT_BYTES_MAX;
        if (roundEnded) {
            roundEnded = false;
            if (endRound(all && fromServer.holdsNothing())) {
                return;
            }
        }
        if (heldUp && !state.waits() && !sessionState.waits() && !statements.waits()) {
            heldUp = false;
            resumeClient();
        } else if (stopped == null) {
            giveBackUnused();
        }
        var attached = loan.server();
        if (clientFull && attached != null) {
            attached.link.connection().pauseReading();
        }
    }

    /** True when the client has given its server back, or it is being asked. */
    private boolean endRound(boolean reusable) {
        if (isClean()) {
            giveBack(reusable);
            return true;
        }
        if (reusable && isQuiet() && mustAsk()) {
            if (sessionState.isOnlySuspect() && loan.pool().waiting() == 0) {
                lingering.begin();
                return false;
            }
            ask();
            return true;
        }
        return false; // the client keeps its server although its transaction is over; the sweep sees that it is not for
        // ever
    }

    private void askUnlessBusy() {
        if (isQuiet() && !check.underWay() && fromServer.holdsNothing() && mustAsk()) {
            ask();
        }
    }

    private void ask() {
        var attached = loan.server();
        if (attached != null) {
            check.ask(attached, answer -> {
                if (sessionState.pinned()) {
                    client.send(answer.notifications()); // of a client that listens by itself
                }
            });
        }
    }

    /** What comes of asking the server. */
    private final class Keeper implements SessionCheck.Keeper {
        @Override
        public void released() {
            rules.count();
            giveBack(true);
        }

        @Override
        public void kept() {
            rules.count();
            sessionState.takeNews().ifPresent(construct -> client.send(ProxyErrors.pinnedNotice(construct)));
            var attached = loan.server();
            if (attached != null) {
                attached.link.connection().handler(serverSide);
                makeReady(attached);
                toServer.flush();
            }
            heldUp = false;
            resumeClient();
        }

        @Override
        public void lost() {
            if (sessionState.pinned()) {
                serverEnded();
            } else {
                sessionState.forget();
                giveBack(false);
            }
        }
    }

    /** What a server ignores, such as COPY data behind an error, is not answered: nothing will come that ends its loan. */
    private void giveBackUnused() {
        var attached = loan.server();
        if (attached != null && isClean() && attached.link.connection().unsent() == 0) {
            giveBack(true);
        }
    }

    /** @param reusable false when the server has said more than it was asked: what it means is not for this client, nor for the next */
    private void giveBack(boolean reusable) {
        var clientWaits = serverFull || stopped != null;
        serverFull = false;
        heldUp = false;
        var attached = loan.server();
        if (attached != null) {
            attached.preparedStatements = server.copies.present();
        }
        server = session.context().noServer();
        serverIs(server);
        loan.giveBack(reusable);
        if (clientWaits) {
            session.later(resume);
        }
    }

    /** The client lives on, unless it has got a part of a message whose rest nobody has. */
    private void serverEnded() {
        if (!greeted || !fromServer.atBoundary()) {
            endLoan(false);
            session.finish();
            return;
        }
        check.abandon();
        server.ledger.abandon();
        var kept = sessionState.pinned() ? sessionState.construct().orElse("its settings") : "";
        lost.begin(conversation, goodbye, kept);
        toClient.flush();
        listening.lost();
        conversation.lost();
        sessionState.forget();
        state.attached();
        rules.count();
        roundEnded = false;
        session.live().state(lost.inBlock() ? SessionSnapshot.State.IN_TRANSACTION : SessionSnapshot.State.IDLE);
        loan.connection().close();
        giveBack(false);
    }

    // What others ask for

    /** What the proxy itself asks of a server is not the client's to cancel. */
    @Override
    public void cancel() {
        if (!conversation.idle() && !check.underWay() && !state.waits()) {
            loan.cancel();
        }
    }

    @Override
    public void terminate(PlatformException reason) {
        if (fromServer.atBoundary()) {
            client.send(Replies.fatal(reason));
        }
        if (!conversation.idle()) {
            loan.abort();
        }
        endLoan(false);
        session.finish();
    }

    @Override
    public void warn(PlatformException next) {
        warnings.add(next);
        sendWarning();
    }

    private void sendWarning() {
        if (greeted && fromServer.atBoundary()) {
            warnings.sendTo(client);
        }
    }

    /** What comes from the client. */
    private final class ClientFilter implements FramePump.Filter {
        @Override
        public FramePump.Take take(byte tag, int bodyBytes) {
            if (tag == 'X') {
                leaving = true;
                return FramePump.Take.STOP;
            }
            if (lost.isActive()) {
                var take = lost.take(tag, bodyBytes);
                if (take != FramePump.Take.STREAM) {
                    return take;
                }
            }
            if (clientFull || !hasServer()) {
                return FramePump.Take.STOP; // whoever does not read has no use for a server yet
            }
            var take = waits() || listening.holds() ? FramePump.Take.STOP : rules.take(tag, bodyBytes);
            heldUp = heldUp || take == FramePump.Take.STOP;
            return take;
        }

        /** Whether it depends on an answer what the next message means. */
        private boolean waits() {
            return state.waits()
                    || check.underWay()
                    || statements.waits()
                    || (sessionState.waits() && !conversation.roundBegun());
        }

        private boolean hasServer() {
            if (loan.server() == null) {
                loan.want();
            }
            return loan.server() != null;
        }

        @Override
        public int head(byte tag, ByteBuffer bytes, int from, int to) {
            if (loan.server() == null) {
                lost.refuse(tag); // its server has been lost since its header came
                return to - from;
            }
            return rules.head(tag, bytes, from, to);
        }

        @Override
        public boolean whole(byte tag, ByteBuffer bytes, int from, int to) {
            if (loan.server() == null) {
                lost.whole(tag, bytes.slice(from, to - from));
                return false;
            }
            return rules.whole(tag, bytes, from, to);
        }

        @Override
        public void forward(ByteBuffer bytes, int from, int to) {
            rules.forward(bytes, from, to);
        }
    }

    /** What the way to the server needs. */
    private final class Sending implements WayToServer.Relay {
        @Override
        public void cut() {
            fromClient.cut();
        }

        @Override
        public void notifies() {
            listening.notifying();
        }

        @Override
        public void hold() {
            fromClient.hold();
            heldUp = true;
        }
    }

    /** What a client that listens needs. */
    private final class ListeningWay implements Listening.Way {
        @Override
        public boolean standardStrings() {
            return sessionState.standardStrings();
        }

        @Override
        public TextEncoding encoding() {
            return sessionState.encoding();
        }

        @Override
        public @Nullable PooledServer server() {
            return loan.server();
        }

        @Override
        public boolean isQuiet() {
            return greeted && conversation.idle() && conversation.status() == 'I' && fromServer.atBoundary();
        }

        @Override
        public void goOn(ByteBuffer message) {
            if (loan.server() == null) {
                stopped = Pieces.join(message, stopped == null ? ByteBuffer.allocate(0) : stopped);
            } else if (rules.whole(message.get(0), message, 0, message.limit())) {
                rules.forward(message, 0, message.limit());
            }
            toServer.flush();
            session.later(resume);
        }

        @Override
        public void tell(ByteBuffer bytes) {
            if (bytes.hasRemaining()) {
                fromServer.cut();
                toClient.put(client, bytes);
            }
        }

        @Override
        public void roundIsOver() {
            endRound(fromServer.holdsNothing());
            session.later(resume);
        }

        @Override
        public void warn(PlatformException warning) {
            PooledRelay.this.warn(warning);
        }

        @Override
        public void terminate(PlatformException reason) {
            PooledRelay.this.terminate(reason);
        }
    }

    /** The way to the client. */
    private final class ClientWay implements PooledAnswers.Way {
        @Override
        public void cut() {
            fromServer.cut();
        }

        @Override
        public void toClient(ByteBuffer bytes, int from, int to) {
            toClient.pass(client, bytes, from, to);
        }

        @Override
        public void toClient(byte[] message) {
            toClient.put(client, message);
        }

        @Override
        public boolean isOver() {
            return roundEnded && isClean();
        }

        @Override
        public void parameter(ParameterStatus status) {
            session.live().follow(status.name(), status.value());
        }

        @Override
        public void goodbye(Diagnostic error) {
            goodbye = Optional.of(error);
        }

        @Override
        public void ready() {
            var attached = loan.server();
            if (attached != null && sessionState.takeMade()) {
                attached.settings = sessionState.settings();
            }
            roundEnded = true;
        }
    }

    /** Hears of the server's connection while it is this client's. */
    private final class ServerSide implements ConnectionHandler {
        @Override
        public void received(ByteBuffer bytes) {
            fromServer(bytes);
        }

        @Override
        public void drained() {
            if (serverFull) {
                serverFull = false;
                if (stopped == null && paused) {
                    paused = false;
                    client.resumeReading();
                }
            }
            giveBackUnused();
        }

        @Override
        public void ended(Optional<IOException> failure) {
            serverEnded();
        }
    }
}
