package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A benchmark too short to mean anything, to see that every part of it works. */
class PoolerBenchTest {
    private static final String ROWS = "prepared-16,simple-1-tls,connect-tls";

    @TempDir
    Path directory;

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, program)));
    }

    private String documentOf(String... arguments) throws IOException {
        var document = Files.writeString(directory.resolve("benchmarks.md"), "# Benchmarks\n");
        var all = Stream.concat(
                Stream.of("pooler", "howdah", "direct", "--document", document.toString()), Stream.of(arguments));
        Bench.run(all.toArray(String[]::new));
        return Files.readString(document);
    }

    private static long rowsOf(String document, String target) {
        return document.lines()
                .filter(line -> line.contains("| " + target + " |"))
                .count();
    }

    @Test
    void everyKindOfRowGivesFiguresOfBothTargets() throws IOException {
        assumeTrue(
                (isInstalled("pgbench") && isInstalled("psql")) || Boolean.getBoolean("howdah.strict"),
                "pgbench and psql are not installed");
        var document = documentOf(
                "--rows", ROWS, "--pairs", "1", "--seconds", "1", "--warm-up", "1", "--scale", "1", "--idle", "20");
        assertFalse(document.contains("failed"), document);
        var lines = ROWS.split(",").length + 2; // and two doors for the idle crowd
        assertEquals(lines, rowsOf(document, "howdah"), document);
        assertEquals(lines, rowsOf(document, "direct"), document);
        assertTrue(document.contains("Processor time"), document);
    }
}
