package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import dev.howdah.bench.Slice.Metric;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The pooled endpoint beside PgBouncer, in slices that alternate. */
@Command(
        name = "pooler",
        description = "The pooled endpoint beside PgBouncer in front of one server, in pairs of slices that alternate.",
        mixinStandardHelpOptions = true)
final class PoolerBench implements Callable<Integer> {
    private static final double CPU_BOUND = 0.9;
    private static final double CPU_BOUND_IO_URING = 0.75;
    /** So many rounds without the targets that are there for orientation only. */
    private static final int ORIENTATION_EVERY = 3;

    /** Long enough for the first logins of all, which are slow. */
    private static final Duration FIRST_RUN = Duration.ofSeconds(5);

    private static final int FAILURE_LINES_MAX = 8;

    @Parameters(
            arity = "0..*",
            description =
                    "howdah, howdah:ENGINE, pgbouncer, direct, NAME=HOST:PORT[,PID...]. The last pooler is the one to beat,"
                            + " `direct` is for orientation. (default: howdah pgbouncer)")
    List<String> targets = List.of("howdah", "pgbouncer");

    @Option(names = "--engine", description = "I/O engines of howdah to compare: nio, epoll, io_uring", split = ",")
    List<String> engines = List.of();

    @Option(names = "--rows", description = "comma-separated names, * for any letters (default ${DEFAULT-VALUE})")
    String rows = PoolerRows.QUICK;

    @Option(
            names = "--full",
            description = "every row and the idle clients, in slices of 4 s unless --seconds says else")
    boolean full;

    @Option(names = "--list", description = "print the names of all rows")
    boolean list;

    @Option(names = "--pairs", description = "of slices (default ${DEFAULT-VALUE})", defaultValue = "9")
    int pairs;

    @Option(names = "--seconds", description = "of a slice (default 2; with --full 4)")
    int seconds;

    @Option(
            names = "--warm-up",
            description = "seconds of load for a target that was just started (default ${DEFAULT-VALUE})",
            defaultValue = "20")
    int warmUp;

    @Option(names = "--scale", description = "of pgbench's tables (default ${DEFAULT-VALUE})", defaultValue = "50")
    int scale;

    @Option(names = "--pool-size", description = "server connections (default ${DEFAULT-VALUE})", defaultValue = "20")
    int poolSize;

    @Option(names = "--idle", description = "numbers of idle clients to weigh", split = ",")
    List<Integer> idle = List.of();

    @Option(names = "--document", description = "write the tables between the markers of this file")
    Path document = Path.of("");

    @Spec
    CommandSpec spec = CommandSpec.create();

    private final Set<Entrance> warmed = new HashSet<>();
    private final StringBuilder table = new StringBuilder();

    /** Who is compared with whom. */
    private record Line(List<Target> candidates, Target base, List<Target> orientation) {}

    @Override
    public Integer call() throws Exception {
        var line = lineUp();
        try (var bed = PoolerBed.make(scale, poolSize)) {
            var interrupted = new Thread(bed::close, "close");
            Runtime.getRuntime().addShutdownHook(interrupted);
            try {
                return run(bed, line);
            } finally {
                Runtime.getRuntime().removeShutdownHook(interrupted);
            }
        }
    }

    private Line lineUp() {
        var poolers = new ArrayList<Target>();
        var orientation = new ArrayList<Target>();
        for (var target : targets.stream().map(Target::of).toList()) {
            switch (target) {
                case Target.Direct direct -> orientation.add(direct);
                case Target.Howdah _
                when !engines.isEmpty() -> engines.forEach(engine -> poolers.add(new Target.Howdah(engine)));
                default -> poolers.add(target);
            }
        }
        if (poolers.size() == 1 && !orientation.isEmpty()) {
            poolers.add(orientation.removeFirst());
        }
        require(poolers.size() >= 2, "there is nothing to compare with; name two targets");
        return new Line(List.copyOf(poolers.subList(0, poolers.size() - 1)), poolers.getLast(), orientation);
    }

    private int run(PoolerBed bed, Line line) throws Exception {
        var all = new PoolerRows(bed);
        if (list) {
            all.all().forEach(row -> System.out.println(row.name()));
            return 0;
        }
        var chosen = full ? all.all() : all.named(rows);
        require(!chosen.isEmpty() || !idle.isEmpty(), "no row is named \"%s\"; --list shows all".formatted(rows));
        var results = new LinkedHashMap<Target, List<Comparison>>();
        print(PoolerTable.header());
        for (var row : chosen) {
            measure(bed, line, row)
                    .forEach((target, result) -> results.computeIfAbsent(target, _ -> new ArrayList<>())
                            .add(result));
        }
        results.forEach((target, comparisons) -> print("\n" + PoolerTable.together(comparisons, cpuBar(target))));
        weighIdle(bed, line);
        var reached = results.values().stream().flatMap(List::stream).allMatch(Comparison::reachesItsBars);
        if (!document.toString().isEmpty()) {
            new MarkedSection(document, "pooler").write(describe(bed) + "\n\n" + table);
        }
        System.out.println("\n" + describe(bed));
        return reached ? 0 : 1;
    }

    private static Bar cpuBar(Target target) {
        return new Bar(
                Metric.CPU,
                target instanceof Target.Howdah(var engine) && engine.equals("io_uring")
                        ? CPU_BOUND_IO_URING
                        : CPU_BOUND);
    }

    private void print(String text) {
        System.out.println(text);
        table.append(text).append('\n');
    }

    private Duration slice() {
        return Duration.ofSeconds(seconds > 0 ? seconds : full ? 4 : 2);
    }

    /** Measures one row and prints its lines; a target that fails loses the row and nothing else. */
    private Map<Target, Comparison> measure(PoolerBed bed, Line line, PoolerRow row) throws Exception {
        var results = new LinkedHashMap<Target, Comparison>();
        if (!bed.has(line.base(), row.door())) {
            return results;
        }
        bed.tidy();
        for (var candidate : line.candidates()) {
            if (!bed.has(candidate, row.door())) {
                continue;
            }
            try {
                var result = compare(bed, row, candidate, line.base());
                results.put(candidate, result);
                print(PoolerTable.candidate(result));
            } catch (IOException e) {
                print(PoolerTable.failed(row, candidate, String.valueOf(e.getMessage())));
                System.err.println(String.valueOf(e.getMessage())
                        .lines()
                        .limit(FAILURE_LINES_MAX)
                        .collect(Collectors.joining("\n")));
            }
        }
        printBase(line, row, results);
        for (var target : line.orientation()) {
            if (bed.has(target, row.door())) {
                print(PoolerTable.plain(row, target, orient(bed, row, target)));
            }
        }
        return results;
    }

    private void printBase(Line line, PoolerRow row, Map<Target, Comparison> results) {
        var slices = results.values().stream()
                .flatMap(comparison -> comparison.pairs().stream().map(Comparison.Pair::base))
                .toList();
        if (!slices.isEmpty()) {
            print(PoolerTable.plain(row, line.base(), slices));
        }
    }

    /** A B, B A, ...: the halves of a pair are neighbours, and what drifts hits the first and the second alike. */
    private Comparison compare(PoolerBed bed, PoolerRow row, Target candidate, Target base) throws Exception {
        var ours = bed.entrance(candidate, row.door());
        var theirs = bed.entrance(base, row.door());
        warm(row, ours);
        warm(row, theirs);
        var results = new ArrayList<Comparison.Pair>();
        for (var i = 0; i < pairs; i++) {
            if (i % 2 == 0) {
                var first = row.load().run(ours, slice());
                results.add(new Comparison.Pair(first, row.load().run(theirs, slice())));
            } else {
                var first = row.load().run(theirs, slice());
                results.add(new Comparison.Pair(row.load().run(ours, slice()), first));
            }
        }
        return new Comparison(row, candidate, base, results);
    }

    /**
     * The JIT compiles what it has seen for a while, each kind of work brings something new, and what only happens when clients come and go throws
     * compiled code away: so many short runs, not one long one.
     */
    private void warm(PoolerRow row, Entrance entrance) throws Exception {
        var rounds = 1L;
        if (warmed.add(entrance)) {
            row.load().run(entrance, FIRST_RUN);
            rounds = Math.max(1, warmUp / slice().toSeconds());
        }
        for (var i = 0; i < rounds; i++) {
            row.load().run(entrance, slice());
        }
    }

    private List<Slice> orient(PoolerBed bed, PoolerRow row, Target target) throws Exception {
        var entrance = bed.entrance(target, row.door());
        var slices = new ArrayList<Slice>();
        for (var i = 0; i < pairs; i += ORIENTATION_EVERY) {
            slices.add(row.load().run(entrance, slice()));
        }
        return slices;
    }

    private void weighIdle(PoolerBed bed, Line line) throws Exception {
        var numbers = idle.isEmpty() && full ? List.of(5_000, 10_000) : idle;
        if (numbers.isEmpty()) {
            return;
        }
        print("\n" + IdleMemory.header());
        var weighed = new ArrayList<>(line.candidates());
        weighed.add(line.base());
        for (var number : numbers) {
            for (var door : List.of(Door.OPEN, Door.TLS)) {
                for (var target : weighed) {
                    if (bed.has(target, door)) {
                        print(IdleMemory.measure(bed, target, door, number).line());
                    }
                }
            }
        }
    }

    private String describe(PoolerBed bed) throws IOException, InterruptedException {
        return """
                `bench/run pooler %s`, %s, commit %s; %s; PostgreSQL %s, %s, %s; scale %d, pool size %d, %d pairs of %d s.""".formatted(
                        String.join(
                                " ",
                                spec.commandLine().getParent().getParseResult().originalArgs().stream()
                                        .skip(1)
                                        .toList()),
                        LocalDate.now(ZoneId.systemDefault()),
                        Machine.commit(),
                        Machine.describe(),
                        bed.serverVersion(),
                        bed.pgBouncerVersion().orElse("no PgBouncer"),
                        LibpqClient.version("pgbench"),
                        scale,
                        poolSize,
                        pairs,
                        slice().toSeconds());
    }
}
