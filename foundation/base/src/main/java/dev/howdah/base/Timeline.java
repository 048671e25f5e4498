package dev.howdah.base;

import static dev.howdah.base.Checks.require;

/** A PostgreSQL timeline: it grows with every promotion, so that two histories never share WAL file names. */
public record Timeline(int id) implements Comparable<Timeline> {
    public Timeline {
        require(id > 0, "a timeline is positive, was " + id);
    }

    @Override
    public int compareTo(Timeline other) {
        return Integer.compare(id, other.id);
    }

    @Override
    public String toString() {
        return Integer.toString(id);
    }
}
