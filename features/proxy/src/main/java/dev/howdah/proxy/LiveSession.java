package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.PlatformException;
import dev.howdah.wire.ByteString;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * What other threads may know of a logged-in client. Its loop writes, anybody reads; whoever wants something done hands it to the loop.
 */
final class LiveSession {
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
    final Endpoint endpoint;
    final Instant since;
    private final Executor loop;
    private final Owner owner;
    private volatile Optional<InstanceId> server = Optional.empty();
    private volatile String applicationName = "";
    private volatile SessionSnapshot.State state = SessionSnapshot.State.WAITING;

    /** Who a session is, as its login has proved it. */
    record Identity(BranchId branch, String role, long roleOid, String database) {}

    /** Where a session comes from. */
    record Origin(InetAddress address, Endpoint endpoint, Instant since) {}

    LiveSession(int processId, ByteString secret, Identity identity, Origin origin, Executor loop, Owner owner) {
        this.processId = processId;
        this.secret = secret;
        this.branch = identity.branch();
        this.role = identity.role();
        this.roleOid = identity.roleOid();
        this.database = identity.database();
        this.address = origin.address();
        this.endpoint = origin.endpoint();
        this.since = origin.since();
        this.loop = loop;
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

    Optional<InstanceId> server() {
        return server;
    }

    void server(Optional<InstanceId> next) {
        server = next;
    }

    void state(SessionSnapshot.State next) {
        if (state != next) {
            state = next;
        }
    }

    /** A setting of the session, as its server reports it. */
    void follow(String parameter, String value) {
        if (parameter.equals("application_name")) {
            applicationName = value;
        }
    }

    SessionSnapshot snapshot() {
        return new SessionSnapshot(
                processId, branch, role, database, applicationName, address, endpoint, server, since, state);
    }
}
