package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.Member;
import dev.howdah.postgres.ServerFiles;

/** Where a standby streams from and under which names: the two parameters that make a server follow another. */
record ReplicaLink(String conninfo, String slot) {
    static final ReplicaLink NONE = new ReplicaLink("", "");

    /** No password: the platform's operating-system user is known to the server (peer), or its certificate is. */
    static ReplicaLink to(Member leader, InstanceId self) {
        if (!(leader.address() instanceof ServerAddress.UnixSocket socket)) {
            throw new IllegalStateException("the leader %s has no socket on this host".formatted(leader.id()));
        }
        // The database is for slot synchronisation only; the stream itself has none.
        var conninfo = ServerFiles.primaryConninfo(socket, self.toString()) + " dbname=postgres connect_timeout=5";
        return new ReplicaLink(conninfo, self.slotName());
    }
}
