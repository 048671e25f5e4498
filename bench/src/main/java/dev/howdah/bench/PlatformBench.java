package dev.howdah.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long starts take and what an idle platform weighs, as a user's {@code ./howdah up --detach} has it. */
@Command(
        name = "platform",
        description = "Times first and later starts, and adds up the memory of an idle platform (PSS of all its processes).",
        mixinStandardHelpOptions = true)
final class PlatformBench implements Callable<Integer> {
    @Option(names = "--runs", description = "homes to measure (default ${DEFAULT-VALUE})", defaultValue = "5")
    int runs;

    @Option(names = "--idle-seconds", description = "rest before memory is read (default ${DEFAULT-VALUE})", defaultValue = "10")
    int idleSeconds;

    @Option(names = "--checkout", description = "where ./howdah is (default: the current directory)", defaultValue = ".")
    Path checkout;

    private final List<Double> first = new ArrayList<>();
    private final List<Double> second = new ArrayList<>();
    private final List<Double> megabytes = new ArrayList<>();
    private final List<Double> commands = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        howdah(Path.of("/nonexistent"), "version"); // builds when needed, and warms the file cache
        for (var run = 0; run < runs; run++) {
            measure();
        }
        System.out.printf("| figure | median of %d | min | max | bar |%n| --- | ---: | ---: | ---: | ---: |%n", runs);
        row("first start of a home, s", first, "< 20");
        row("second start, s", second, "< 6");
        row("idle platform, PSS of all processes, MB", megabytes, "< 700");
        row("`howdah version`, s", commands, "< 0.5");
        return 0;
    }

    private void measure() throws Exception {
        var parent = Files.createTempDirectory("howdah-bench");
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        var home = parent.resolve("home");
        try {
            first.add(seconds(() -> howdah(home, "up", "--detach")));
            howdah(home, "down");
            second.add(seconds(() -> howdah(home, "up", "--detach")));
            Thread.sleep(idleSeconds * 1000L);
            megabytes.add(proportionalKilobytes(home) / 1024.0);
            commands.add(seconds(() -> howdah(home, "version")));
        } finally {
            howdah(home, "down");
            deleteTree(parent);
        }
    }

    private void howdah(Path home, String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(checkout.toAbsolutePath().resolve("howdah").toString()));
        line.addAll(List.of(arguments));
        if (!arguments[0].equals("version")) {
            line.addAll(List.of("--home", home.toString()));
        }
        var process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException(line + " ended with " + process.exitValue());
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static double seconds(Work work) throws Exception {
        var begin = System.nanoTime();
        work.run();
        return (System.nanoTime() - begin) / 1e9;
    }

    /** The kernel's {@code Pss} counts a page that n processes share 1/n for each, so that the sum is what the platform really takes. */
    private static long proportionalKilobytes(Path home) throws IOException {
        var pids = new HashSet<Long>();
        pids.add(pid(home.resolve("run/howdah.pid")));
        try (var instances = Files.list(home.resolve("instances"))) {
            for (var instance : instances.toList()) {
                pids.add(pid(instance.resolve("postmaster.pid")));
            }
        }
        long sum = 0;
        for (var pid : pids.stream().flatMap(PlatformBench::withDescendants).distinct().toList()) {
            sum += Files.readAllLines(Path.of("/proc", pid.toString(), "smaps_rollup")).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        }
        return sum;
    }

    private static Stream<Long> withDescendants(long pid) {
        var process = ProcessHandle.of(pid).orElseThrow();
        return Stream.concat(Stream.of(pid), process.descendants().map(ProcessHandle::pid));
    }

    private static long pid(Path file) throws IOException {
        return Long.parseLong(Files.readAllLines(file).getFirst().strip().split("\\s")[0]);
    }

    private static void row(String name, List<Double> figures, String bar) {
        System.out.printf(
                "| %s | %.2f | %.2f | %.2f | %s |%n",
                name,
                Median.of(figures),
                figures.stream().min(Comparator.naturalOrder()).orElseThrow(),
                figures.stream().max(Comparator.naturalOrder()).orElseThrow(),
                bar);
    }

    private static void deleteTree(Path directory) throws IOException {
        try (var all = Files.walk(directory)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
