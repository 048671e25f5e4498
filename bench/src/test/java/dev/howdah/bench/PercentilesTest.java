package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PercentilesTest {
    @Test
    void aPercentileIsTheLeastValueThatSoManyDoNotExceed() {
        var hundred = Percentiles.of(
                LongStream.rangeClosed(1, 100).map(value -> 101 - value).toArray());
        assertEquals(50, hundred.at(0.5));
        assertEquals(99, hundred.at(0.99));
        assertEquals(100, hundred.at(1));
    }

    @Test
    void ofOneValueEveryPercentileIsThatValue() {
        assertEquals(7, Percentiles.of(new long[] {7}).at(0.01));
    }

    @Test
    void ofNothingThereIsNone() {
        var none = Percentiles.of(new long[0]);
        assertThrows(IllegalArgumentException.class, () -> none.at(0.5));
    }

    @Test
    void theValuesGivenAreNotReordered() {
        var values = new long[] {3, 1, 2};
        Percentiles.of(values);
        assertEquals(3, values[0]);
    }
}
