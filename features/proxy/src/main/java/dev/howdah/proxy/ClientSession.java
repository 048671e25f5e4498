package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.Detached;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.proxy.io.IoEngine;
import dev.howdah.proxy.io.TlsConnection;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client from its first byte to its last, and what belongs to it for so long: its connection, its place among the unauthenticated, its
 * entry in the registry. What happens with its bytes is the affair of its {@link Stage}: {@link Opening}, {@link Login}, {@link ServerWait} and
 * a relay, in this order.
 *
 * <p>It lives on one loop at a time, whose thread alone uses it. A client of the pooled endpoint {@linkplain #moveHome moves} once.
 */
final class ClientSession implements LiveSession.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);
    /** For the last bytes to a client that reads slowly or not at all. */
    private static final Duration FINISH_TIME = Duration.ofSeconds(5);

    private final Shared shared;
    private final Endpoint endpoint;
    private final InetAddress address;
    private final Optional<PlatformException> refusal;

    private LoopContext context;
    private int port;
    private long begunNanos;
    private @Nullable Connection connection;
    private Stage stage;
    private EventLoop.@Nullable Timer loginTimer;
    private Optional<LiveSession> live = Optional.empty();
    private Optional<ByteString> endPointHash = Optional.empty();
    private String user = "";
    private boolean encrypted;
    private boolean authenticated;
    private boolean ended;

    /** @param refusal what to tell the client once its handshake is done; empty for one that may come in */
    ClientSession(
            Shared shared,
            LoopContext context,
            Endpoint endpoint,
            InetAddress address,
            Optional<PlatformException> refusal) {
        this.shared = shared;
        this.context = context;
        this.endpoint = endpoint;
        this.address = address;
        this.refusal = refusal;
        this.stage = new Opening(this);
    }

    /** On the session's loop. The caller has counted the client as unauthenticated and admitted its address. */
    void begin(IoEngine.Accepted accepted) {
        port = accepted.remote().getPort();
        begunNanos = System.nanoTime();
        context.sessionBegun(this);
        if (context.isClosed()) {
            accepted.close();
            end();
            return;
        }
        try {
            connection = loop().engine().open(accepted, stage);
        } catch (IOException _) {
            // The client has gone again.
            accepted.close();
            end();
            return;
        }
        limitLogin();
    }

    /** From the first byte, whatever loop it came to. */
    private void limitLogin() {
        var timeout = shared.config().loginTimeout();
        var left = timeout.minusNanos(System.nanoTime() - begunNanos);
        loginTimer = loop().after(left, () -> refuse(ProxyErrors.loginTimedOut(timeout)));
    }

    /**
     * Goes on where the branch's pools are: at once when that is here, else after a move, in which nobody but {@link Loops} knows of the client.
     * Until it leaves it may be refused, time out or go away as ever.
     */
    void moveHome(BranchId branch, Runnable then) {
        var home = context.loops().home(branch);
        if (home.equals(context)) {
            then.run();
        } else {
            // Not from inside a call of the connection's, which may have more to deliver.
            later(() -> connection().detach(left -> leave(new Move(home, left, then))));
        }
    }

    private void leave(Move move) {
        if (loginTimer != null) {
            loginTimer.cancel();
            loginTimer = null;
        }
        context.sessionEnded(this);
        connection = null;
        var loops = context.loops();
        loops.begin(move);
        move.home.loop().execute(() -> {
            if (loops.end(move)) {
                move.arrive();
            }
        });
    }

    /** This client on its way from one loop to another; on no loop until one of these is called. */
    final class Move {
        private final LoopContext home;
        private final Detached left;
        private final Runnable then;

        private Move(LoopContext home, Detached left, Runnable then) {
            this.home = home;
            this.left = left;
            this.then = then;
        }

        private void arrive() {
            context = home;
            context.sessionBegun(ClientSession.this);
            if (context.isClosed()) {
                abandon();
                return;
            }
            try {
                connection = left.attach(loop(), stage);
            } catch (IOException e) {
                LOG.warn("a client could not be taken over by its loop and is closed: {}", e.getMessage());
                abandon();
                return;
            }
            limitLogin();
            now(then);
        }

        /** The client is closed instead. */
        void abandon() {
            left.close();
            end();
        }
    }

    Shared shared() {
        return shared;
    }

    LoopContext context() {
        return context;
    }

    EventLoop loop() {
        return context.loop();
    }

    Endpoint endpoint() {
        return endpoint;
    }

    InetAddress address() {
        return address;
    }

    Connection connection() {
        var current = connection;
        if (current == null) {
            throw new IllegalStateException("the session has not begun");
        }
        return current;
    }

    boolean encrypted() {
        return encrypted;
    }

    /** The hash of the certificate that this client saw, for channel binding. */
    Optional<ByteString> endPointHash() {
        return endPointHash;
    }

    Optional<PlatformException> refusal() {
        return refusal;
    }

    void user(String name) {
        user = name;
    }

    LiveSession live() {
        return live.orElseThrow(() -> new IllegalStateException("the client has not logged in"));
    }

    void enter(Stage next) {
        stage = next;
        connection().handler(next);
    }

    /** Begins TLS with what has arrived of it; {@code direct} when the client sent no request for it before. */
    void beginTls(ByteBuffer arrived, boolean direct) {
        var handshake = shared.tls().newHandshake();
        if (shared.config().channelBinding()) {
            endPointHash = handshake.identity().tlsServerEndPoint();
        }
        var tls = new TlsConnection(
                loop(), connection(), handshake.engine(), stage, established -> established(established, direct));
        connection = tls;
        if (arrived.hasRemaining()) {
            tls.received(arrived);
        }
    }

    private void established(TlsConnection tls, boolean direct) {
        if (direct && !TlsEngines.ALPN.equals(tls.engine().getApplicationProtocol())) {
            // Whoever speaks another protocol must not be answered in this one.
            refused(ProxyErrors.alpnRequired());
            close();
            return;
        }
        encrypted = true;
        enter(new Opening(this));
    }

    /** The client has proved who it is; from now on it is found by those who close the sessions of a role. */
    void register(ProtocolVersion version, LiveSession.Identity identity) {
        var origin =
                new LiveSession.Origin(address, port, endpoint, shared.clock().instant());
        live = Optional.of(shared.sessions().open(version.minor(), identity, origin, loop(), this));
    }

    /** The login is over. */
    void authenticated() {
        authenticated = true;
        user = ""; // which is told of refused logins only
        shared.counters().unauthenticated.decrementAndGet();
        shared.counters().loginsSucceeded.increment();
        if (loginTimer != null) {
            loginTimer.cancel();
            loginTimer = null;
        }
    }

    /** Sends the error as FATAL and ends the session; before authentication it counts as a refused login. */
    void refuse(PlatformException error) {
        if (ended) {
            return;
        }
        if (!authenticated) {
            refused(error);
        }
        connection().send(Replies.fatal(error));
        finish();
    }

    private void refused(PlatformException error) {
        shared.counters().loginsRefused.increment();
        shared.events().loginRefused(address, user, error, shared.clock().instant());
        LOG.debug("login of \"{}\" from {} refused: {}", user, address.getHostAddress(), error.message());
    }

    /** Bytes in clear behind the request for TLS: nothing of this client is believed any more. */
    void clearTextBeforeTls() {
        shared.counters().clearTextBeforeTls.increment();
        shared.events().clearTextBeforeTls(address, shared.clock().instant());
        LOG.warn("{} sent data in clear behind its request for TLS, closed", address.getHostAddress());
        close();
    }

    void handshakeFailed(IOException failure) {
        shared.counters().handshakesFailed.increment();
        LOG.debug("TLS handshake with {} failed: {}", address.getHostAddress(), failure.getMessage());
    }

    /** Goes on with the session's work after the call under way; a bug met there ends this session and not its neighbours. */
    void later(Runnable work) {
        loop().execute(() -> now(work));
    }

    /** Does the session's work within a call that belongs to another session, which does not suffer from a bug met there. */
    void now(Runnable work) {
        if (ended) {
            return;
        }
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            LOG.error("a session failed and is closed", e);
            connection().close();
            stage.ended(Optional.of(new IOException("internal error", e)));
        }
    }

    /** Sends what is left, then closes. */
    void finish() {
        var last = connection();
        last.finish();
        if (last.isOpen()) {
            loop().after(FINISH_TIME, last::close);
        }
        end();
    }

    /** Closes at once. */
    void close() {
        connection().close();
        end();
    }

    /** Gives back everything that counts this client. */
    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        if (!authenticated) {
            shared.counters().unauthenticated.decrementAndGet();
        }
        if (loginTimer != null) {
            loginTimer.cancel();
        }
        shared.addresses().released(address);
        live.ifPresent(shared.sessions()::close);
        context.sessionEnded(this);
    }

    boolean ended() {
        return ended;
    }

    @Override
    public void cancel() {
        if (!ended) {
            stage.cancel();
        }
    }

    @Override
    public void terminate(PlatformException reason) {
        if (!ended) {
            stage.terminate(reason);
        }
    }

    @Override
    public void warn(PlatformException warning) {
        if (!ended) {
            stage.warn(warning);
        }
    }

    static PlatformException violation(String message) {
        return new PlatformException(SqlState.PROTOCOL_VIOLATION, message, "The client does not follow the protocol.");
    }
}
