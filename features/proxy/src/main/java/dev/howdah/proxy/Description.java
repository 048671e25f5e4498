package dev.howdah.proxy;

import java.util.Arrays;

/**
 * What a server has said about a prepared statement: its parameters' types, and by two hashes the columns of its rows as far as PostgreSQL compares
 * them when it makes a plan anew, which are names, types and type modifiers. Kept once per {@link Statement}, however many clients have been told.
 */
final class Description {
    /** Stands for names that are written in another encoding now. */
    private static final long ANY_NAMES = -1;

    /** The body of a ParameterDescription, which is also how a Parse gives types. */
    final byte[] parameters;

    private final long columns;
    /** Of the columns' names that have more than ASCII in them, as every encoding writes them in its own way. */
    private final long names;
    /** When a server has said so last, in the order of {@link StatementBook#tick}. */
    private long said;

    Description(byte[] parameters, long columns, long names) {
        this.parameters = parameters;
        this.columns = columns;
        this.names = names;
    }

    void saidAt(long tick) {
        said = tick;
    }

    boolean isOlderThan(Description other) {
        return said < other.said;
    }

    boolean hasParametersOf(Description other) {
        return Arrays.equals(parameters, other.parameters);
    }

    /** Whether rows of the one can be taken for rows of the other. */
    boolean hasColumnsOf(Description other) {
        return columns == other.columns && (names == other.names || names == ANY_NAMES || other.names == ANY_NAMES);
    }

    boolean is(Description other) {
        return hasColumnsOf(other) && hasParametersOf(other);
    }

    /** The same for a client that has changed its encoding. */
    Description inAnyEncoding() {
        var same = new Description(parameters, columns, names == 0 ? 0 : ANY_NAMES);
        same.said = said;
        return same;
    }
}
