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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of the pooled endpoint. It has a server from the first message of a transaction to the ReadyForQuery that ends it, when nothing else
 * is under way. A statement that leaves something in the session pins the client to its server; a pinned server is never given back.
 */
final class PooledRelay implements Stage {
    private static final Logger LOG = LoggerFactory.getLogger(PooledRelay.class);

    private final ClientSession session;
    private final Connection client;
    private final Loan loan;
    private final Conversation conversation = new Conversation();
    private final PoolingState state;
    private final PooledRules rules;
    private final FramePump fromClient = new FramePump(new ClientFilter());
    private final ServerStream fromServer = new ServerStream(conversation, new ServerRelay());
    private final PendingWarning warnings = new PendingWarning();
    private final ServerSide serverSide = new ServerSide();
    private final IdleWatch idleWatch;

    private @Nullable ByteBuffer stopped;
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
        this.state = new PoolingState(loan.applicationName());
        this.stopped = early.hasRemaining() ? early : null;
        var pinIdle = session.shared().config().pool().pinIdle();
        this.idleWatch = new IdleWatch(
                session.loop(), pinIdle, this::keepsIdleServer, () -> terminate(ProxyErrors.pinIdle(pinIdle)));
        this.rules = new PooledRules(
                conversation,
                state,
                loan.pool(),
                session.context().pins(),
                session.shared().random(),
                bytes -> loan.connection().send(bytes));
    }

    /** The client learns what servers report; the first one of its kind must have a server for it. */
    void begin() {
        session.enter(this);
        var reported = loan.begin();
        if (reported.isPresent()) {
            greet(reported.get());
            resumeClient();
        } else {
            loan.want();
        }
    }

    private void greet(Map<String, String> parameters) {
        greeted = true;
        client.send(Replies.settings(parameters, loan.applicationName()));
        client.send(Replies.welcome(session.live()));
        session.live().state(SessionSnapshot.State.IDLE);
    }

    /** What the pool says. */
    private final class Borrower implements Loan.Borrower {
        @Override
        public void attached(PooledServer next) {
            next.link.connection().handler(serverSide);
            fromServer.restart();
            state.attached(next.link.parameters());
            if (!greeted) {
                greet(next.link.parameters());
            }
            if (stopped == null) {
                giveBack(true);
            } else {
                next.takeOver(state);
                // Not in the pool's own pass: the client may be done with the server before this returns.
                session.later(PooledRelay.this::resumeClient);
            }
        }

        @Override
        public void rejected(Diagnostic error) {
            client.send(Replies.passedOn(error));
            session.finish();
        }

        @Override
        public void failed(PlatformException error) {
            session.refuse(error);
        }
    }

    // The client's side

    @Override
    public void received(ByteBuffer bytes) {
        var before = stopped;
        if (before != null || loan.waiting()) {
            stopped = Pieces.join(before, bytes);
            client.pauseReading();
            return;
        }
        pump(bytes);
    }

    private void pump(ByteBuffer bytes) {
        try {
            if (!fromClient.pump(bytes)) {
                stopped = Pieces.join(null, bytes);
                client.pauseReading();
            }
        } catch (FrameCursor.MalformedStreamException e) {
            terminate(ClientSession.violation(String.valueOf(e.getMessage())));
            return;
        }
        if (leaving) {
            leave();
            return;
        }
        var attached = loan.server();
        if (attached != null) {
            session.live().state(conversation.state());
            if (attached.link.connection().unsent() > DirectRelay.UNSENT_BYTES_MAX) {
                serverFull = true;
                client.pauseReading();
            }
            giveBackUnused();
        } else if (stopped != null && !clientFull) {
            // Whoever does not read has no use for a server yet.
            loan.want();
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
        }
        if (!session.ended() && stopped == null && !serverFull) {
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

    /** The client is gone; what it had of a server is given back when it is clean. */
    private void leave() {
        endLoan(isClean() && fromServer.holdsNothing());
        session.close();
    }

    private void endLoan(boolean clean) {
        idleWatch.end();
        rules.uncount();
        loan.end(clean);
    }

    private boolean keepsIdleServer() {
        return loan.server() != null && conversation.idle() && conversation.status() == 'I';
    }

    private boolean isClean() {
        return conversation.idle() && conversation.status() == 'I' && !fromClient.midMessage() && state.isClean();
    }

    // The server's side

    private void fromServer(ByteBuffer bytes) {
        try {
            fromServer.pump(bytes);
        } catch (FrameCursor.MalformedStreamException | PlatformException e) {
            LOG.error("a server sent what cannot be understood: {}", e.getMessage());
            endLoan(false);
            session.close();
            return;
        }
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
            if (isClean()) {
                giveBack(fromServer.holdsNothing());
                return;
            }
            // The client keeps its server although its transaction is over; not for ever.
            idleWatch.begin();
        }
        if (heldUp && !state.waits()) {
            heldUp = false;
            session.later(this::resumeClient);
        } else if (stopped == null) {
            giveBackUnused();
        }
        var attached = loan.server();
        if (clientFull && attached != null) {
            attached.link.connection().pauseReading();
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
        loan.giveBack(reusable);
        if (clientWaits) {
            session.later(this::resumeClient);
        }
    }

    private void serverEnded() {
        if (!fromServer.saidGoodbye() && fromServer.atBoundary()) {
            client.send(
                    Replies.fatal(ProxyErrors.serverGone(session.live().branch.value())));
        }
        endLoan(false);
        session.finish();
    }

    // What others ask for

    @Override
    public void cancel() {
        loan.cancel();
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
            if (loan.server() == null || clientFull) {
                return FramePump.Take.STOP;
            }
            if (state.waits()) {
                heldUp = true;
                return FramePump.Take.STOP;
            }
            return rules.take(tag, bodyBytes);
        }

        @Override
        public Optional<ByteBuffer> whole(byte tag, ByteBuffer message) {
            return rules.whole(tag, message);
        }

        @Override
        public void forward(ByteBuffer bytes) {
            loan.connection().send(bytes);
        }
    }

    /** What comes from the server. */
    private final class ServerRelay implements ServerStream.Relay {
        /** Behind a finished round nothing is owed: whatever comes is about the server connection itself. */
        @Override
        public boolean expects() {
            return !roundEnded || !isClean();
        }

        @Override
        public boolean asked(byte tag) {
            return state.swallowing(tag);
        }

        @Override
        public void answered(byte tag, ByteBuffer message) {
            state.swallow(tag);
        }

        @Override
        public void parameter(ParameterStatus status) {
            state.reported(status);
            session.live().follow(status.name(), status.value());
        }

        @Override
        public void ready() {
            state.ready(conversation.status());
            var attached = loan.server();
            if (attached != null) {
                attached.settings = state.settings();
            }
            roundEnded = true;
        }

        @Override
        public Optional<ByteBuffer> failed(Diagnostic error) {
            state.failed(conversation.isOnLastRound());
            return rules.refusalBehind(error).map(refusal -> Replies.of(Replies.error(refusal)));
        }

        @Override
        public void toClient(ByteBuffer bytes) {
            client.send(bytes);
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
                if (stopped == null) {
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
