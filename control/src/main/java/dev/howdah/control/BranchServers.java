package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.ServerAddress;
import java.util.List;
import java.util.Optional;

/** Where the servers of a branch are just now. */
public interface BranchServers {
    /** The server that takes writes, whether open to clients already or not; empty while there is none. */
    Optional<ServerAddress> primary(BranchId branch);

    /** Every server that clients could have sessions on, the primary included. */
    List<ServerAddress> running(BranchId branch);

    /** Every instance with what is known about it. */
    List<Instance> instances(BranchId branch);
}
