package dev.howdah.proxy;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * How long something takes, counted in fixed steps from 50 microseconds to 30 seconds. Recording allocates nothing and compares a few numbers, for
 * most times are short. Written and read on one loop; a {@link Snapshot} goes anywhere.
 */
public final class Histogram {
    private static final long[] BOUNDS_NANOS = LongStream.of(
                    50,
                    100,
                    250,
                    500,
                    1_000,
                    2_500,
                    5_000,
                    10_000,
                    25_000,
                    50_000,
                    100_000,
                    250_000,
                    500_000,
                    1_000_000,
                    2_500_000,
                    5_000_000,
                    10_000_000,
                    30_000_000)
            .map(micros -> micros * 1_000)
            .toArray();

    private final long[] counts = new long[BOUNDS_NANOS.length + 1];
    private long nanos;

    /**
     * What a histogram held at one moment.
     *
     * @param counts of each step alone, from the shortest; the last is of what took longer than every bound
     */
    public record Snapshot(List<Long> counts, Duration total) {
        public Snapshot {
            counts = List.copyOf(counts);
        }
    }

    /** The longest time of each step but the last, which has no end. */
    public static List<Duration> bounds() {
        return Arrays.stream(BOUNDS_NANOS).mapToObj(Duration::ofNanos).toList();
    }

    public void record(long tookNanos) {
        var step = 0;
        while (step < BOUNDS_NANOS.length && tookNanos > BOUNDS_NANOS[step]) {
            step++;
        }
        counts[step]++;
        nanos += Math.max(0, tookNanos);
    }

    public void add(Histogram other) {
        for (var i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        nanos += other.nanos;
    }

    public Snapshot snapshot() {
        return new Snapshot(Arrays.stream(counts).boxed().toList(), Duration.ofNanos(nanos));
    }
}
