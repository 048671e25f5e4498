package dev.howdah.proxy.console;

import static dev.howdah.proxy.console.ConsoleTable.named;
import static dev.howdah.proxy.console.ConsoleType.INT4;
import static dev.howdah.proxy.console.ConsoleType.INT8;
import static dev.howdah.proxy.console.ConsoleType.NUMERIC;
import static dev.howdah.proxy.console.ConsoleType.TEXT;

import dev.howdah.proxy.console.ConsoleTable.Column;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What SHOW can show. Names, order and types of the columns are those of PgBouncer 1.25, for its exporters read them by name or by place; columns
 * of our own come behind them.
 */
public enum ConsoleView {
    HELP("this", named(TEXT, "command", "does")),
    VERSION("the version of this program", named(TEXT, "version")),
    POOLS("clients and servers of each pool", pools()),
    CLIENTS("client connections", sockets(named(INT4, "pinned"))),
    SERVERS("server connections", sockets(joined(List.of(named(INT4, "pinned"), named(TEXT, "instance", "socket"))))),
    DATABASES("databases and their limits", databases()),
    STATS("what each database has done, in all and per second", stats()),
    STATS_TOTALS("the totals of SHOW STATS", statsPart()),
    STATS_AVERAGES("the averages of SHOW STATS", statsPart()),
    TOTALS("SHOW STATS over all databases", joined(List.of(named(TEXT, "name"), named(NUMERIC, "value")))),
    LISTS("how many there are of what", joined(List.of(named(TEXT, "list"), named(INT4, "items")))),
    USERS("roles and their limits", users()),
    CONFIG("settings", named(TEXT, "key", "value", "default", "changeable")),
    MEM("memory", joined(List.of(named(TEXT, "name"), named(INT8, "size", "used", "free", "memtotal")))),
    SOCKETS("clients and servers with what is in their buffers", sockets(socketBuffers())),
    ACTIVE_SOCKETS("those of SHOW SOCKETS that are at work", sockets(socketBuffers())),
    FDS("(not here)", List.of()),
    DNS_HOSTS("(no names are looked up)", dnsHosts()),
    DNS_ZONES("(no names are looked up)", dnsZones()),
    STATE("whether the pools are paused", named(TEXT, "key", "value")),
    PEERS(
            "(there are none)",
            joined(List.of(named(INT4, "peer_id"), named(TEXT, "host"), named(INT4, "port", "pool_size")))),
    PEER_POOLS(
            "(there are none)",
            named(INT4, "peer_id", "cl_active_cancel_req", "cl_waiting_cancel_req", "sv_active_cancel", "sv_login"));

    private final String meaning;

    @SuppressWarnings("ImmutableEnumChecker") // a copy that cannot be changed, of records
    private final List<Column> columns;

    ConsoleView(String meaning, List<Column> columns) {
        this.meaning = meaning;
        this.columns = List.copyOf(columns);
    }

    /** For SHOW HELP. */
    String meaning() {
        return meaning;
    }

    List<Column> columns() {
        return columns;
    }

    /** In any case of letters. */
    static Optional<ConsoleView> find(String name) {
        var wanted = name.toUpperCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(view -> view.name().equals(wanted))
                .findFirst();
    }

    private static List<Column> joined(List<List<Column>> parts) {
        return parts.stream().flatMap(List::stream).toList();
    }

    private static List<Column> pools() {
        return joined(List.of(
                named(TEXT, "database", "user"),
                named(
                        INT4,
                        "cl_active",
                        "cl_waiting",
                        "cl_active_cancel_req",
                        "cl_waiting_cancel_req",
                        "sv_active",
                        "sv_active_cancel",
                        "sv_being_canceled",
                        "sv_idle",
                        "sv_used",
                        "sv_tested",
                        "sv_login",
                        "maxwait",
                        "maxwait_us"),
                named(TEXT, "pool_mode", "load_balance_hosts"),
                named(INT4, "sv_pinned", "cl_listening", "sv_listening")));
    }

    private static List<Column> sockets(List<Column> behind) {
        return joined(List.of(
                named(TEXT, "type", "user", "database", "replication", "state", "addr"),
                named(INT4, "port"),
                named(TEXT, "local_addr"),
                named(INT4, "local_port"),
                named(TEXT, "connect_time", "request_time"),
                named(INT4, "wait", "wait_us", "close_needed"),
                named(TEXT, "ptr", "link"),
                named(INT4, "remote_pid"),
                named(TEXT, "tls", "application_name"),
                named(INT4, "prepared_statements", "id"),
                behind));
    }

    private static List<Column> socketBuffers() {
        return named(INT4, "recv_pos", "pkt_pos", "pkt_remain", "send_pos", "send_remain", "pkt_avail", "send_avail");
    }

    private static List<Column> databases() {
        return joined(List.of(
                named(TEXT, "name", "host"),
                named(INT4, "port"),
                named(TEXT, "database", "force_user"),
                named(INT4, "pool_size", "min_pool_size", "reserve_pool_size", "server_lifetime"),
                named(TEXT, "pool_mode", "load_balance_hosts"),
                named(
                        INT4,
                        "max_connections",
                        "current_connections",
                        "max_client_connections",
                        "current_client_connections",
                        "paused",
                        "disabled")));
    }

    private static List<Column> users() {
        return joined(List.of(
                named(TEXT, "name", "pool_size", "reserve_pool_size", "pool_mode"),
                named(
                        INT4,
                        "max_user_connections",
                        "current_connections",
                        "max_user_client_connections",
                        "current_client_connections")));
    }

    private static List<Column> stats() {
        return joined(List.of(
                named(TEXT, "database"),
                Stream.of("total_", "avg_")
                        .flatMap(prefix -> Stream.of(
                                        "server_assignment_count",
                                        "xact_count",
                                        "query_count",
                                        prefix.equals("avg_") ? "recv" : "received",
                                        "sent",
                                        "xact_time",
                                        "query_time",
                                        "wait_time",
                                        "client_parse_count",
                                        "server_parse_count",
                                        "bind_count")
                                .map(name -> new Column(prefix + name, NUMERIC)))
                        .toList()));
    }

    private static List<Column> statsPart() {
        return joined(List.of(
                named(TEXT, "database"),
                named(
                        NUMERIC,
                        "server_assignment_count",
                        "xact_count",
                        "query_count",
                        "bytes_received",
                        "bytes_sent",
                        "xact_time",
                        "query_time",
                        "wait_time",
                        "client_parse_count",
                        "server_parse_count",
                        "bind_count")));
    }

    private static List<Column> dnsHosts() {
        return joined(List.of(named(TEXT, "hostname"), named(INT8, "ttl"), named(TEXT, "addrs")));
    }

    private static List<Column> dnsZones() {
        return joined(List.of(named(TEXT, "zonename"), named(INT8, "serial"), named(INT4, "count")));
    }
}
