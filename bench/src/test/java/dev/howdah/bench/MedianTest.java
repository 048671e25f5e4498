package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class MedianTest {
    @Test
    void theMiddleOfAnOddNumberWhateverTheOrder() {
        assertEquals(3.0, Median.of(List.of(100.0, 3.0, 1.0)));
    }

    @Test
    void halfwayBetweenTheTwoInTheMiddleOfAnEvenNumber() {
        assertEquals(2.5, Median.of(List.of(4.0, 1.0, 3.0, 2.0)));
    }

    @Test
    void nothingHasNoMedian() {
        assertThrows(IllegalArgumentException.class, () -> Median.of(List.of()));
    }
}
