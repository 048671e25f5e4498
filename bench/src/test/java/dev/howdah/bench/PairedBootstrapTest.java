package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PairedBootstrapTest {
    @Test
    void equalPairsLeaveNoDoubt() {
        assertEquals(new Interval(1.25, 1.25, 1.25), PairedBootstrap.median(List.of(1.25, 1.25, 1.25)));
    }

    @Test
    void theSamePairsGiveTheSameInterval() {
        var ratios = List.of(0.9, 1.1, 1.0, 1.3, 0.7, 1.05, 0.95, 1.2, 0.8);
        assertEquals(PairedBootstrap.median(ratios), PairedBootstrap.median(ratios));
    }

    @Test
    void theIntervalLiesAroundTheMedianAndWithinTheRatios() {
        var interval = PairedBootstrap.median(List.of(0.9, 1.1, 1.0, 1.3, 0.7, 1.05, 0.95, 1.2, 0.8));
        assertEquals(1.0, interval.median(), 1e-9);
        assertTrue(interval.low() >= 0.7 && interval.low() < 1.0, interval.toString());
        assertTrue(interval.high() <= 1.3 && interval.high() > 1.0, interval.toString());
    }

    /** The promise of 95 %, for the true median of a known noise; a few points less is what a bootstrap of so few pairs gives. */
    @Test
    void theTrueRatioLiesInsideAboutNineteenTimesOfTwenty() {
        var random = new SplittableRandom(1);
        var inside = 0;
        var tries = 60;
        for (var i = 0; i < tries; i++) {
            var ratios = random.doubles(11, 1.0, 1.4).boxed().toList();
            var interval = PairedBootstrap.median(ratios);
            if (interval.low() <= 1.2 && interval.high() >= 1.2) {
                inside++;
            }
        }
        assertTrue(inside >= tries * 0.85 && inside < tries + 1, inside + " of " + tries);
    }

    @Test
    void severalSeriesAreJoinedByTheirGeometricMean() {
        var joined = PairedBootstrap.geometricMean(List.of(List.of(0.5, 0.5), List.of(2.0, 2.0)));
        assertEquals(1.0, joined.median(), 1e-9);
        assertEquals(1.0, joined.low(), 1e-9);
    }

    @Test
    void withoutPairsThereIsNoInterval() {
        assertThrows(IllegalArgumentException.class, () -> PairedBootstrap.median(List.of()));
    }
}
