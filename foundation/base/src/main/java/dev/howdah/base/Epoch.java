package dev.howdah.base;

import static dev.howdah.base.Checks.require;

/** A number that grows with every change of primary of one branch; 0 before the first primary. */
public record Epoch(long number) implements Comparable<Epoch> {
    public static final Epoch NONE = new Epoch(0);

    public Epoch {
        require(number >= 0, "an epoch is not negative, was " + number);
    }

    public Epoch next() {
        return new Epoch(number + 1);
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
