package dev.howdah.bench;

import dev.howdah.testkit.FreePorts;
import dev.howdah.testkit.TestDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A home of its own for one run of the platform, on ports that were free. Closing it stops everything in it and removes it. */
final class FreshHome implements AutoCloseable {
    private final Path launcher;
    private final TestDirectory directory = TestDirectory.create();
    private final Path home = directory.resolve("home");
    private final Path log = directory.resolve("launcher.log");
    private final List<String> up;
    private final Thread onExit = new Thread(this::closeQuietly, "close");
    private volatile boolean started;
    private volatile @Nullable Process current;

    private FreshHome(Path launcher) {
        this.launcher = launcher.toAbsolutePath().normalize();
        this.up = List.of(
                "up",
                "--detach",
                "--home",
                home.toString(),
                "--direct-port",
                Integer.toString(FreePorts.next()),
                "--pooled-port",
                Integer.toString(FreePorts.next()),
                "--api-port",
                Integer.toString(FreePorts.next()));
    }

    static FreshHome of(Path launcher) {
        var home = new FreshHome(launcher);
        // A benchmark that is interrupted must not leave a platform behind.
        Runtime.getRuntime().addShutdownHook(home.onExit);
        return home;
    }

    /** Memory in kilobytes, each page counted once: the kernel's {@code Pss} gives 1/n of it to each of the n processes that share it. */
    record Memory(long platformKilobytes, long serverKilobytes, int servers, int processes) {
        double megabytes() {
            return (platformKilobytes + serverKilobytes) / 1024.0;
        }

        @Override
        public String toString() {
            return "JVM %d MB, %d servers %d MB, %d processes"
                    .formatted(platformKilobytes >> 10, servers, serverKilobytes >> 10, processes);
        }
    }

    double secondsToStart() throws IOException, InterruptedException {
        started = true;
        return secondsOf(up.toArray(String[]::new));
    }

    void down() throws IOException, InterruptedException {
        howdah("down", "--home", home.toString());
        started = false;
    }

    double secondsOf(String... arguments) throws IOException, InterruptedException {
        var begin = System.nanoTime();
        howdah(arguments);
        return (System.nanoTime() - begin) / 1e9;
    }

    void howdah(String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(launcher.toString()));
        line.addAll(List.of(arguments));
        var builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        // Of another platform, which whoever runs the benchmark works with.
        builder.environment().keySet().removeAll(Set.of("HOWDAH_HOME", "HOWDAH_API", "HOWDAH_TOKEN"));
        var process = builder.start();
        current = process;
        if (process.waitFor() != 0) {
            throw new IOException("%s ended with %d:%n%s"
                    .formatted(String.join(" ", line), process.exitValue(), Files.readString(log)));
        }
    }

    Memory memory() throws IOException {
        var servers = serverPids();
        var ofServers = withDescendants(servers.stream());
        var all = withDescendants(Stream.concat(platformPid().stream(), servers.stream()));
        var serverKilobytes = proportionalKilobytes(ofServers);
        return new Memory(proportionalKilobytes(all) - serverKilobytes, serverKilobytes, servers.size(), all.size());
    }

    private List<Long> platformPid() throws IOException {
        return pid(home.resolve("run/howdah.pid"));
    }

    private List<Long> serverPids() throws IOException {
        var pids = new ArrayList<Long>();
        var instances = home.resolve("instances");
        if (Files.isDirectory(instances)) {
            try (var directories = Files.list(instances)) {
                for (var instance : directories.toList()) {
                    pids.addAll(pid(instance.resolve("postmaster.pid")));
                }
            }
        }
        return pids;
    }

    private static List<Long> pid(Path file) throws IOException {
        return Files.exists(file)
                ? List.of(Long.parseLong(
                        Files.readAllLines(file).getFirst().strip().split("\\s")[0]))
                : List.of();
    }

    private static Set<ProcessHandle> withDescendants(Stream<Long> pids) {
        var all = new HashSet<ProcessHandle>();
        pids.flatMap(pid -> ProcessHandle.of(pid).stream()).forEach(process -> {
            all.add(process);
            process.descendants().forEach(all::add);
        });
        return all;
    }

    private static long proportionalKilobytes(Set<ProcessHandle> processes) throws IOException {
        long sum = 0;
        for (var process : processes) {
            var rollup = Path.of("/proc", Long.toString(process.pid()), "smaps_rollup");
            if (process.isAlive()) {
                sum += ProportionalMemory.kilobytes(Files.readAllLines(rollup));
            }
        }
        return sum;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException _) {
            return; // the JVM is ending, and the hook does this
        }
        stopAndRemove();
    }

    private void stopAndRemove() throws IOException, InterruptedException {
        try {
            if (started) {
                stop();
            }
        } finally {
            directory.close();
        }
    }

    /** In order where that works; whatever of the home's processes is left is killed. */
    private void stop() throws IOException, InterruptedException {
        var launching = current;
        if (launching != null && launching.isAlive()) {
            launching.destroy();
        }
        try {
            down();
        } catch (IOException e) {
            System.err.println("howdah down failed, what is left is killed: " + e.getMessage());
        } finally {
            // Several times, because a platform that was just starting may start one more meanwhile.
            for (var left = processesOfHome(); !left.isEmpty(); left = processesOfHome()) {
                left.forEach(ProcessHandle::destroyForcibly);
                Thread.sleep(50);
            }
        }
    }

    /** Those with the home's path, which is like no other, among their arguments, and what they have started. */
    private List<ProcessHandle> processesOfHome() {
        return ProcessHandle.allProcesses()
                .filter(process -> arguments(process).contains(home.toString()))
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                .distinct()
                .toList();
    }

    private static String arguments(ProcessHandle process) {
        try {
            return Files.readString(
                    Path.of("/proc", Long.toString(process.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            return ""; // ended meanwhile
        }
    }

    private void closeQuietly() {
        try {
            stopAndRemove();
        } catch (IOException e) {
            System.err.println("not everything in %s could be removed: %s".formatted(home, e));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
