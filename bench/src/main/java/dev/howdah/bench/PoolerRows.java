package dev.howdah.bench;

import dev.howdah.bench.PgbenchLoad.Mode;
import dev.howdah.bench.PgbenchLoad.Script;
import dev.howdah.bench.PoolerRow.Unit;
import dev.howdah.bench.Slice.Metric;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Every row that can be measured, with its bars. */
final class PoolerRows {
    /** Enough to see where one stands, in a few minutes. */
    static final String QUICK = "simple-1,simple-16,simple-64,prepared-16,simple-16-tls,tpcb-16,connect-tls";

    private static final List<Integer> CLIENTS = List.of(1, 16, 64, 256);
    private static final List<Integer> TLS_CLIENTS = List.of(1, 16, 64);
    private static final List<Integer> TPCB_CLIENTS = List.of(1, 16, 64);
    private static final int CONNECTING = 8;
    private static final Path NOTHING = Path.of("/dev/null");

    private final PoolerBed bed;

    PoolerRows(PoolerBed bed) {
        this.bed = bed;
    }

    /** @param names comma-separated; {@code *} stands for any letters */
    List<PoolerRow> named(String names) {
        var patterns = List.of(names.split(",")).stream()
                .map(name -> Pattern.compile(Pattern.quote(name.strip()).replace("*", "\\E.*\\Q")))
                .toList();
        return all().stream()
                .filter(row -> patterns.stream()
                        .anyMatch(pattern -> pattern.matcher(row.name()).matches()))
                .toList();
    }

    List<PoolerRow> all() {
        var rows = new ArrayList<PoolerRow>();
        for (var mode : Mode.values()) {
            CLIENTS.forEach(clients -> rows.add(select(mode, clients, Door.OPEN, plainBars(clients))));
        }
        for (var mode : Mode.values()) {
            TLS_CLIENTS.forEach(clients -> rows.add(select(mode, clients, Door.TLS, List.of(rate(1.1)))));
        }
        TPCB_CLIENTS.forEach(clients -> rows.add(new PoolerRow(
                "tpcb-" + clients,
                "TPC-B, simple",
                clients,
                Door.OPEN,
                Unit.TRANSACTIONS,
                pgbench(Script.TPCB, Mode.SIMPLE, clients),
                List.of(rate(1.0)))));
        rows.add(connect(
                "connect-tls", Door.TLS, new ReconnectLoad(bed.client(), bed.file("connect.sql"), CONNECTING), 1.5));
        rows.add(connect("connect-scram", Door.SCRAM, new ConnectLoad(CONNECTING), 0.8));
        rows.add(connect("connect-open", Door.OPEN, new ConnectLoad(CONNECTING), 0.8));
        rows.addAll(streams());
        return rows;
    }

    private static List<Bar> plainBars(int clients) {
        return switch (clients) {
            case 1 -> List.of(rate(1.0), p99(1.15));
            case 16 -> List.of(rate(1.05), p99(0.95));
            default -> List.of(rate(1.15), p99(0.95));
        };
    }

    private static Bar rate(double bound) {
        return new Bar(Metric.RATE, bound);
    }

    private static Bar p99(double bound) {
        return new Bar(Metric.P99, bound);
    }

    private PoolerRow select(Mode mode, int clients, Door door, List<Bar> bars) {
        var word = mode.name().toLowerCase(Locale.ROOT);
        return new PoolerRow(
                word + "-" + clients + (door == Door.TLS ? "-tls" : ""),
                "-S " + word,
                clients,
                door,
                Unit.TRANSACTIONS,
                pgbench(Script.SELECT_ONLY, mode, clients),
                bars);
    }

    private Load pgbench(Script script, Mode mode, int clients) {
        return new PgbenchLoad(bed.client(), bed.file("pgbench"), script, mode, clients);
    }

    private static PoolerRow connect(String name, Door door, Load load, double bound) {
        return new PoolerRow(
                name, "connect, `SELECT 1`, close", CONNECTING, door, Unit.CONNECTS, load, List.of(rate(bound)));
    }

    private List<PoolerRow> streams() {
        return List.of(
                stream("stream-select", "SELECT of 1,000,000 rows", NOTHING, "SELECT body FROM payload"),
                stream("stream-out", "COPY out of the same", NOTHING, "COPY payload TO STDOUT"),
                stream("stream-in", "COPY in of 101 MB", bed.file(PoolerBed.STREAM_FILE), "COPY sink FROM STDIN"));
    }

    private PoolerRow stream(String name, String workload, Path input, String sql) {
        return new PoolerRow(name, workload, 1, Door.TLS, Unit.MEGABYTES, new StreamLoad(bed, input, sql), List.of());
    }
}
