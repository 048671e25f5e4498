package dev.howdah.proxy;

import static dev.howdah.base.MetricFamily.Kind.COUNTER;
import static dev.howdah.base.MetricFamily.Kind.GAUGE;
import static dev.howdah.base.MetricFamily.Kind.HISTOGRAM;

import dev.howdah.base.MetricFamily;
import dev.howdah.base.MetricFamily.Distribution;
import dev.howdah.base.MetricFamily.Kind;
import dev.howdah.base.MetricFamily.Value;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What the proxy and its pools measure, in base units: seconds and bytes. The labels are those of PostgreSQL's own words. */
public final class ProxyMetrics {
    private static final List<Double> BOUNDS =
            Histogram.bounds().stream().map(ProxyMetrics::seconds).toList();

    private final MetricFamilies families = new MetricFamilies();

    private ProxyMetrics() {}

    /** Everything, as it is at one moment. */
    public static List<MetricFamily> of(PoolerSnapshot snapshot, PoolSettings settings, ProxyCounters counters) {
        var metrics = new ProxyMetrics();
        metrics.proxy(counters);
        metrics.pooler(snapshot, settings);
        metrics.pools(snapshot.pools());
        metrics.poolCounters(snapshot.pools());
        metrics.times(snapshot.pools());
        metrics.databases(snapshot.databases());
        metrics.roles(snapshot.users());
        return metrics.families.all();
    }

    private void proxy(ProxyCounters counters) {
        families.single(COUNTER, "howdah_proxy_connections", "Connections that were accepted.", counters.accepted());
        families.single(
                COUNTER,
                "howdah_proxy_connections_over_limit",
                "Connections closed because too many were logging in.",
                counters.overLimit());
        families.single(COUNTER, "howdah_proxy_logins", "Clients that have logged in.", counters.loginsSucceeded());
        families.single(COUNTER, "howdah_proxy_logins_refused", "Logins that were refused.", counters.loginsRefused());
        families.single(
                COUNTER,
                "howdah_proxy_tls_handshakes_failed",
                "TLS handshakes that failed.",
                counters.handshakesFailed());
        families.single(
                COUNTER,
                "howdah_proxy_clear_text_before_tls",
                "Connections closed for bytes in clear behind the request for TLS.",
                counters.clearTextBeforeTls());
        families.single(COUNTER, "howdah_proxy_cancel_requests", "Cancel requests that came in.", counters.cancels());
        families.single(
                GAUGE,
                "howdah_proxy_clients_logging_in",
                "Clients that have not logged in yet.",
                counters.unauthenticated());
    }

    private void pooler(PoolerSnapshot snapshot, PoolSettings settings) {
        families.single(
                GAUGE,
                "howdah_pooler_clients",
                "Clients of the pooled endpoint.",
                snapshot.lists().usedClients());
        families.single(
                GAUGE,
                "howdah_pooler_clients_max",
                "So many clients are let in (max_client_conn).",
                settings.maxClientConnections());
        families.single(
                GAUGE,
                "howdah_pooler_servers",
                "Server connections of all pools.",
                snapshot.lists().freeServers() + snapshot.lists().usedServers());
        families.single(GAUGE, "howdah_pooler_pools", "Pools.", snapshot.pools().size());
        families.single(
                GAUGE,
                "howdah_pooler_branch_servers_max",
                "Server connections that the pools of one branch share (branch_connection_budget).",
                settings.branchConnectionBudget());
        families.single(
                GAUGE,
                "howdah_proxy_open_files",
                "Open files and sockets of the process.",
                snapshot.files().open());
        families.single(
                GAUGE,
                "howdah_proxy_open_files_max",
                "Limit of open files of the process.",
                snapshot.files().limit());
        families.add(
                GAUGE,
                "howdah_proxy_memory_used_bytes",
                "Memory of the process in use.",
                snapshot.memory().stream()
                        .map(memory -> new Value(Map.of("area", memory.name()), (double) memory.used())));
        families.add(
                GAUGE,
                "howdah_proxy_memory_committed_bytes",
                "Memory of the process that is set aside.",
                snapshot.memory().stream()
                        .map(memory -> new Value(Map.of("area", memory.name()), (double) memory.committed())));
        families.add(
                GAUGE,
                "howdah_pooler_branch_paused",
                "Whether the pools of the branch are paused.",
                snapshot.states().entrySet().stream()
                        .map(entry -> new Value(
                                Map.of("branch", entry.getKey().value()),
                                entry.getValue() == PoolerSnapshot.State.ACTIVE ? 0 : 1)));
    }

    private void pools(List<PoolerSnapshot.Pool> pools) {
        families.add(
                GAUGE,
                "howdah_pool_clients",
                "Clients of the pool by what they are doing; active ones have a server.",
                pools.stream()
                        .flatMap(pool -> Stream.of(
                                state(pool, "active", pool.clientsActive() - pool.clientsIdle()),
                                state(pool, "idle", pool.clientsIdle()),
                                state(pool, "waiting", pool.clientsWaiting()))));
        families.add(
                GAUGE,
                "howdah_pool_cancel_requests",
                "Cancel requests on their way, and those that wait to be sent.",
                pools.stream()
                        .flatMap(pool -> Stream.of(
                                state(pool, "active", pool.clientsActiveCancel()),
                                state(pool, "waiting", pool.clientsWaitingCancel()))));
        families.add(
                GAUGE,
                "howdah_pool_servers",
                "Server connections of the pool by what they are used for.",
                pools.stream()
                        .flatMap(pool -> Stream.of(
                                state(pool, "active", pool.serversActive()),
                                state(pool, "idle", pool.serversIdle()),
                                state(pool, "login", pool.serversLogin()),
                                state(pool, "active_cancel", pool.serversActiveCancel()),
                                state(pool, "being_canceled", pool.serversBeingCanceled()))));
        perPool(
                GAUGE,
                "howdah_pool_servers_pinned",
                "Server connections that clients keep between transactions.",
                pools,
                PoolerSnapshot.Pool::serversPinned);
        families.add(
                GAUGE,
                "howdah_pool_clients_pinned",
                "Clients that keep their server connection, by what they keep it for; one with several counts for each.",
                pools.stream().flatMap(ProxyMetrics::pinned));
        perPool(
                GAUGE,
                "howdah_pool_clients_listening",
                "Clients that listen for notifications.",
                pools,
                PoolerSnapshot.Pool::clientsListening);
        perPool(
                GAUGE,
                "howdah_pool_servers_listening",
                "Server connections that listen for them; they count against the branch's budget, and in none of the pool's other figures.",
                pools,
                PoolerSnapshot.Pool::serversListening);
        perPool(
                GAUGE,
                "howdah_pool_servers_max",
                "So many server connections the pool may have.",
                pools,
                PoolerSnapshot.Pool::poolSize);
        perPool(
                GAUGE,
                "howdah_pool_wait_max_seconds",
                "How long the client that has waited longest is waiting.",
                pools,
                pool -> seconds(pool.waitMax()));
    }

    private void poolCounters(List<PoolerSnapshot.Pool> pools) {
        counter("howdah_pool_transactions", "Transactions.", pools, PoolerSnapshot.Statistics::transactions);
        counter("howdah_pool_queries", "Queries.", pools, PoolerSnapshot.Statistics::queries);
        counter(
                "howdah_pool_server_assignments",
                "Times that a client got a server connection.",
                pools,
                PoolerSnapshot.Statistics::serverAssignments);
        counter(
                "howdah_pool_received_bytes",
                "Bytes that came from clients.",
                pools,
                PoolerSnapshot.Statistics::bytesReceived);
        counter("howdah_pool_sent_bytes", "Bytes that went to clients.", pools, PoolerSnapshot.Statistics::bytesSent);
        counter(
                "howdah_pool_client_parses",
                "Prepared statements that clients have made.",
                pools,
                PoolerSnapshot.Statistics::clientParses);
        counter(
                "howdah_pool_server_parses",
                "Prepared statements that were made on servers for them.",
                pools,
                PoolerSnapshot.Statistics::serverParses);
        counter(
                "howdah_pool_binds",
                "Prepared statements that were made ready to run.",
                pools,
                PoolerSnapshot.Statistics::binds);
        counter("howdah_pool_errors", "Errors that servers have sent.", pools, PoolerSnapshot.Statistics::errors);
        counter(
                "howdah_pool_pins",
                "Times that a client kept its server for its session state.",
                pools,
                PoolerSnapshot.Statistics::pins);
        counter(
                "howdah_pool_servers_cleaned",
                "Times that a server was cleaned of what a client had left in it.",
                pools,
                PoolerSnapshot.Statistics::cleaned);
        counter(
                "howdah_pool_servers_taken",
                "Server connections closed to make room for another pool.",
                pools,
                PoolerSnapshot.Statistics::taken);
    }

    private void times(List<PoolerSnapshot.Pool> pools) {
        histogram("howdah_pool_query_duration_seconds", "How long queries took.", pools, PoolerSnapshot.Times::queries);
        histogram(
                "howdah_pool_transaction_duration_seconds",
                "How long transactions took.",
                pools,
                PoolerSnapshot.Times::transactions);
        histogram(
                "howdah_pool_wait_duration_seconds",
                "How long clients waited that found no server connection free.",
                pools,
                PoolerSnapshot.Times::waits);
    }

    private void databases(List<PoolerSnapshot.Database> databases) {
        perDatabase(
                "howdah_database_servers",
                "Server connections of the database.",
                databases,
                PoolerSnapshot.Database::connections);
        perDatabase(
                "howdah_database_servers_max",
                "Their limit; 0 is none (max_db_connections).",
                databases,
                PoolerSnapshot.Database::connectionsMax);
        perDatabase(
                "howdah_database_clients",
                "Clients of the database.",
                databases,
                PoolerSnapshot.Database::clientConnections);
        perDatabase(
                "howdah_database_clients_max",
                "Their limit; 0 is none (max_db_client_connections).",
                databases,
                PoolerSnapshot.Database::clientConnectionsMax);
        perDatabase(
                "howdah_database_paused",
                "Whether new transactions are held.",
                databases,
                database -> database.paused() ? 1 : 0);
        perDatabase(
                "howdah_database_disabled",
                "Whether new clients are refused.",
                databases,
                database -> database.disabled() ? 1 : 0);
    }

    private void roles(List<PoolerSnapshot.User> roles) {
        perRole("howdah_role_servers", "Server connections of the role.", roles, PoolerSnapshot.User::connections);
        perRole(
                "howdah_role_servers_max",
                "Their limit; 0 is none (max_user_connections).",
                roles,
                PoolerSnapshot.User::connectionsMax);
        perRole("howdah_role_clients", "Clients of the role.", roles, PoolerSnapshot.User::clientConnections);
        perRole(
                "howdah_role_clients_max",
                "Their limit; 0 is none (max_user_client_connections).",
                roles,
                PoolerSnapshot.User::clientConnectionsMax);
    }

    private void perPool(
            Kind kind,
            String name,
            String help,
            List<PoolerSnapshot.Pool> pools,
            ToDoubleFunction<PoolerSnapshot.Pool> value) {
        families.add(kind, name, help, pools.stream().map(pool -> new Value(labels(pool), value.applyAsDouble(pool))));
    }

    private void counter(
            String name,
            String help,
            List<PoolerSnapshot.Pool> pools,
            ToDoubleFunction<PoolerSnapshot.Statistics> value) {
        perPool(COUNTER, name, help, pools, pool -> value.applyAsDouble(pool.statistics()));
    }

    private void histogram(
            String name,
            String help,
            List<PoolerSnapshot.Pool> pools,
            Function<PoolerSnapshot.Times, Histogram.Snapshot> which) {
        families.add(HISTOGRAM, name, help, pools.stream().map(pool -> {
            var snapshot = which.apply(pool.statistics().times());
            return new Distribution(labels(pool), BOUNDS, snapshot.counts(), seconds(snapshot.total()));
        }));
    }

    private void perDatabase(
            String name,
            String help,
            List<PoolerSnapshot.Database> databases,
            ToDoubleFunction<PoolerSnapshot.Database> value) {
        families.add(
                GAUGE,
                name,
                help,
                databases.stream()
                        .map(database -> new Value(
                                Map.of("branch", database.branch().value(), "database", database.name()),
                                value.applyAsDouble(database))));
    }

    private void perRole(
            String name, String help, List<PoolerSnapshot.User> roles, ToDoubleFunction<PoolerSnapshot.User> value) {
        families.add(
                GAUGE,
                name,
                help,
                roles.stream()
                        .map(role -> new Value(
                                Map.of("branch", role.branch().value(), "role", role.name()),
                                value.applyAsDouble(role))));
    }

    private static Value state(PoolerSnapshot.Pool pool, String state, int count) {
        var labels = new HashMap<>(labels(pool));
        labels.put("state", state);
        return new Value(labels, count);
    }

    private static Stream<Value> pinned(PoolerSnapshot.Pool pool) {
        return pool.pinnedFor().entrySet().stream().map(entry -> {
            var labels = new HashMap<>(labels(pool));
            labels.put("kind", entry.getKey().name().toLowerCase(Locale.ROOT));
            return new Value(labels, entry.getValue());
        });
    }

    private static Map<String, String> labels(PoolerSnapshot.Pool pool) {
        return Map.of("branch", pool.branch().value(), "database", pool.database(), "role", pool.user());
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
