package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.TlsConnection;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One pooled client's dealings with its pool: it wants a server, waits for it, has it, gives it back, and does so once each. */
final class Loan {
    private final ClientSession session;
    private final String applicationName;
    private final boolean isNamed;
    private final Pool pool;
    private final Borrower borrower;

    private final WaitQueue.Place place = new WaitQueue.Place(this);
    private @Nullable ServerGroup group;
    private @Nullable PooledServer server;
    private boolean waiting;

    /** Who borrows. */
    interface Borrower {
        void attached(PooledServer server);

        /** No server for this client, in the server's own words; the loan is over. */
        void rejected(Diagnostic error);

        /** No server in time; the loan is over. */
        void failed(PlatformException error);
    }

    Loan(ClientSession session, Login.Claim claim, Borrower borrower) {
        this.session = session;
        var live = session.live();
        this.applicationName = live.applicationName();
        this.isNamed =
                claim.startup().parameter(PooledSettings.APPLICATION_NAME).isPresent();
        this.borrower = borrower;
        this.pool = session.context().pools().pool(new PoolKey(live.branch, live.roleOid, live.role, live.database));
    }

    Pool pool() {
        return pool;
    }

    /** What servers report at login; empty while none is known. */
    Optional<Map<String, String>> begin(Login.Claim claim) {
        var joined = pool.join(claim.name(), ServerWait.startupFor(claim));
        group = joined;
        session.live().loan(this, pool.statistics());
        return joined.servers == 0 ? Optional.empty() : joined.reported;
    }

    /** The settings that servers report, as they are told to the client. */
    ByteBuffer greeting(Map<String, String> reported) {
        var joined = group;
        return joined == null
                ? Replies.settings(reported, applicationName)
                : joined.greeting(reported, applicationName);
    }

    private void leave() {
        var joined = group;
        if (joined != null) {
            group = null;
            pool.leaveQueue(place);
            pool.leave(joined);
        }
    }

    LiveSession live() {
        return session.live();
    }

    /** Protocol version and cipher of the client's connection; empty where it is not encrypted. */
    String tls() {
        return session.connection() instanceof TlsConnection tls
                ? tls.engine().getSession().getProtocol() + "/"
                        + tls.engine().getSession().getCipherSuite()
                : "";
    }

    /** Closes the client. */
    void terminate(PlatformException reason) {
        session.terminate(reason);
    }

    /** Those of the client's branch as they are now; costs nothing. */
    PoolSettings settings() {
        return pool.branch.settings();
    }

    String applicationName() {
        return applicationName;
    }

    boolean waiting() {
        return waiting;
    }

    @Nullable PooledServer server() {
        return server;
    }

    /** Of the server that the client has. */
    Connection connection() {
        var attached = server;
        if (attached == null) {
            throw new IllegalStateException("a message without a server to send it to");
        }
        return attached.link.connection();
    }

    void want() {
        var joined = group;
        if (!waiting && server == null && joined != null) {
            waiting = true;
            session.live().state(SessionSnapshot.State.WAITING);
            pool.acquire(place, joined);
        }
    }

    /** How a new server session for it begins. */
    StartupMessage startup(ServerGroup of) {
        var parameters = new LinkedHashMap<>(of.key.parameters());
        if (isNamed) {
            parameters.put(PooledSettings.APPLICATION_NAME, applicationName);
        }
        return new StartupMessage(of.startup.version(), parameters);
    }

    /** The server is the client's until it gives it back or has the pool forget it. */
    void attached(PooledServer next) {
        waiting = false;
        if (session.ended()) {
            pool.release(next);
            return;
        }
        server = next;
        session.live().server(next.instance);
        borrower.attached(next);
    }

    void rejected(Diagnostic error) {
        waiting = false;
        leave();
        borrower.rejected(error);
    }

    void failed(PlatformException error) {
        waiting = false;
        leave();
        borrower.failed(error);
    }

    /** @param clean whether another client may have the server; else it is closed */
    void giveBack(boolean clean) {
        var attached = server;
        if (attached == null) {
            return;
        }
        server = null;
        session.live().server(Optional.empty());
        if (clean) {
            pool.release(attached);
        } else {
            pool.forget(attached);
        }
    }

    /** The server is not the client's any more, nor the pool's yet: whoever calls this gives it back. */
    void handOver() {
        var attached = server;
        if (attached != null) {
            server = null;
            attached.borrower = null;
            session.live().server(Optional.empty());
        }
    }

    /** The client goes. */
    void end(boolean clean) {
        leave();
        giveBack(clean);
    }

    /** Ends the server's session and what it is doing. */
    void abort() {
        var attached = server;
        if (attached != null) {
            server = null;
            session.live().server(Optional.empty());
            pool.servers.ending(attached);
            ServerEnd.begin(session.context(), attached.link, () -> pool.servers.gone(attached));
        }
    }

    /** Cancels what the server is doing; nobody else gets it before that has had its effect. */
    void cancel() {
        var attached = server;
        if (attached != null) {
            attached.cancelBegun();
            session.context().canceller().cancel(attached.link, attached::cancelEnded, attached::cancelLost);
        }
    }
}
