package dev.howdah.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * {@code pgbench -C}: a connection for each transaction. libpq's own part, the handshake and the key derived from the password, takes longer than
 * a pooler's, so the processor time of the target says more than the rate. pgbench does not tell how long its connects took.
 */
record ReconnectLoad(LibpqClient client, Path script, int clients) implements Load {
    @Override
    public Slice run(Entrance entrance, Duration time) throws IOException, InterruptedException {
        Files.writeString(script, "SELECT 1;\n");
        var before = ProcessUse.of(entrance.processes());
        var command = List.of(
                "pgbench",
                "-n",
                "-C",
                "-j",
                "2",
                "-c",
                Integer.toString(clients),
                "-f",
                script.toString(),
                "-T",
                Long.toString(Math.max(1, time.toSeconds())));
        var report = PgbenchReport.parse(client.run(command, entrance.environment(), Path.of("/dev/null")));
        var after = ProcessUse.of(entrance.processes());
        return new Slice(
                report.rate(),
                Double.NaN,
                Double.NaN,
                (after.userSeconds() - before.userSeconds()) * 1000 / report.transactions(),
                (after.systemSeconds() - before.systemSeconds()) * 1000 / report.transactions(),
                after.residentMegabytes());
    }
}
