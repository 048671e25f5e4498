package dev.howdah.proxy;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Every {@link Statement} of one loop, once. One that no client names any more is kept for the next client that prepares it, while there are
 * not too many of those, so that applications that connect anew each time find their statements prepared. It knows nothing of connections and can
 * be used, and measured, by itself; not thread-safe.
 */
final class StatementBook {
    static final int UNUSED_MAX = 2_000;
    static final long UNUSED_BYTES_MAX = 8L << 20;

    private static final int FIRST_SLOTS = 64;

    private final ByteHash hash;
    private final int unusedMax;
    private final long unusedBytesMax;
    private final ProbeTable<Statement> statements = new ProbeTable<>(FIRST_SLOTS);
    private long nextId;
    private long ticks;

    private @Nullable Statement oldestUnused;
    private @Nullable Statement newestUnused;
    private int unused;
    private long unusedBytes;

    /** @param seed see {@link ByteHash} */
    StatementBook(long seed) {
        this(seed, UNUSED_MAX, UNUSED_BYTES_MAX);
    }

    StatementBook(long seed, int unusedMax, long unusedBytesMax) {
        this.hash = new ByteHash(seed);
        this.unusedMax = unusedMax;
        this.unusedBytesMax = unusedBytesMax;
    }

    /** How the loop hashes what its clients choose. */
    ByteHash hash() {
        return hash;
    }

    int size() {
        return statements.size();
    }

    /** Grows each time: says which of two things a server has said later. */
    long tick() {
        return ++ticks;
    }

    /**
     * The statement with this body, which has one use more now.
     *
     * @param reading see {@link Reading}
     */
    Statement use(ByteBuffer bytes, int from, int to, long reading) {
        var wanted = hash.of(bytes, from, to, reading);
        var known = find(wanted, bytes, from, to, reading);
        if (known != null) {
            return used(known);
        }
        var body = new byte[to - from];
        bytes.get(from, body);
        var made = new Statement(nextId++, body, reading, wanted);
        made.uses = 1;
        statements.add(made);
        return made;
    }

    private @Nullable Statement find(int wanted, ByteBuffer bytes, int from, int to, long reading) {
        if (statements.size() == 0) {
            return null;
        }
        for (var slot = statements.first(wanted); ; slot = statements.next(slot)) {
            var found = statements.at(slot);
            if (found == null
                    || (found.hash == wanted && found.reading == reading && isBody(found.body, bytes, from, to))) {
                return found;
            }
        }
    }

    private Statement used(Statement statement) {
        if (statement.uses == 0) {
            unlink(statement);
        }
        statement.uses++;
        return statement;
    }

    /** One use less. */
    void release(Statement statement) {
        statement.uses--;
        if (statement.uses > 0) {
            return;
        }
        link(statement);
        for (var oldest = oldestUnused;
                oldest != null && (unused > unusedMax || unusedBytes > unusedBytesMax);
                oldest = oldestUnused) {
            unlink(oldest);
            statements.remove(oldest);
        }
    }

    private void link(Statement statement) {
        statement.older = newestUnused;
        statement.newer = null;
        if (newestUnused == null) {
            oldestUnused = statement;
        } else {
            newestUnused.newer = statement;
        }
        newestUnused = statement;
        unused++;
        unusedBytes += statement.body.length;
    }

    private void unlink(Statement statement) {
        if (statement.older == null) {
            oldestUnused = statement.newer;
        } else {
            statement.older.newer = statement.newer;
        }
        if (statement.newer == null) {
            newestUnused = statement.older;
        } else {
            statement.newer.older = statement.older;
        }
        statement.older = null;
        statement.newer = null;
        unused--;
        unusedBytes -= statement.body.length;
    }

    private static boolean isBody(byte[] body, ByteBuffer bytes, int from, int to) {
        if (body.length != to - from) {
            return false;
        }
        for (var i = 0; i < body.length; i++) {
            if (body[i] != bytes.get(from + i)) {
                return false;
            }
        }
        return true;
    }
}
