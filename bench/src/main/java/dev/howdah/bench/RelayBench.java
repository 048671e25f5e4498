package dev.howdah.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What the way through the proxy costs, next to PostgreSQL's own TLS on the same server, with the same client. */
@Command(
        name = "relay",
        description =
                "One server, reached by its own TLS, through Howdah's direct endpoint, and in clear: bulk, many small queries, connects.",
        mixinStandardHelpOptions = true)
final class RelayBench implements Callable<Integer> {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final Duration LISTENING_TIMEOUT = Duration.ofSeconds(15);
    private static final int SMALL_QUERIES = 20_000;
    private static final double BAR = 0.95;

    @Option(names = "--rounds", description = "that count (default ${DEFAULT-VALUE})", defaultValue = "9")
    int rounds;

    @Option(
            names = "--warm-up",
            description = "rounds before, for the JIT and the caches (default ${DEFAULT-VALUE})",
            defaultValue = "3")
    int warmUp;

    @Option(
            names = "--connect-seconds",
            description = "of each measurement of connects (default ${DEFAULT-VALUE})",
            defaultValue = "5")
    int connectSeconds;

    @Option(names = "--only", description = "just the work whose name contains this text")
    String only = "";

    /** Something to measure. */
    private record Work(String name, Series.Unit unit, OptionalDouble bar, Run run) {
        private interface Run {
            double on(Way way) throws Exception;
        }
    }

    @Override
    public Integer call() throws Exception {
        try (var bed = RelayBed.make()) {
            var interrupted = new Thread(bed::close, "close");
            Runtime.getRuntime().addShutdownHook(interrupted);
            try {
                return measure(bed);
            } finally {
                Runtime.getRuntime().removeShutdownHook(interrupted);
            }
        }
    }

    private int measure(RelayBed bed) throws Exception {
        var client = new LibpqClient(bed.file("client.log"));
        describe(bed, client);
        var results = new ArrayList<Series>();
        for (var work : works(bed, client)) {
            if (work.name().contains(only)) {
                results.add(measure(work));
            }
        }
        System.out.printf("%n%s%n", Series.header());
        results.forEach(series -> System.out.println(series.row()));
        return results.stream().allMatch(Series::reachesItsBar) ? 0 : 1;
    }

    private static void describe(RelayBed bed, LibpqClient client) throws IOException, InterruptedException {
        System.out.printf("server: PostgreSQL %s%n", bed.serverVersion());
        System.out.printf("clients: %s; %s%n", LibpqClient.version("psql"), LibpqClient.version("pgbench"));
        for (var way : Way.values()) {
            awaitListening(bed, client, way);
            System.out.printf("%s: %s%n", way.title(), client.connectionInfo(bed.environment(way)));
        }
    }

    /** A reload takes effect a moment after it was asked for. */
    private static void awaitListening(RelayBed bed, LibpqClient client, Way way)
            throws IOException, InterruptedException {
        var end = System.nanoTime() + LISTENING_TIMEOUT.toNanos();
        while (true) {
            try {
                client.psql(bed.environment(way), "-c", "SELECT 1");
                return;
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private List<Work> works(RelayBed bed, LibpqClient client) throws IOException {
        var rows = writeRows(bed.file("rows"));
        var queries = Files.writeString(bed.file("queries.sql"), "SELECT 1;\n".repeat(SMALL_QUERIES));
        var connect = Files.writeString(bed.file("connect.sql"), "SELECT 1;\n");
        return List.of(
                timed(
                        "SELECT of 1,000,000 rows of 100 bytes",
                        OptionalDouble.of(BAR),
                        way -> seconds(() -> client.psql(bed.environment(way), "-c", "SELECT body FROM payload"))),
                timed(
                        "COPY out of the same rows",
                        OptionalDouble.of(BAR),
                        way -> seconds(() -> client.psql(bed.environment(way), "-c", "COPY payload TO STDOUT"))),
                timed("COPY in of 100 MB", OptionalDouble.of(BAR), way -> {
                    bed.emptySink();
                    return seconds(() -> client.psql(bed.environment(way), rows, "-c", "COPY sink FROM STDIN"));
                }),
                timed(
                        "20,000 times `SELECT 1` in one session",
                        OptionalDouble.empty(),
                        way -> seconds(() -> client.psql(bed.environment(way), "-f", queries.toString()))),
                new Work(
                        "connects, 8 clients at once",
                        Series.Unit.PER_SECOND,
                        OptionalDouble.empty(),
                        way -> client.connectsPerSecond(bed.environment(way), connect, connectSeconds)));
    }

    private static Work timed(String name, OptionalDouble bar, Work.Run run) {
        return new Work(name, Series.Unit.SECONDS, bar, run);
    }

    private static Path writeRows(Path file) throws IOException {
        var line = "x".repeat(100) + "\n";
        try (var out = Files.newBufferedWriter(file)) {
            for (var row = 0; row < RelayBed.ROWS; row++) {
                out.write(line);
            }
        }
        return file;
    }

    private Series measure(Work work) throws Exception {
        var cold = warmUp == 0 ? List.<Map<Way, Series.Figure>>of() : rounds(work, warmUp);
        var warm = rounds(work, rounds);
        var series = new Series(work.name(), work.unit(), work.bar(), warm);
        System.out.printf("%s: ratios %s%n", work.name(), rounded(series.ratios()));
        if (!cold.isEmpty()) {
            var ratios = new Series(work.name(), work.unit(), work.bar(), cold).ratios();
            System.out.printf("  while warming up %s%n", rounded(ratios));
        }
        return series;
    }

    private static String rounded(List<Double> ratios) {
        return ratios.stream()
                .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio))
                .collect(Collectors.joining(" "));
    }

    /** There and back, so that what drifts hits the first and the last way alike. */
    private static List<Map<Way, Series.Figure>> rounds(Work work, int number) throws Exception {
        var order = List.of(Way.values());
        var figures = new ArrayList<Map<Way, Series.Figure>>();
        for (var round = 0; round < number; round++) {
            figures.add(round(work, round % 2 == 0 ? order : order.reversed()));
        }
        return figures;
    }

    private static Map<Way, Series.Figure> round(Work work, List<Way> order) throws Exception {
        var figures = new EnumMap<Way, Series.Figure>(Way.class);
        for (var way : order) {
            var before = SYSTEM.getProcessCpuTime();
            var value = work.run().on(way);
            figures.put(way, new Series.Figure(value, (SYSTEM.getProcessCpuTime() - before) / 1e9));
        }
        return figures;
    }

    private interface Job {
        void run() throws Exception;
    }

    private static double seconds(Job job) throws Exception {
        var begin = System.nanoTime();
        job.run();
        return (System.nanoTime() - begin) / 1e9;
    }
}
