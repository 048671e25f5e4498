package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.MetricFamily;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What control asks of the pooled endpoint. Thread-safe; calls do not wait for clients. An absent database means all of the branch's. */
public interface PoolerControl {
    List<Pool> pools(BranchId branch);

    List<Client> clients(BranchId branch);

    List<Server> servers(BranchId branch);

    /** Those of a branch, or those of the branches for which nothing else is set. In the order in which they are explained. */
    List<Setting> settings(Optional<BranchId> branch);

    /** Changes one setting at once, of a branch or of all; 42704 for an unknown name, 22023 for a value that is not allowed. */
    void set(Optional<BranchId> branch, String name, String value);

    /** Reads the file of settings again; what was {@link #set}, of a branch or of all, is forgotten. */
    void reload(Optional<BranchId> branch);

    /** Holds new transactions; complete when no client has a server any more and all are closed. */
    CompletionStage<Void> pause(BranchId branch, Optional<String> database);

    /** Ends a pause; 55000 when there is none. */
    void resume(BranchId branch, Optional<String> database);

    /** Replaces every server connection as it comes free. */
    void reconnect(BranchId branch, Optional<String> database);

    /** Everything that can be measured of the proxy, for all branches. */
    List<MetricFamily> metrics();

    /**
     * The connections of one role to one database.
     *
     * @param clientsActive with a server
     * @param waitMax of the client that has waited longest
     */
    record Pool(
            String database,
            String role,
            boolean paused,
            boolean disabled,
            int clientsActive,
            int clientsIdle,
            int clientsWaiting,
            Duration waitMax,
            int serversActive,
            int serversIdle,
            int serversOpening,
            int serversPinned,
            int sizeMax,
            long transactions,
            long queries) {}

    /**
     * One client of the pooled endpoint.
     *
     * @param server the number of the server connection it has
     */
    record Client(
            long id,
            String database,
            String role,
            String state,
            String address,
            int port,
            String application,
            Instant since,
            Duration waited,
            Optional<Long> server,
            boolean pinned,
            String tls,
            int preparedStatements) {}

    /**
     * One connection to a server.
     *
     * @param client the number of the client that has it
     * @param closing whether it is closed as soon as it is free
     */
    record Server(
            long id,
            String database,
            String role,
            String state,
            InstanceId instance,
            int processId,
            String application,
            Instant since,
            Optional<Long> client,
            boolean pinned,
            boolean closing,
            int preparedStatements) {}

    /**
     * One setting of the pools.
     *
     * @param initial where nothing is set
     * @param allowed what may be written
     */
    record Setting(String name, String value, String initial, String meaning, String allowed) {}

    /** Where no proxy runs in this job. */
    static PoolerControl none() {
        return new NoPooler();
    }

    /** Nothing to show, and steering it changes nothing. */
    final class NoPooler implements PoolerControl {
        private NoPooler() {}

        @Override
        public List<Pool> pools(BranchId branch) {
            return List.of();
        }

        @Override
        public List<Client> clients(BranchId branch) {
            return List.of();
        }

        @Override
        public List<Server> servers(BranchId branch) {
            return List.of();
        }

        @Override
        public List<Setting> settings(Optional<BranchId> branch) {
            return List.of();
        }

        @Override
        public void set(Optional<BranchId> branch, String name, String value) {}

        @Override
        public void reload(Optional<BranchId> branch) {}

        @Override
        public CompletionStage<Void> pause(BranchId branch, Optional<String> database) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void resume(BranchId branch, Optional<String> database) {}

        @Override
        public void reconnect(BranchId branch, Optional<String> database) {}

        @Override
        public List<MetricFamily> metrics() {
            return List.of();
        }
    }
}
