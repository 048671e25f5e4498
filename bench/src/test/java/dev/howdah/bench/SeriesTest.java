package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class SeriesTest {
    private static final List<Map<Way, Series.Figure>> ROUNDS =
            List.of(round(2, 1, 0.5), round(3, 4, 0.5), round(1, 1, 0.5));

    private static Map<Way, Series.Figure> round(double own, double howdah, double plain) {
        return Map.of(
                Way.OWN_TLS, new Series.Figure(own, 0),
                Way.HOWDAH, new Series.Figure(howdah, howdah / 10),
                Way.PLAIN, new Series.Figure(plain, 0));
    }

    private static Series series(Series.Unit unit, OptionalDouble bar) {
        return new Series("work", unit, bar, ROUNDS);
    }

    @Test
    void ratiosPairTheFiguresOfOneRoundAndAreAboveOneWhereHowdahTakesLessTime() {
        assertEquals(
                List.of(2.0, 0.75, 1.0),
                series(Series.Unit.SECONDS, OptionalDouble.empty()).ratios());
    }

    @Test
    void ratiosOfRatesAreAboveOneWhereHowdahDoesMore() {
        assertEquals(
                List.of(0.5, 4.0 / 3, 1.0),
                series(Series.Unit.PER_SECOND, OptionalDouble.empty()).ratios());
    }

    @Test
    void aRowShowsMediansTheRatiosRangeAndTheBar() {
        assertEquals(
                "| work | s | 2.000 | 1.000 | 0.500 | 1.00 (0.75..2.00) | >= 0.80 | 0.10 |",
                series(Series.Unit.SECONDS, OptionalDouble.of(0.8)).row());
    }

    @Test
    void everyRowHasTheColumnsOfTheHeader() {
        var row = series(Series.Unit.PER_SECOND, OptionalDouble.empty()).row();
        Series.header().lines().forEach(line -> assertEquals(columns(row), columns(line), line));
    }

    private static long columns(String line) {
        return line.chars().filter(c -> c == '|').count();
    }

    @Test
    void theMedianRatioDecidesWhetherTheBarIsReached() {
        assertTrue(series(Series.Unit.SECONDS, OptionalDouble.of(1.0)).reachesItsBar());
        assertFalse(series(Series.Unit.SECONDS, OptionalDouble.of(1.01)).reachesItsBar());
        assertTrue(series(Series.Unit.SECONDS, OptionalDouble.empty()).reachesItsBar());
    }

    @Test
    void aRoundThatLacksAWayIsRefused() {
        var incomplete = List.of(Map.of(Way.PLAIN, new Series.Figure(1, 0)));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Series("work", Series.Unit.SECONDS, OptionalDouble.empty(), incomplete));
    }
}
