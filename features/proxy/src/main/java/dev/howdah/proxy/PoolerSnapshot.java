package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.proxy.sql.PinKind;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pooled endpoint at one moment. Names and meanings are those of PgBouncer's SHOW commands.
 *
 * @param states what PAUSE and RESUME have left of each branch; branches without pools run
 */
public record PoolerSnapshot(
        Instant at,
        List<Pool> pools,
        List<Client> clients,
        List<Server> servers,
        List<Database> databases,
        List<User> users,
        Lists lists,
        List<Memory> memory,
        Files files,
        Map<BranchId, State> states) {

    /** What PAUSE and its like have made of a branch, a database or a pool. */
    public enum State {
        ACTIVE,
        PAUSED
    }

    /**
     * @param clientsActive with a server, or idle
     * @param clientsIdle of the active ones those without a server
     * @param clientsActiveCancel cancel requests on their way
     * @param serversActiveCancel servers used to send cancel requests
     * @param serversBeingCanceled given back by their client, kept until a cancel has had its effect
     * @param serversPinned of the active ones those that their clients keep between transactions
     * @param clientsListening that have a LISTEN
     * @param serversListening the connections that listen for them, which are none of the others
     * @param pinnedFor how many clients keep their server for each kind of thing
     * @param waitMax of the client that has waited longest
     */
    public record Pool(
            BranchId branch,
            String database,
            String user,
            int clientsActive,
            int clientsIdle,
            int clientsWaiting,
            int clientsActiveCancel,
            int clientsWaitingCancel,
            int serversActive,
            int serversActiveCancel,
            int serversBeingCanceled,
            int serversIdle,
            int serversLogin,
            int serversPinned,
            int clientsListening,
            int serversListening,
            Map<PinKind, Integer> pinnedFor,
            Duration waitMax,
            int poolSize,
            Statistics statistics) {}

    /**
     * @param id its number, for KILL_CLIENT
     * @param processId what the client believes to be its backend's
     * @param server the number of the server connection it has
     * @param waited how long it has been waiting
     * @param requestAt when its last query began
     */
    public record Client(
            long id,
            int processId,
            BranchId branch,
            String user,
            String database,
            SessionSnapshot.State state,
            InetAddress address,
            int port,
            Instant connectedAt,
            Instant requestAt,
            Duration waited,
            Optional<Long> server,
            boolean pinned,
            String tls,
            String applicationName,
            int preparedStatements) {}

    /** What a server connection is used for. */
    public enum ServerState {
        ACTIVE,
        IDLE,
        BEING_CANCELED,
        /** It listens for all clients of its role and database that do. */
        LISTENING
    }

    /**
     * @param processId the backend's
     * @param client the number of the client that has it
     * @param closeNeeded whether it is closed as soon as it is free
     */
    public record Server(
            long id,
            int processId,
            BranchId branch,
            InstanceId instance,
            String socket,
            String user,
            String database,
            ServerState state,
            Instant connectedAt,
            Instant requestAt,
            Optional<Long> client,
            boolean pinned,
            boolean closeNeeded,
            String applicationName,
            int preparedStatements) {}

    /**
     * @param socket of the primary; empty while there is none
     * @param averages per second or per piece over the last period, as SHOW STATS has them
     */
    public record Database(
            BranchId branch,
            String name,
            Optional<String> socket,
            int poolSize,
            int minPoolSize,
            int reservePoolSize,
            Duration serverLifetime,
            int connectionsMax,
            int connections,
            int clientConnectionsMax,
            int clientConnections,
            boolean paused,
            boolean disabled,
            Statistics totals,
            Averages averages) {}

    /** One role with its connections in all databases. */
    public record User(
            BranchId branch,
            String name,
            int poolSize,
            int reservePoolSize,
            int connectionsMax,
            int connections,
            int clientConnectionsMax,
            int clientConnections) {}

    /** Sums since the start. */
    public record Statistics(
            long transactions,
            long queries,
            long serverAssignments,
            long bytesReceived,
            long bytesSent,
            long transactionNanos,
            long queryNanos,
            long waitNanos,
            long clientParses,
            long serverParses,
            long binds,
            long errors,
            long pins,
            long cleaned,
            long taken,
            Times times) {}

    /** How the times of queries, transactions and waits are spread. */
    public record Times(Histogram.Snapshot queries, Histogram.Snapshot transactions, Histogram.Snapshot waits) {}

    /** Counts and bytes per second; times per transaction, query and assignment of a server. */
    public record Averages(
            long transactions,
            long queries,
            long serverAssignments,
            long bytesReceived,
            long bytesSent,
            Duration transactionTime,
            Duration queryTime,
            Duration waitTime,
            long clientParses,
            long serverParses,
            long binds) {}

    /** How many there are of everything. */
    public record Lists(
            int databases, int users, int pools, int usedClients, int loginClients, int freeServers, int usedServers) {}

    /** One kind of memory of the process, in bytes; a limit of 0 is none. */
    public record Memory(String name, long used, long committed, long limit) {}

    /**
     * Open files of the process, sockets included.
     *
     * @param clientsMax so many clients fit, whatever max_client_conn says
     */
    public record Files(long open, long limit, int clientsMax) {}
}
