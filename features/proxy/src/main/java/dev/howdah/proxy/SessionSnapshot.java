package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;

/**
 * One logged-in client as it is now.
 *
 * @param processId what the client believes to be its backend's
 * @param applicationName as it is set now
 * @param server the instance it is connected to; empty while it waits for one, and between transactions of a pooled client
 */
public record SessionSnapshot(
        int processId,
        BranchId branch,
        String role,
        String database,
        String applicationName,
        InetAddress address,
        Endpoint endpoint,
        Optional<InstanceId> server,
        Instant since,
        State state) {
    /** What the client is doing. */
    public enum State {
        /** For a server. */
        WAITING,
        IDLE,
        ACTIVE,
        IN_TRANSACTION
    }
}
