package dev.howdah.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long starts take and what an idle platform weighs, as a user's {@code ./howdah up --detach} has it. */
@Command(
        name = "platform",
        description =
                "Times first and later starts, and adds up the memory of an idle platform (PSS of all its processes).",
        mixinStandardHelpOptions = true)
final class PlatformBench implements Callable<Integer> {
    /** Times each command is timed, in each home. */
    private static final int COMMAND_RUNS = 3;

    @Option(names = "--runs", description = "homes to measure (default ${DEFAULT-VALUE})", defaultValue = "5")
    int runs;

    @Option(
            names = "--idle-seconds",
            description = "rest before memory is read (default ${DEFAULT-VALUE})",
            defaultValue = "30")
    int idleSeconds;

    @Option(names = "--checkout", description = "where ./howdah is (default: the current directory)")
    Path checkout = Path.of(".");

    /** A line of the table, with the bar its median has to stay below. */
    private record Measured(String name, double bar, List<Double> figures) {
        Measured(String name, double bar) {
            this(name, bar, new ArrayList<>());
        }

        String row() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f | %.2f | < %s |",
                    name,
                    Median.of(figures),
                    Collections.min(figures),
                    Collections.max(figures),
                    bar);
        }

        boolean reachesItsBar() {
            return Median.of(figures) < bar;
        }
    }

    private final Measured first = new Measured("first start of a home, s", 20);
    private final Measured second = new Measured("second start, s", 6);
    private final Measured megabytes = new Measured("idle platform, PSS of all processes, MB", 700);
    private final Measured version = new Measured("`howdah version`, warm, s", 0.5);
    private final Measured help = new Measured("`howdah --help`, warm, s", 0.5);

    @Override
    public Integer call() throws Exception {
        var table = List.of(first, second, megabytes, version, help);
        for (var run = 0; run < runs; run++) {
            measure();
        }
        System.out.printf("%n| figure | median | min | max | bar |%n| --- | ---: | ---: | ---: | ---: |%n");
        table.forEach(line -> System.out.println(line.row()));
        return table.stream().allMatch(Measured::reachesItsBar) ? 0 : 1;
    }

    private void measure() throws Exception {
        try (var home = FreshHome.of(checkout.resolve("howdah"))) {
            home.howdah("version"); // builds when needed, and warms the file cache
            first.figures().add(home.secondsToStart());
            home.down();
            second.figures().add(home.secondsToStart());
            Thread.sleep(idleSeconds * 1000L);
            var memory = home.memory();
            megabytes.figures().add(memory.megabytes());
            for (var i = 0; i < COMMAND_RUNS; i++) {
                version.figures().add(home.secondsOf("version"));
                help.figures().add(home.secondsOf("--help"));
            }
            System.out.printf(
                    Locale.ROOT,
                    "first start %.2f s, second %.2f s; %s%n",
                    first.figures().getLast(),
                    second.figures().getLast(),
                    memory);
        }
    }
}
