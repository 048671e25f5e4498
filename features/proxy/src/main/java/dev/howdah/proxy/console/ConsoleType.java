package dev.howdah.proxy.console;

import dev.howdah.wire.ByteString;
import dev.howdah.wire.WireWriter;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** The types of the console's columns, which are PgBouncer's. Values are kept as text; drivers that ask for binary get it. */
public enum ConsoleType {
    TEXT(25, -1),
    INT4(23, Integer.BYTES),
    INT8(20, Long.BYTES),
    NUMERIC(1700, -1);

    private static final int NUMERIC_BASE = 10_000;
    private static final int NUMERIC_NEGATIVE = 0x4000;

    private final int oid;
    private final int size;

    ConsoleType(int oid, int size) {
        this.oid = oid;
        this.size = size;
    }

    int oid() {
        return oid;
    }

    /** As RowDescription says it: -1 for a type of varying length. */
    int size() {
        return size;
    }

    ByteString text(String value) {
        return ByteString.ofUtf8(value);
    }

    ByteString binary(String value) {
        return switch (this) {
            case TEXT -> ByteString.ofUtf8(value);
            case INT4 ->
                ByteString.of(ByteBuffer.allocate(Integer.BYTES)
                        .putInt((int) Long.parseLong(value))
                        .flip());
            case INT8 ->
                ByteString.of(ByteBuffer.allocate(Long.BYTES)
                        .putLong(Long.parseLong(value))
                        .flip());
            case NUMERIC -> numeric(Long.parseLong(value));
        };
    }

    /** Digits to the base 10,000, most significant first, as PostgreSQL's {@code numeric_send} writes a whole number. */
    private static ByteString numeric(long value) {
        var digits = new ArrayDeque<Integer>();
        for (var rest = value; rest != 0; rest /= NUMERIC_BASE) {
            digits.addFirst((int) Math.abs(rest % NUMERIC_BASE));
        }
        var writer = new WireWriter()
                .int16(digits.size())
                .int16(Math.max(0, digits.size() - 1))
                .int16(value < 0 ? NUMERIC_NEGATIVE : 0)
                .int16(0);
        digits.forEach(writer::int16);
        return ByteString.of(writer.toByteBuffer());
    }
}
