package dev.howdah.proxy;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The prepared statements of one client by its own names for them. A client may have {@link #NAMES_MAX} with {@link #BYTES_MAX} of text. It
 * allocates nothing to find one, knows nothing of connections and can be used, and measured, by itself. Not thread-safe.
 */
final class ClientStatements {
    static final int NAMES_MAX = 4_096;
    static final long BYTES_MAX = 8L << 20;
    /** PostgreSQL tells names apart by so many bytes (NAMEDATALEN - 1). */
    private static final int NAME_BYTES_MAX = 63;

    private static final int FIRST_SLOTS = 8;
    private final StatementBook book;
    private final ProbeTable<Named> names = new ProbeTable<>(FIRST_SLOTS);
    private long bytes;

    /** One name. */
    static final class Named implements ProbeTable.Entry {
        /** As the client wrote it. */
        final byte[] name;

        private final int hash;
        private @Nullable Statement statement;
        /** Messages under way that give it its statement or take it. */
        int pending;
        /** What the client has been told about its statement; null when it has been told nothing. */
        @Nullable Description told;

        private Named(byte[] name, int hash) {
            this.name = name;
            this.hash = hash;
        }

        @Override
        public int hash() {
            return hash;
        }

        /** What it will stand for when the server has done everything it was sent; null when it is not in use. */
        @Nullable Statement statement() {
            return statement;
        }
    }

    ClientStatements(StatementBook book) {
        this.book = book;
    }

    boolean isEmpty() {
        return names.size() == 0;
    }

    /** Whether one more with a body of this length may be had. */
    boolean hasRoomFor(int bodyBytes) {
        return names.size() < NAMES_MAX && bytes + bodyBytes <= BYTES_MAX;
    }

    /** The name between {@code from} and {@code to}; null when it stands for nothing. */
    @Nullable Named find(ByteBuffer message, int from, int to) {
        if (isEmpty()) {
            return null;
        }
        var end = Math.min(to, from + NAME_BYTES_MAX);
        var hash = hash(message, from, end);
        for (var slot = names.first(hash); ; slot = names.next(slot)) {
            var found = names.at(slot);
            if (found == null || (found.hash == hash && isName(found.name, message, from, end))) {
                return found;
            }
        }
    }

    /** The name, known from now on though it stands for nothing yet. */
    Named name(ByteBuffer message, int from, int to) {
        var known = find(message, from, to);
        if (known != null) {
            return known;
        }
        var name = new byte[to - from];
        message.get(from, name);
        var named = new Named(name, hash(message, from, Math.min(to, from + NAME_BYTES_MAX)));
        names.add(named);
        return named;
    }

    /** Has a name stand for a statement that was counted as used already, or for none; it may stand for the last one again. */
    void set(Named named, @Nullable Statement statement) {
        var before = named.statement;
        if (before != null) {
            bytes -= before.body.length;
        }
        if (statement != null) {
            bytes += statement.body.length;
            named.told = null;
        }
        named.statement = statement;
    }

    /** A message about it has been answered, or will never be. */
    void settle(Named named) {
        named.pending--;
        if (named.statement == null && named.pending == 0) {
            names.remove(named);
        }
    }

    /** The client has closed all; those that it is making are not concerned. */
    void forgetAll() {
        names.forEach(this::forgetSettled);
    }

    /** The client has closed one; if it is making it anew that is not concerned. */
    void forget(ByteBuffer name) {
        var named = find(name, 0, name.limit());
        if (named != null) {
            forgetSettled(named);
        }
    }

    private void forgetSettled(Named named) {
        if (named.pending == 0) {
            end(named);
            names.remove(named);
        }
    }

    /** The client goes. */
    void close() {
        names.forEach(this::end);
        names.clear();
    }

    private void end(Named named) {
        var statement = named.statement;
        if (statement != null) {
            set(named, null);
            book.release(statement);
        }
    }

    private int hash(ByteBuffer bytes, int from, int to) {
        return book.hash().of(bytes, from, to, 0);
    }

    private static boolean isName(byte[] name, ByteBuffer bytes, int from, int to) {
        var length = Math.min(name.length, NAME_BYTES_MAX);
        if (length != to - from) {
            return false;
        }
        for (var i = 0; i < length; i++) {
            if (name[i] != bytes.get(from + i)) {
                return false;
            }
        }
        return true;
    }
}
