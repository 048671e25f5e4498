package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class PgbenchReportTest {
    private static final String REPORT = """
            number of clients: 16
            number of transactions actually processed: 48627
            latency average = 0.646 ms
            tps = 24760.967830 (without initial connection time)
            """;

    @Test
    void theRateAndTheNumberOfTransactionsAreRead() throws IOException {
        assertEquals(new PgbenchReport(24760.96783, 48627), PgbenchReport.parse(REPORT));
    }

    @Test
    void whenClientsAbortedTheFiguresMeanNothing() {
        assertThrows(IOException.class, () -> PgbenchReport.parse("client 3 script 0 aborted\n" + REPORT));
    }

    @Test
    void aReportWithoutFiguresIsRefused() {
        assertThrows(IOException.class, () -> PgbenchReport.parse("pgbench: fatal"));
    }
}
