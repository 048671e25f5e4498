package dev.howdah.testkit;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** A random generator whose seed is printed, so that a failure can be had again with {@code -Dhowdah.seed=...}. */
public final class SeededRandom implements RandomGenerator {
    private final long seed;
    private final SplittableRandom random;

    private SeededRandom(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** Seeded by the system property {@code howdah.seed}, else by the time. */
    public static SeededRandom create() {
        var chosen = Long.getLong("howdah.seed");
        var random = new SeededRandom(chosen == null ? System.nanoTime() : chosen);
        System.out.printf("howdah.seed=%d%n", random.seed);
        return random;
    }

    public static SeededRandom of(long seed) {
        return new SeededRandom(seed);
    }

    /** For the message of an assertion. */
    public long seed() {
        return seed;
    }

    @Override
    public long nextLong() {
        return random.nextLong();
    }
}
