package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PgbenchLogTest {
    @TempDir
    Path directory;

    @Test
    void theThirdWordOfALineIsTheLatency() {
        var lines = Stream.of("0 199 2241 0 1175850568 995598", "0 200 2465 0 1175850568 998079 12 1");
        assertArrayEquals(new long[] {2241, 2465}, PgbenchLog.latencies(lines).toArray());
    }

    @Test
    void whatFailedOrWasSkippedHasNone() {
        var lines =
                Stream.of("3 0 failed 0 1499414498 84905 0", "0 81 skipped 0 1412881037 914578 5217", "1 2 30 0 1 2");
        assertArrayEquals(new long[] {30}, PgbenchLog.latencies(lines).toArray());
    }

    @Test
    void theLogsOfAllThreadsCount() throws IOException {
        var one = Files.writeString(directory.resolve("log.1"), "0 0 10 0 1 2\n0 1 20 0 1 2\n");
        var two = Files.writeString(directory.resolve("log.1.1"), "1 0 30 0 1 2\n");
        var latencies = PgbenchLog.latencies(List.of(one, two));
        Arrays.sort(latencies);
        assertArrayEquals(new long[] {10, 20, 30}, latencies);
    }
}
