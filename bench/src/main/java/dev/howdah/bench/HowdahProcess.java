package dev.howdah.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The proxy job in a JVM of its own, with the options that the launcher gives the platform. */
final class HowdahProcess implements Running {
    /** Set by {@code bench/run}. */
    private static final String OPTIONS = "HOWDAH_PLATFORM_OPTIONS";

    private final ChildProcess process;
    private final Entrance entrance;

    private HowdahProcess(ChildProcess process, Entrance entrance) {
        this.process = process;
        this.entrance = entrance;
    }

    static HowdahProcess start(BenchProxy.Settings settings, Path log) throws IOException {
        var process = ChildProcess.start(
                new ProcessBuilder(command(settings)).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())));
        try {
            var port = Integer.parseInt(process.readLine());
            var entrance = new Entrance("127.0.0.1", port, BenchProxy.USER, settings.door(), List.of(process.pid()));
            return new HowdahProcess(process, entrance);
        } catch (IOException | NumberFormatException e) {
            process.close();
            throw new IOException("the proxy does not start; see " + log, e);
        }
    }

    private static List<String> command(BenchProxy.Settings settings) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(words(System.getenv().getOrDefault(OPTIONS, "--enable-native-access=ALL-UNNAMED")));
        command.addAll(words(System.getenv().getOrDefault("HOWDAH_JAVA_OPTS", "")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), BenchProxy.class.getName()));
        command.addAll(settings.arguments());
        return command;
    }

    private static List<String> words(String options) {
        return options.isBlank() ? List.of() : List.of(options.strip().split("\\s+"));
    }

    @Override
    public Entrance entrance() {
        return entrance;
    }

    @Override
    public void close() {
        process.close();
    }
}
