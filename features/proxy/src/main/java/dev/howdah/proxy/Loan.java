package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Connection;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One pooled client's dealings with its pool: it wants a server, waits for it, has it, gives it back, and does so once each. */
final class Loan implements Pool.Client {
    private final ClientSession session;
    private final LoginName name;
    private final StartupMessage startup;
    private final PoolKey.Group group;
    private final Pool pool;
    private final Borrower borrower;

    private @Nullable PooledServer server;
    private Optional<Pool.Waiter> place = Optional.empty();
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
        this.name = claim.name();
        this.startup = ServerWait.startupFor(claim);
        this.group = PoolKey.Group.of(startup.parameters());
        this.borrower = borrower;
        var live = session.live();
        this.pool = session.context().pools().pool(new PoolKey(live.branch, live.roleOid, live.role, live.database));
    }

    Pool pool() {
        return pool;
    }

    /** What servers report at login; empty while none is known. */
    Optional<Map<String, String>> begin() {
        pool.join();
        return pool.reported(group);
    }

    String applicationName() {
        return startup.parameter(PooledSettings.APPLICATION_NAME).orElse("");
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
        if (!waiting && server == null) {
            waiting = true;
            session.live().state(SessionSnapshot.State.WAITING);
            place = pool.acquire(this);
        }
    }

    @Override
    public PoolKey.Group group() {
        return group;
    }

    @Override
    public LoginName name() {
        return name;
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
        session.shared().sessions().attach(session.live(), next.link.instance());
        borrower.attached(next);
    }

    @Override
    public void rejected(Diagnostic error) {
        waiting = false;
        pool.leave();
        borrower.rejected(error);
    }

    @Override
    public void failed(PlatformException error) {
        waiting = false;
        pool.leave();
        borrower.failed(error);
    }

    /** @param clean whether another client may have the server; else it is closed */
    void giveBack(boolean clean) {
        var attached = server;
        if (attached == null) {
            return;
        }
        server = null;
        session.shared().sessions().detach(session.live());
        if (clean) {
            pool.release(attached);
        } else {
            pool.forget(attached);
        }
    }

    /** The client goes. */
    void end(boolean clean) {
        place.ifPresent(Pool.Waiter::leave);
        pool.leave();
        giveBack(clean);
    }

    /** Ends the server's session and what it is doing. */
    void abort() {
        var attached = server;
        if (attached != null) {
            server = null;
            pool.lost();
            ServerEnd.begin(session.context(), attached.link);
        }
    }

    /** Cancels what the server is doing; nobody else gets it before that has had its effect. */
    void cancel() {
        var attached = server;
        if (attached != null) {
            attached.cancelBegun();
            var link = attached.link;
            session.context()
                    .canceller()
                    .cancel(link.address(), link.processId(), link.key(), attached::cancelEnded, attached::cancelLost);
        }
    }
}
