package dev.howdah.base;

import java.util.regex.Pattern;

/**
 * A position in the write-ahead log, PostgreSQL's {@code pg_lsn}: an unsigned 64-bit byte address.
 *
 * @param value the address; compared as unsigned
 */
public record Lsn(long value) implements Comparable<Lsn> {
    private static final Pattern FORM = Pattern.compile("([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");

    public static final Lsn ZERO = new Lsn(0);

    /** Reads PostgreSQL's text form {@code XXXXXXXX/XXXXXXXX}; anything else is an {@link IllegalArgumentException}. */
    public static Lsn parse(String text) {
        var parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not an LSN: \"%s\"".formatted(text));
        }
        return new Lsn((Long.parseLong(parts.group(1), 16) << 32) | Long.parseLong(parts.group(2), 16));
    }

    /** Bytes from {@code earlier} to this one; negative when this one is the earlier. */
    public long minus(Lsn earlier) {
        return value - earlier.value;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "%X/%X".formatted(value >>> 32, value & 0xFFFF_FFFFL);
    }
}
