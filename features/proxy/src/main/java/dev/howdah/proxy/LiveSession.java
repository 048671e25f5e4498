package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.wire.ByteString;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What other threads may know of a logged-in client. Its loop writes, anybody reads; whoever wants something done hands it to the loop.
 */
final class LiveSession {
    // Others may see what changes with every transaction a little later, which costs the loop much less than seeing it
    // at once.
    @SuppressWarnings("rawtypes") // a class literal has no type arguments
    private static final AtomicReferenceFieldUpdater<LiveSession, Optional> SERVER =
            AtomicReferenceFieldUpdater.newUpdater(LiveSession.class, Optional.class, "server");

    private static final AtomicReferenceFieldUpdater<LiveSession, SessionSnapshot.State> STATE =
            AtomicReferenceFieldUpdater.newUpdater(LiveSession.class, SessionSnapshot.State.class, "state");

    /** What the session's loop does for others; called on that loop. */
    interface Owner {
        /** Cancels what the session's server is doing, if anything. */
        void cancel();

        /** Tells the client why, closes it, and makes sure that its server session ends too. */
        void terminate(PlatformException reason);

        /** A WARNING, as soon as one fits between two messages. */
        void warn(PlatformException warning);
    }

    final int processId;
    final ByteString secret;
    final BranchId branch;
    final String role;
    final long roleOid;
    final String database;
    final InetAddress address;
    final int port;
    final Endpoint endpoint;
    final Instant since;
    private final EventLoop loop;
    private final Owner owner;
    /** Whether it is among those that its server is counted to have; its loop's. */
    boolean counted;

    private volatile Optional<InstanceId> server = Optional.empty();
    private volatile String applicationName = "";
    private volatile SessionSnapshot.State state = SessionSnapshot.State.WAITING;
    /** For those who look: what its client has prepared by name; on its loop. */
    int preparedStatements;

    private long changedNanos;
    private long requestNanos = changedNanos;
    private long activeNanos = changedNanos;
    private long transactionNanos = changedNanos;
    private @Nullable Loan loan;
    private @Nullable PoolStatistics statistics;

    /** Who a session is, as its login has proved it. */
    record Identity(BranchId branch, String role, long roleOid, String database) {}

    /** Where a session comes from. */
    record Origin(InetAddress address, int port, Endpoint endpoint, Instant since) {}

    LiveSession(int processId, ByteString secret, Identity identity, Origin origin, EventLoop loop, Owner owner) {
        this.processId = processId;
        this.secret = secret;
        this.branch = identity.branch();
        this.role = identity.role();
        this.roleOid = identity.roleOid();
        this.database = identity.database();
        this.address = origin.address();
        this.port = origin.port();
        this.endpoint = origin.endpoint();
        this.since = origin.since();
        this.loop = loop;
        this.changedNanos = loop.clock().nanos();
        this.owner = owner;
    }

    void cancel() {
        loop.execute(owner::cancel);
    }

    void terminate(PlatformException reason) {
        loop.execute(() -> owner.terminate(reason));
    }

    void warn(PlatformException warning) {
        loop.execute(() -> owner.warn(warning));
    }

    /** Whether it lives on this loop, which alone may know more of it than any thread. */
    boolean isOn(EventLoop other) {
        return loop.equals(other);
    }

    Optional<InstanceId> server() {
        return server;
    }

    void server(Optional<InstanceId> next) {
        SERVER.lazySet(this, next);
    }

    void state(SessionSnapshot.State next) {
        if (state != next) {
            changing(state, next, loop.clock().nanos());
            STATE.lazySet(this, next);
        }
    }

    private void changing(SessionSnapshot.State from, SessionSnapshot.State next, long nowNanos) {
        changedNanos = nowNanos;
        var outside = from == SessionSnapshot.State.IDLE || from == SessionSnapshot.State.WAITING;
        if (from == SessionSnapshot.State.IDLE || from == SessionSnapshot.State.IN_TRANSACTION) {
            requestNanos = nowNanos;
        }
        if (from == SessionSnapshot.State.ACTIVE && statistics != null) {
            statistics.tookQuery(nowNanos - activeNanos);
        }
        if (next == SessionSnapshot.State.ACTIVE) {
            activeNanos = nowNanos;
            transactionNanos = outside ? nowNanos : transactionNanos;
        } else if (next == SessionSnapshot.State.IDLE && !outside && statistics != null) {
            statistics.tookTransaction(nowNanos - transactionNanos);
        }
    }

    SessionSnapshot.State state() {
        return state;
    }

    /** When its state changed last; on its loop. */
    long changedNanos() {
        return changedNanos;
    }

    /** When its last query came, and began to wait for a server where there was none; on its loop. */
    long requestNanos() {
        return requestNanos;
    }

    /** When its last transaction began; on its loop. */
    long transactionNanos() {
        return transactionNanos;
    }

    /** A pooled client's dealings with its pool, whose statistics its times go into. */
    void loan(Loan next, PoolStatistics counted) {
        loan = next;
        statistics = counted;
    }

    /** Empty for a client of the direct endpoint, and for one that is only beginning; on its loop. */
    Optional<Loan> loan() {
        return Optional.ofNullable(loan);
    }

    /** A setting of the session, as its server reports it. */
    void follow(String parameter, String value) {
        if (parameter.equals("application_name")) {
            applicationName = value;
        }
    }

    String applicationName() {
        return applicationName;
    }

    SessionSnapshot snapshot() {
        return new SessionSnapshot(
                processId, branch, role, database, applicationName, address, endpoint, server, since, state);
    }
}
