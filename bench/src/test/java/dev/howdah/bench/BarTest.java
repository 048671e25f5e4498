package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.howdah.bench.Bar.Verdict;
import dev.howdah.bench.Slice.Metric;
import org.junit.jupiter.api.Test;

class BarTest {
    private static final Bar RATE = new Bar(Metric.RATE, 1.15);
    private static final Bar P99 = new Bar(Metric.P99, 0.95);

    @Test
    void aRateIsBorneOutWhenTheWholeIntervalIsAbove() {
        assertEquals(Verdict.YES, RATE.verdict(new Interval(1.3, 1.15, 1.4)));
        assertEquals(Verdict.PROBABLY, RATE.verdict(new Interval(1.3, 1.1, 1.4)));
        assertEquals(Verdict.HARDLY, RATE.verdict(new Interval(1.1, 1.0, 1.2)));
        assertEquals(Verdict.NO, RATE.verdict(new Interval(1.1, 1.0, 1.14)));
    }

    @Test
    void aTimeIsBorneOutWhenTheWholeIntervalIsBelow() {
        assertEquals(Verdict.YES, P99.verdict(new Interval(0.8, 0.7, 0.95)));
        assertEquals(Verdict.PROBABLY, P99.verdict(new Interval(0.8, 0.7, 1.0)));
        assertEquals(Verdict.HARDLY, P99.verdict(new Interval(0.99, 0.9, 1.0)));
        assertEquals(Verdict.NO, P99.verdict(new Interval(1.2, 1.1, 1.3)));
    }

    @Test
    void itSaysWhatItAsksFor() {
        assertEquals("rate >= 1.15", RATE.toString());
        assertEquals("p99 <= 0.95", P99.toString());
    }
}
