package dev.howdah.proxy.console;

import static dev.howdah.proxy.console.ConsoleTable.row;

import dev.howdah.proxy.PoolerSnapshot;
import dev.howdah.proxy.PoolerSnapshot.State;
import dev.howdah.proxy.SessionSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The rows of each view, in PgBouncer's terms. What it has and this pooler has not is zero or NULL. */
final class ConsoleRows {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    /** recv_pos to send_avail: no connection here has buffers of its own. */
    private static final List<Optional<String>> NO_BUFFERS = Collections.nCopies(7, Optional.of("0"));

    private ConsoleRows() {}

    /** @param snapshot of one branch */
    static Stream<List<Optional<String>>> of(ConsoleView view, PoolerSnapshot snapshot) {
        return switch (view) {
            case POOLS -> snapshot.pools().stream().map(ConsoleRows::pool);
            case CLIENTS ->
                snapshot.clients().stream().map(client -> joined(client(client, ""), row(bit(client.pinned()))));
            case SERVERS ->
                snapshot.servers().stream()
                        .map(server -> joined(
                                server(server, ""), row(bit(server.pinned()), server.instance(), server.socket())));
            case SOCKETS -> sockets(snapshot);
            case ACTIVE_SOCKETS ->
                sockets(snapshot).filter(row -> row.get(4).orElse("").endsWith("_active"));
            case DATABASES -> snapshot.databases().stream().map(ConsoleRows::database);
            case USERS -> snapshot.users().stream().map(ConsoleRows::user);
            case STATS, STATS_TOTALS, STATS_AVERAGES, TOTALS -> ConsoleStatistics.rows(view, snapshot.databases());
            case LISTS -> lists(snapshot);
            case MEM -> snapshot.memory().stream().map(ConsoleRows::memory);
            case STATE -> states(snapshot);
            case DNS_HOSTS, DNS_ZONES, PEERS, PEER_POOLS -> Stream.empty();
            case HELP, VERSION, CONFIG, FDS -> throw new IllegalArgumentException("not about pools: " + view);
        };
    }

    private static List<Optional<String>> pool(PoolerSnapshot.Pool pool) {
        return row(
                pool.database(),
                pool.user(),
                pool.clientsActive(),
                pool.clientsWaiting(),
                pool.clientsActiveCancel(),
                pool.clientsWaitingCancel(),
                pool.serversActive(),
                pool.serversActiveCancel(),
                pool.serversBeingCanceled(),
                pool.serversIdle(),
                0,
                0,
                pool.serversLogin(),
                pool.waitMax().toSeconds(),
                micros(pool.waitMax()),
                "transaction",
                null,
                pool.serversPinned(),
                pool.clientsListening(),
                pool.serversListening());
    }

    private static List<Optional<String>> client(PoolerSnapshot.Client client, String prefix) {
        return row(
                "C",
                client.user(),
                client.database(),
                "none",
                prefix + clientState(client, prefix),
                client.address().getHostAddress(),
                client.port(),
                "",
                0,
                time(client.connectedAt()),
                time(client.requestAt()),
                client.waited().toSeconds(),
                micros(client.waited()),
                0,
                pointer(client.id()),
                client.server().map(ConsoleRows::pointer).orElse(""),
                0,
                client.tls(),
                client.applicationName(),
                client.preparedStatements(),
                client.id());
    }

    /** In PgBouncer's list of sockets an idle client counts as active. */
    private static String clientState(PoolerSnapshot.Client client, String prefix) {
        if (client.server().isEmpty() && client.state() == SessionSnapshot.State.WAITING) {
            return "waiting";
        }
        return client.server().isPresent() || !prefix.isEmpty() ? "active" : "idle";
    }

    private static List<Optional<String>> server(PoolerSnapshot.Server server, String prefix) {
        return row(
                "S",
                server.user(),
                server.database(),
                "none",
                prefix + serverState(server),
                "unix",
                port(server.socket()),
                "unix",
                0,
                time(server.connectedAt()),
                time(server.requestAt()),
                0,
                0,
                bit(server.closeNeeded()),
                pointer(server.id()),
                server.client().map(ConsoleRows::pointer).orElse(""),
                server.processId(),
                "",
                server.applicationName(),
                server.preparedStatements(),
                server.id());
    }

    private static String serverState(PoolerSnapshot.Server server) {
        return switch (server.state()) {
            case ACTIVE -> "active";
            case IDLE -> "idle";
            case BEING_CANCELED -> "being_canceled";
            case LISTENING -> "listening";
        };
    }

    private static Stream<List<Optional<String>>> sockets(PoolerSnapshot snapshot) {
        return Stream.concat(
                snapshot.clients().stream().map(client -> joined(client(client, "cl_"), NO_BUFFERS)),
                snapshot.servers().stream().map(server -> joined(server(server, "sv_"), NO_BUFFERS)));
    }

    private static List<Optional<String>> database(PoolerSnapshot.Database database) {
        return row(
                database.name(),
                database.socket().orElse(null),
                database.socket().map(ConsoleRows::port).orElse(0),
                database.name(),
                null,
                database.poolSize(),
                database.minPoolSize(),
                database.reservePoolSize(),
                database.serverLifetime().toSeconds(),
                null,
                null,
                database.connectionsMax(),
                database.connections(),
                database.clientConnectionsMax(),
                database.clientConnections(),
                bit(database.paused()),
                bit(database.disabled()));
    }

    private static List<Optional<String>> user(PoolerSnapshot.User user) {
        return row(
                user.name(),
                user.poolSize(),
                user.reservePoolSize(),
                null,
                user.connectionsMax(),
                user.connections(),
                user.clientConnectionsMax(),
                user.clientConnections());
    }

    /** Of the branch; only clients that are logging in belong to none yet. */
    private static Stream<List<Optional<String>>> lists(PoolerSnapshot snapshot) {
        return Stream.of(
                row("databases", snapshot.databases().size()),
                row("users", snapshot.users().size()),
                row("peers", 0),
                row("pools", snapshot.pools().size()),
                row("peer_pools", 0),
                row("free_clients", 0),
                row("used_clients", snapshot.clients().size()),
                row("login_clients", snapshot.lists().loginClients()),
                row("free_servers", 0),
                row("used_servers", snapshot.servers().size()),
                row("dns_names", 0),
                row("dns_zones", 0),
                row("dns_queries", 0),
                row("dns_pending", 0));
    }

    private static List<Optional<String>> memory(PoolerSnapshot.Memory memory) {
        return row(
                memory.name(), 1, memory.used(), Math.max(0, memory.committed() - memory.used()), memory.committed());
    }

    private static Stream<List<Optional<String>>> states(PoolerSnapshot snapshot) {
        var state = snapshot.states().values().stream().findFirst().orElse(State.ACTIVE);
        return Stream.of(
                row("active", state == State.ACTIVE ? "yes" : "no"),
                row("paused", state == State.PAUSED ? "yes" : "no"),
                row("suspended", "no"));
    }

    private static List<Optional<String>> joined(List<Optional<String>> first, List<Optional<String>> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static String time(Instant at) {
        return TIME.format(at);
    }

    private static int micros(Duration duration) {
        return duration.toNanosPart() / 1000;
    }

    private static int bit(boolean set) {
        return set ? 1 : 0;
    }

    /** PgBouncer tells its sockets apart by addresses; a number serves as well. */
    private static String pointer(long id) {
        return "0x" + Long.toHexString(id);
    }

    /** The last part of the name of a socket: /run/.s.PGSQL.5432. */
    private static int port(String socket) {
        var digits = socket.substring(socket.lastIndexOf('.') + 1);
        return digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : 0;
    }
}
