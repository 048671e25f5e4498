package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.Pieces;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of the direct endpoint and its server, to the end. Each side is read only while the other takes what was read before, so what is
 * unsent stays below {@link #UNSENT_BYTES_MAX} and one read.
 */
final class DirectRelay implements Stage {
    static final int UNSENT_BYTES_MAX = 128 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(DirectRelay.class);

    private final ClientSession session;
    private final ServerLink link;
    private final Connection client;
    private final Connection server;
    private final Outbox toServer;
    private final Outbox toClient;
    private final Conversation conversation = new Conversation();
    private final ClientRules rules;
    private final FramePump fromClient = new FramePump(new ClientFilter());
    private final ServerStream fromServer = new ServerStream(conversation, new ServerRelay());

    private final PendingWarning warnings = new PendingWarning();
    private @Nullable ByteBuffer stopped;
    private ByteBuffer rest;
    private boolean standardStrings;
    private boolean leaving;
    private boolean serverFull;
    private boolean clientFull;

    DirectRelay(ClientSession session, ServerLink link, Login.Claim claim, ReplicationGuard guard) {
        this.session = session;
        this.link = link.settled();
        this.rest = link.rest();
        this.client = session.connection();
        this.server = link.connection();
        this.toServer = session.context().toServers();
        this.toClient = session.context().toClients();
        this.standardStrings = !"off".equals(link.parameters().get("standard_conforming_strings"));
        var random = session.shared().random();
        this.rules = claim.replication() == ReplicationGuard.Mode.NONE
                ? new OrdinaryRules(conversation, () -> standardStrings, random)
                : new ReplicationRules(guard, conversation, random, new ReplicationSide());
    }

    /** @param early what the client has sent since it logged in */
    void begin(ByteBuffer early) {
        session.enter(this);
        server.handler(new ServerSide());
        session.live().state(SessionSnapshot.State.IDLE);
        var first = rest;
        rest = ByteBuffer.allocate(0);
        if (first.hasRemaining()) {
            fromServer(first);
        }
        if (early.hasRemaining()) {
            received(early);
        }
    }

    // The client's side

    @Override
    public void received(ByteBuffer bytes) {
        var before = stopped;
        if (before != null) {
            stopped = Pieces.join(before, bytes);
            return;
        }
        try {
            if (!fromClient.pump(bytes)) {
                stopped = Pieces.join(null, bytes);
                client.pauseReading();
            }
        } catch (FrameCursor.MalformedStreamException e) {
            toServer.flush();
            terminate(ClientSession.violation(String.valueOf(e.getMessage())));
            return;
        } catch (PlatformException e) {
            toServer.flush();
            terminate(e);
            return;
        }
        toServer.flush();
        toClient.flush();
        session.live().state(conversation.state());
        if (server.unsent() > UNSENT_BYTES_MAX) {
            serverFull = true;
            client.pauseReading();
        }
    }

    private void resumeClient() {
        var rest = stopped;
        if (rest == null) {
            return;
        }
        stopped = null;
        received(rest);
        if (stopped == null && !serverFull) {
            client.resumeReading();
        }
    }

    @Override
    public void drained() {
        if (clientFull) {
            clientFull = false;
            server.resumeReading();
        }
    }

    @Override
    public void ended(Optional<IOException> failure) {
        if (failure.isPresent()) {
            server.close();
            session.close();
        } else {
            leaving = true;
            // As with PostgreSQL itself: what the client has sent is done, and its end is the last thing the server
            // reads.
            server.finishSending();
        }
    }

    // The server's side

    private void fromServer(ByteBuffer bytes) {
        try {
            fromServer.pump(bytes);
        } catch (FrameCursor.MalformedStreamException | PlatformException e) {
            toClient.flush();
            LOG.error("{} sent what cannot be understood: {}", link.instance(), e.getMessage());
            server.close();
            session.close();
            return;
        }
        toClient.flush();
        toServer.flush();
        session.live().state(conversation.state());
        sendWarning();
        if (client.unsent() > UNSENT_BYTES_MAX) {
            clientFull = true;
            server.pauseReading();
        }
    }

    private void serverEnded() {
        if (!leaving && !fromServer.saidGoodbye() && fromServer.atBoundary()) {
            client.send(
                    Replies.fatal(ProxyErrors.serverGone(session.live().branch.value())));
        }
        server.close();
        session.finish();
    }

    // What others ask for

    @Override
    public void cancel() {
        session.context().canceller().cancel(link, () -> {}, () -> {});
    }

    @Override
    public void terminate(PlatformException reason) {
        if (fromServer.atBoundary()) {
            client.send(Replies.fatal(reason));
        }
        if (conversation.idle()) {
            server.close();
        } else {
            ServerEnd.begin(session.context(), link);
        }
        session.finish();
    }

    @Override
    public void warn(PlatformException next) {
        warnings.add(next);
        sendWarning();
    }

    private void sendWarning() {
        if (fromServer.atBoundary()) {
            warnings.sendTo(client);
        }
    }

    /** What comes from the client. */
    private final class ClientFilter implements FramePump.Filter {
        @Override
        public FramePump.Take take(byte tag, int bodyBytes) {
            leaving = leaving || tag == 'X';
            return rules.take(tag, bodyBytes);
        }

        @Override
        public boolean whole(byte tag, ByteBuffer bytes, int from, int to) {
            var instead = rules.whole(tag, bytes, from, to);
            if (instead.isPresent()) {
                fromClient.cut();
                forward(instead.get(), instead.get().position(), instead.get().limit());
            }
            return instead.isEmpty();
        }

        @Override
        public void forward(ByteBuffer bytes, int from, int to) {
            toServer.pass(server, bytes, from, to);
        }
    }

    /** What comes from the server. */
    private final class ServerRelay implements ServerStream.Relay {
        @Override
        public boolean asked(byte tag) {
            return rules.asking();
        }

        @Override
        public void answered(byte tag, ByteBuffer message) {
            rules.answered(tag, message);
        }

        @Override
        public void parameter(ParameterStatus status) {
            if (status.name().equals("standard_conforming_strings")) {
                standardStrings = !status.value().equals("off");
            }
            session.live().follow(status.name(), status.value());
        }

        @Override
        public boolean ready() {
            if (stopped != null) {
                // After this pass, so that the answer reaches the client before the next command is looked at.
                session.later(DirectRelay.this::resumeClient);
            }
            return true;
        }

        @Override
        public void toClient(ByteBuffer bytes, int from, int to) {
            toClient.pass(client, bytes, from, to);
        }
    }

    /** Hears of the server's connection. */
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

    /** What replication rules do to the two sides. */
    private final class ReplicationSide implements ReplicationRules.Relay {
        @Override
        public void toClient(ByteBuffer messages) {
            fromServer.cut();
            toClient.put(client, messages);
        }

        @Override
        public void toServer(ByteBuffer messages) {
            fromClient.cut();
            toServer.put(server, messages);
        }

        @Override
        public void resume() {
            session.later(DirectRelay.this::resumeClient);
        }

        @Override
        public void refused(PlatformException error) {
            session.shared()
                    .events()
                    .replicationRefused(
                            session.address(),
                            session.live().role,
                            error,
                            session.shared().clock().instant());
        }
    }
}
