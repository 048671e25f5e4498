package dev.howdah.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code pgbench} with one of its own scripts. What the clients' own connects cost the target is part of its processor time. */
final class PgbenchLoad implements Load {
    private static final Path NOTHING = Path.of("/dev/null");
    private static final String LOG_PREFIX = "transactions";
    /** From here on a part of the transactions is logged; writing about all of them would be a load of its own. */
    private static final int CLIENTS_SAMPLED = 16;

    private static final double SAMPLE = 0.2;

    private final LibpqClient client;
    private final Path directory;
    private final Script script;
    private final Mode mode;
    private final int clients;

    /** One of pgbench's own scripts. */
    enum Script {
        SELECT_ONLY("select-only"),
        TPCB("tpcb-like");

        private final String word;

        Script(String word) {
            this.word = word;
        }
    }

    /** How a statement goes to the server. */
    enum Mode {
        SIMPLE,
        EXTENDED,
        PREPARED
    }

    /** @param directory for pgbench's logs alone */
    PgbenchLoad(LibpqClient client, Path directory, Script script, Mode mode, int clients) {
        this.client = client;
        this.directory = directory;
        this.script = script;
        this.mode = mode;
        this.clients = clients;
    }

    @Override
    public Slice run(Entrance entrance, Duration time) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        clear();
        var before = ProcessUse.of(entrance.processes());
        var output = client.run(command(time), entrance.environment(), NOTHING);
        var after = ProcessUse.of(entrance.processes());
        var report = PgbenchReport.parse(output);
        var thousands = report.transactions() / 1000;
        var latencies = Percentiles.of(PgbenchLog.latencies(logs()));
        clear();
        return new Slice(
                report.rate(),
                latencies.at(0.5),
                latencies.at(0.99),
                (after.userSeconds() - before.userSeconds()) * 1000 / thousands,
                (after.systemSeconds() - before.systemSeconds()) * 1000 / thousands,
                after.residentMegabytes());
    }

    private List<String> command(Duration time) {
        var command = new ArrayList<>(List.of("pgbench", "-n", "-j", "2", "-b", script.word));
        command.addAll(List.of("-M", mode.name().toLowerCase(Locale.ROOT)));
        command.addAll(List.of("-c", Integer.toString(clients), "-T", Long.toString(Math.max(1, time.toSeconds()))));
        command.addAll(List.of("-l", "--log-prefix=" + directory.resolve(LOG_PREFIX)));
        if (clients >= CLIENTS_SAMPLED && script == Script.SELECT_ONLY) {
            command.add("--sampling-rate=" + SAMPLE);
        }
        return command;
    }

    private List<Path> logs() throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    private void clear() throws IOException {
        for (var log : logs()) {
            Files.delete(log);
        }
    }
}
