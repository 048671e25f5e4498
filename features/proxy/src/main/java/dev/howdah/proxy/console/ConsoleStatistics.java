package dev.howdah.proxy.console;

import dev.howdah.proxy.PoolerSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** SHOW STATS and its parts. Times are microseconds, as PgBouncer has them. */
final class ConsoleStatistics {
    private static final List<String> NAMES = List.of(
            "server_assignment_count",
            "xact_count",
            "query_count",
            "client_bytes",
            "server_bytes",
            "xact_time",
            "query_time",
            "wait_time",
            "ps_client_parse_count",
            "ps_server_parse_count",
            "ps_bind_count");
    private static final int ASSIGNMENTS = 0;
    private static final int TRANSACTIONS = 1;
    private static final int QUERIES = 2;
    private static final int TRANSACTION_TIME = 5;
    private static final int QUERY_TIME = 6;
    private static final int WAIT_TIME = 7;

    private ConsoleStatistics() {}

    static Stream<List<Optional<String>>> rows(ConsoleView view, List<PoolerSnapshot.Database> databases) {
        return switch (view) {
            case STATS ->
                databases.stream()
                        .map(database -> named(database, LongStream.concat(totals(database), averages(database))));
            case STATS_TOTALS -> databases.stream().map(database -> named(database, totals(database)));
            case STATS_AVERAGES -> databases.stream().map(database -> named(database, averages(database)));
            case TOTALS ->
                Stream.concat(
                        labelled("total_", sum(databases, ConsoleStatistics::totals, ConsoleStatistics::plus)),
                        labelled("avg_", sum(databases, ConsoleStatistics::averages, ConsoleStatistics::averaged)));
            default -> throw new IllegalArgumentException("not about statistics: " + view);
        };
    }

    private static List<Optional<String>> named(PoolerSnapshot.Database database, LongStream values) {
        var row = new ArrayList<Optional<String>>();
        row.add(Optional.of(database.name()));
        values.forEach(value -> row.add(Optional.of(Long.toString(value))));
        return row;
    }

    private static LongStream totals(PoolerSnapshot.Database database) {
        var totals = database.totals();
        return LongStream.of(
                totals.serverAssignments(),
                totals.transactions(),
                totals.queries(),
                totals.bytesReceived(),
                totals.bytesSent(),
                totals.transactionNanos() / 1000,
                totals.queryNanos() / 1000,
                totals.waitNanos() / 1000,
                totals.clientParses(),
                totals.serverParses(),
                totals.binds());
    }

    private static LongStream averages(PoolerSnapshot.Database database) {
        var averages = database.averages();
        return LongStream.of(
                averages.serverAssignments(),
                averages.transactions(),
                averages.queries(),
                averages.bytesReceived(),
                averages.bytesSent(),
                averages.transactionTime().toNanos() / 1000,
                averages.queryTime().toNanos() / 1000,
                averages.waitTime().toNanos() / 1000,
                averages.clientParses(),
                averages.serverParses(),
                averages.binds());
    }

    private static List<Long> sum(
            List<PoolerSnapshot.Database> databases,
            Function<PoolerSnapshot.Database, LongStream> values,
            BinaryOperator<List<Long>> plus) {
        return databases.stream()
                .map(database -> values.apply(database).boxed().toList())
                .reduce(plus)
                .orElseGet(() -> NAMES.stream().map(_ -> 0L).collect(Collectors.toList()));
    }

    private static List<Long> plus(List<Long> first, List<Long> second) {
        return IntStream.range(0, first.size())
                .mapToObj(i -> first.get(i) + second.get(i))
                .toList();
    }

    /** Rates add up; the time of one transaction is an average over both. */
    private static List<Long> averaged(List<Long> first, List<Long> second) {
        var together = new ArrayList<>(plus(first, second));
        together.set(TRANSACTION_TIME, weighted(first, second, TRANSACTION_TIME, TRANSACTIONS));
        together.set(QUERY_TIME, weighted(first, second, QUERY_TIME, QUERIES));
        together.set(WAIT_TIME, weighted(first, second, WAIT_TIME, ASSIGNMENTS));
        return together;
    }

    private static long weighted(List<Long> first, List<Long> second, int time, int count) {
        var pieces = first.get(count) + second.get(count);
        return pieces == 0
                ? Math.max(first.get(time), second.get(time))
                : (first.get(time) * first.get(count) + second.get(time) * second.get(count)) / pieces;
    }

    private static Stream<List<Optional<String>>> labelled(String prefix, List<Long> values) {
        return IntStream.range(0, NAMES.size()).mapToObj(i -> ConsoleTable.row(prefix + NAMES.get(i), values.get(i)));
    }
}
