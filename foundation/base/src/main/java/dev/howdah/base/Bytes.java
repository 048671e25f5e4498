package dev.howdah.base;

import static dev.howdah.base.Checks.require;

import java.util.Locale;

/** An amount of data. */
public record Bytes(long count) implements Comparable<Bytes> {
    public Bytes {
        require(count >= 0, "an amount of data is not negative, was " + count);
    }

    public static Bytes ofKilobytes(long kilobytes) {
        return new Bytes(Math.multiplyExact(kilobytes, 1024L));
    }

    public static Bytes ofMegabytes(long megabytes) {
        return new Bytes(Math.multiplyExact(megabytes, 1024L * 1024));
    }

    public static Bytes ofGigabytes(long gigabytes) {
        return new Bytes(Math.multiplyExact(gigabytes, 1024L * 1024 * 1024));
    }

    @Override
    public int compareTo(Bytes other) {
        return Long.compare(count, other.count);
    }

    /** For people, in PostgreSQL's units of 1024: {@code 512 bytes}, {@code 1.5 MB}. */
    @Override
    public String toString() {
        if (count < 1024) {
            return count + " bytes";
        }
        var unit = 0;
        double amount = count / 1024.0;
        while (amount >= 1024 && unit < 3) {
            amount /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, amount < 10 ? "%.1f %cB" : "%.0f %cB", amount, "kMGT".charAt(unit));
    }
}
