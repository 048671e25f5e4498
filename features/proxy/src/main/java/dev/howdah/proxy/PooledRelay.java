package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.InitialMessage.StartupMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of the pooled endpoint. It has a server from the first message of a transaction to the ReadyForQuery that ends it, when nothing else
 * is under way. A statement that leaves something in the session pins the client to its server; a pinned server is never given back.
 */
final class PooledRelay implements Stage, Pool.Client {
    private static final Logger LOG = LoggerFactory.getLogger(PooledRelay.class);
    private static final int HEADER_BYTES = 5;
    private static final int PARAMETER_BYTES_MAX = 1 << 16;

    private final ClientSession session;
    private final Connection client;
    private final Login.Claim claim;
    private final StartupMessage startup;
    private final PoolKey.Group group;
    private final String applicationName;
    private final Pool pool;
    private final Conversation conversation = new Conversation();
    private final PoolingState state;
    private final OrdinaryRules rules;
    private final FramePump fromClient = new FramePump(new ClientFilter());
    private final FramePump fromServer = new FramePump(new ServerFilter());
    private final ServerSide serverSide = new ServerSide();

    private @Nullable PooledServer server;
    private Optional<Pool.Waiter> place = Optional.empty();
    private @Nullable ByteBuffer stopped;
    private @Nullable PlatformException warning;
    private boolean waiting;
    private boolean greeted;
    private boolean leaving;
    private boolean roundEnded;
    private boolean serverFull;
    private boolean clientFull;
    private byte lastFromServer;

    /** @param early what the client has sent since it logged in */
    PooledRelay(ClientSession session, Login.Claim claim, ByteBuffer early) {
        this.session = session;
        this.client = session.connection();
        this.claim = claim;
        this.startup = ServerWait.startupFor(claim);
        this.group = PoolKey.Group.of(startup.parameters());
        this.applicationName =
                startup.parameter(PooledSettings.APPLICATION_NAME).orElse("");
        this.state = new PoolingState(PooledSettings.of(applicationName));
        this.stopped = early.hasRemaining() ? early : null;
        var live = session.live();
        this.pool = session.context().pools().pool(new PoolKey(live.branch, live.roleOid, live.role, live.database));
        this.rules = new OrdinaryRules(
                conversation, state::standardStrings, session.shared().random());
    }

    /** The client learns what servers report; the first one of its kind must have a server for it. */
    void begin() {
        session.enter(this);
        pool.join();
        var reported = pool.reported(group);
        if (reported.isPresent()) {
            greet(reported.get());
            resumeClient();
        } else {
            wantServer();
        }
    }

    private void greet(Map<String, String> parameters) {
        greeted = true;
        var shown = new HashMap<>(parameters);
        shown.put(PooledSettings.APPLICATION_NAME, applicationName);
        var messages = shown.entrySet().stream()
                .map(each -> (BackendMessage) new ParameterStatus(each.getKey(), each.getValue()))
                .toArray(BackendMessage[]::new);
        client.send(Replies.of(messages));
        var live = session.live();
        client.send(
                Replies.of(new BackendKeyData(live.processId, live.secret), new ReadyForQuery(TransactionStatus.IDLE)));
        live.state(SessionSnapshot.State.IDLE);
    }

    private void wantServer() {
        if (!waiting && server == null) {
            waiting = true;
            session.live().state(SessionSnapshot.State.WAITING);
            place = pool.acquire(this);
        }
    }

    // What the pool says

    @Override
    public PoolKey.Group group() {
        return group;
    }

    @Override
    public LoginName name() {
        return claim.name();
    }

    @Override
    public StartupMessage startup() {
        return startup;
    }

    @Override
    public void attached(PooledServer next) {
        waiting = false;
        place = Optional.empty();
        if (session.ended()) {
            pool.release(next);
            return;
        }
        server = next;
        next.link.connection().handler(serverSide);
        session.shared().sessions().attach(session.live(), next.link.instance());
        state.attached(next.link.parameters());
        if (!greeted) {
            greet(next.link.parameters());
        }
        if (stopped == null) {
            giveBack();
        } else {
            restoreSettings(next);
            // Not in the pool's own pass: the client may be done with the server before this returns.
            session.loop().execute(this::resumeClient);
        }
    }

    private void restoreSettings(PooledServer next) {
        var statements = next.settings.statementsTo(state.settings());
        if (!statements.isEmpty()) {
            next.settings = state.settings();
            state.swallowRound();
            next.link.connection().send(FrontendCodec.encode(new Query(statements)));
        }
    }

    @Override
    public void rejected(Diagnostic error) {
        waiting = false;
        client.send(Replies.of(new ErrorResponse(error)));
        pool.leave();
        session.finish();
    }

    @Override
    public void failed(PlatformException error) {
        waiting = false;
        pool.leave();
        session.refuse(error);
    }

    // The client's side

    @Override
    public void received(ByteBuffer bytes) {
        var before = stopped;
        if (before != null || waiting) {
            stopped = join(before, bytes);
            client.pauseReading();
            return;
        }
        pump(bytes);
    }

    private static ByteBuffer join(@Nullable ByteBuffer before, ByteBuffer bytes) {
        var length = before == null ? 0 : before.remaining();
        var joined = ByteBuffer.allocate(length + bytes.remaining());
        if (before != null) {
            joined.put(before);
        }
        return joined.put(bytes).flip();
    }

    private void pump(ByteBuffer bytes) {
        try {
            if (!fromClient.pump(bytes)) {
                stopped = join(null, bytes);
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
        var attached = server;
        if (attached != null) {
            session.live().state(conversation.state());
            if (attached.link.connection().unsent() > DirectRelay.UNSENT_BYTES_MAX) {
                serverFull = true;
                client.pauseReading();
            }
        } else if (stopped != null) {
            wantServer();
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
            var attached = server;
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
        place.ifPresent(Pool.Waiter::leave);
        var attached = server;
        server = null;
        pool.leave();
        session.close();
        if (attached != null) {
            if (isClean()) {
                pool.release(attached);
            } else {
                pool.forget(attached);
            }
        }
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
            loseServer();
            session.close();
            return;
        }
        if (state.restoreFailed()) {
            terminate(ProxyErrors.settingsLost());
            return;
        }
        sendWarning();
        session.live().state(conversation.state());
        if (client.unsent() > DirectRelay.UNSENT_BYTES_MAX) {
            clientFull = true;
        }
        if (roundEnded) {
            roundEnded = false;
            if (isClean() && fromServer.atBoundary()) {
                giveBack();
                return;
            }
        }
        var attached = server;
        if (clientFull && attached != null) {
            attached.link.connection().pauseReading();
        }
    }

    private void giveBack() {
        var attached = server;
        if (attached == null) {
            return;
        }
        server = null;
        session.shared().sessions().detach(session.live());
        var clientWaits = serverFull || stopped != null;
        serverFull = false;
        pool.release(attached);
        if (clientWaits) {
            session.loop().execute(this::resumeClient);
        }
    }

    private void loseServer() {
        var attached = server;
        server = null;
        if (attached != null) {
            pool.forget(attached);
        }
        pool.leave();
    }

    private void serverEnded() {
        if (lastFromServer != 'E' && fromServer.atBoundary()) {
            client.send(
                    Replies.fatal(ProxyErrors.serverGone(session.live().branch.value())));
        }
        loseServer();
        session.finish();
    }

    // What others ask for

    @Override
    public void cancel() {
        var attached = server;
        if (attached != null) {
            attached.cancelBegun();
            session.context()
                    .canceller()
                    .cancel(
                            attached.link.address(),
                            attached.link.processId(),
                            attached.link.key(),
                            attached::cancelEnded);
        }
    }

    @Override
    public void terminate(PlatformException reason) {
        if (fromServer.atBoundary()) {
            client.send(Replies.fatal(reason));
        }
        if (!conversation.idle()) {
            cancel();
        }
        place.ifPresent(Pool.Waiter::leave);
        loseServer();
        session.finish();
    }

    @Override
    public void warn(PlatformException next) {
        warning = next;
        sendWarning();
    }

    private void sendWarning() {
        var next = warning;
        if (next != null && greeted && fromServer.atBoundary()) {
            warning = null;
            client.send(Replies.warning(next));
        }
    }

    private PooledServer attachedServer() {
        var attached = server;
        if (attached == null) {
            throw new IllegalStateException("a message without a server to send it to");
        }
        return attached;
    }

    /** What comes from the client. */
    private final class ClientFilter implements FramePump.Filter {
        @Override
        public FramePump.Take take(byte tag, int bodyBytes) {
            if (tag == 'X') {
                leaving = true;
                return FramePump.Take.STOP;
            }
            if (server == null || clientFull) {
                return FramePump.Take.STOP;
            }
            if (state.needsEmptyStatement(tag)) {
                // The server may still have another client's unnamed statement, which is nobody else's business.
                state.swallowClose();
                attachedServer().link.connection().send(FrontendCodec.encode(new Close(Target.STATEMENT, "")));
            }
            var take = rules.take(tag, bodyBytes);
            if (take == FramePump.Take.STREAM) {
                state.unseen(tag);
            }
            return take;
        }

        @Override
        public Optional<ByteBuffer> whole(byte tag, ByteBuffer message) {
            state.seen(tag, message, conversation.idle() && conversation.status() == 'I');
            return rules.whole(tag, message);
        }

        @Override
        public void forward(ByteBuffer bytes) {
            attachedServer().link.connection().send(bytes);
        }
    }

    /** What comes from the server. */
    private final class ServerFilter implements FramePump.Filter {
        @Override
        public FramePump.Take take(byte tag, int bodyBytes) {
            lastFromServer = tag;
            if (state.swallowing(tag)) {
                return FramePump.Take.WHOLE;
            }
            switch (tag) {
                case 'Z' -> {
                    return FramePump.Take.WHOLE;
                }
                case 'S' -> {
                    return bodyBytes <= PARAMETER_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
                }
                case 'C' -> {
                    if (conversation.mayRename()) {
                        return FramePump.Take.WHOLE;
                    }
                    conversation.answered();
                }
                case 's', 'I' -> conversation.answered();
                case 'G' -> conversation.copyInBegan();
                case 'E' -> state.failed();
                default -> {}
            }
            return FramePump.Take.STREAM;
        }

        @Override
        public Optional<ByteBuffer> whole(byte tag, ByteBuffer message) {
            if (state.swallow(tag)) {
                return ClientRules.NOTHING;
            }
            switch (tag) {
                case 'Z' -> {
                    conversation.ready(message.get(HEADER_BYTES));
                    state.ready(conversation.status());
                    attachedServer().settings = state.settings();
                    roundEnded = true;
                }
                case 'S' -> {
                    var body = message.slice(HEADER_BYTES, message.limit() - HEADER_BYTES);
                    state.reported((ParameterStatus) BackendCodec.decode((byte) 'S', body));
                }
                case 'C' -> {
                    return conversation.answered().map(shown -> Replies.of(new CommandComplete(shown)));
                }
                default -> {}
            }
            return ClientRules.UNCHANGED;
        }

        @Override
        public void forward(ByteBuffer bytes) {
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
        }

        @Override
        public void ended(Optional<IOException> failure) {
            serverEnded();
        }
    }
}
