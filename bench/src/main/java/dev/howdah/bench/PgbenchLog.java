package dev.howdah.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The lines that {@code pgbench -l} writes, one per transaction: client, number, microseconds, script, second, microsecond. */
final class PgbenchLog {
    private static final int LATENCY_FIELD = 2;

    private PgbenchLog() {}

    /** The latencies in all logs of one run, in microseconds, in no order. Each thread of pgbench writes a log of its own. */
    static long[] latencies(List<Path> logs) throws IOException {
        var all = LongStream.builder();
        for (var log : logs) {
            try (var lines = Files.lines(log)) {
                latencies(lines).forEach(all::add);
            }
        }
        return all.build().toArray();
    }

    /** A transaction that failed or was skipped has a word where its latency would be. */
    static LongStream latencies(Stream<String> lines) {
        return lines.map(line -> line.split(" "))
                .filter(fields -> fields.length > LATENCY_FIELD && Character.isDigit(fields[LATENCY_FIELD].charAt(0)))
                .mapToLong(fields -> Long.parseLong(fields[LATENCY_FIELD]));
    }
}
