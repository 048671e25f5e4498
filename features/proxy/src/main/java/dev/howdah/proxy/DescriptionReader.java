package dev.howdah.proxy;

import dev.howdah.proxy.ServerCopies.Copy;
import java.nio.ByteBuffer;

/** Reads what a server answers to the Describe of a statement that has not been described there: a ParameterDescription, and what rows there will be. */
final class DescriptionReader {
    /** The most columns that PostgreSQL gives (MaxTupleAttributeNumber), with names as long as they can be in any encoding. */
    static final int BYTES_MAX = 1664 * 160;

    private static final int HEADER_BYTES = 5;
    private static final int COUNT_BYTES = 2;
    /** Behind a column's name: table, column, type, size, modifier, format. */
    private static final int COLUMN_BYTES = 18;

    private static final int TYPE_AT = 6;
    private static final int MODIFIER_AT = 12;
    private static final byte[] NONE = {0, 0};

    private final StatementBook book;
    private byte[] parameters = NONE;
    private long columns;
    private long names;

    DescriptionReader(StatementBook book) {
        this.book = book;
    }

    /** A ParameterDescription, from its tag to its last byte. */
    void parameters(ByteBuffer message, int from, int to) {
        parameters = new byte[to - from - HEADER_BYTES];
        message.get(from + HEADER_BYTES, parameters);
    }

    /** The last ParameterDescription once more. */
    byte[] parameters() {
        return ByteBuffer.allocate(HEADER_BYTES + parameters.length)
                .put((byte) 't')
                .putInt(4 + parameters.length)
                .put(parameters)
                .array();
    }

    /** A RowDescription, which is the rest of what is said about {@code copy}. */
    void columns(Copy copy, ByteBuffer message, int from, int to) {
        columns = 1L + message.getShort(from + HEADER_BYTES);
        names = 0;
        for (var at = from + HEADER_BYTES + COUNT_BYTES; at < to; ) {
            var nameEnd = OrdinaryRules.endOfText(message, at, to);
            if (nameEnd < 0 || to - nameEnd - 1 < COLUMN_BYTES) {
                throw new FrameCursor.MalformedStreamException("a row description ends within a column");
            }
            name(message, at, nameEnd);
            columns = mix(columns ^ message.getInt(nameEnd + 1 + TYPE_AT));
            columns = mix(columns ^ message.getInt(nameEnd + 1 + MODIFIER_AT));
            at = nameEnd + 1 + COLUMN_BYTES;
        }
        learn(copy);
    }

    private void name(ByteBuffer message, int from, int end) {
        var ascii = true;
        var hash = 1L;
        for (var i = from; i < end; i++) {
            ascii = ascii && message.get(i) >= 0;
            hash = 31 * hash + message.get(i);
        }
        if (ascii) {
            columns = mix(columns ^ hash);
        } else {
            names = mix(names ^ hash) | 1; // is never 0, which stands for none
        }
    }

    private static long mix(long value) {
        var product = (value + 0x9E3779B97F4A7C15L) * 0xD6E8FEB86659FD93L;
        return product ^ (product >>> 32);
    }

    /** A NoData, which is the rest of what is said about {@code copy}. */
    void noColumns(Copy copy) {
        columns = 0;
        names = 0;
        learn(copy);
    }

    private void learn(Copy copy) {
        var now = new Description(parameters, columns, names);
        var statement = copy.statement;
        var latest = statement.description;
        if (latest == null || !latest.is(now)) {
            statement.description = now;
            latest = now;
        }
        latest.saidAt(book.tick());
        copy.description = latest;
    }
}
