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

    private final int seed;
    private final int unusedMax;
    private final long unusedBytesMax;
    private @Nullable Statement[] slots = new @Nullable Statement[FIRST_SLOTS];
    private int size;
    private long nextId;

    private @Nullable Statement oldestUnused;
    private @Nullable Statement newestUnused;
    private int unused;
    private long unusedBytes;

    /** @param seed so that nobody can choose texts that fall into one slot */
    StatementBook(int seed) {
        this(seed, UNUSED_MAX, UNUSED_BYTES_MAX);
    }

    StatementBook(int seed, int unusedMax, long unusedBytesMax) {
        this.seed = seed;
        this.unusedMax = unusedMax;
        this.unusedBytesMax = unusedBytesMax;
    }

    int size() {
        return size;
    }

    /**
     * The statement with this body, which has one use more now.
     *
     * @param reading see {@link Reading}
     */
    Statement use(ByteBuffer bytes, int from, int to, long reading) {
        var hash = hash(bytes, from, to, reading);
        var mask = slots.length - 1;
        for (var i = hash & mask; ; i = (i + 1) & mask) {
            var found = slots[i];
            if (found == null) {
                break;
            }
            if (found.hash == hash && found.reading == reading && isBody(found.body, bytes, from, to)) {
                return used(found);
            }
        }
        var body = new byte[to - from];
        bytes.get(from, body);
        var made = new Statement(nextId++, body, reading, hash);
        made.uses = 1;
        add(made);
        return made;
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
            remove(oldest);
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

    private void add(Statement statement) {
        if (2 * (size + 1) > slots.length) {
            var before = slots;
            slots = new @Nullable Statement[2 * before.length];
            for (var each : before) {
                if (each != null) {
                    place(each);
                }
            }
        }
        place(statement);
        size++;
    }

    private void place(Statement statement) {
        var mask = slots.length - 1;
        var i = statement.hash & mask;
        while (slots[i] != null) {
            i = (i + 1) & mask;
        }
        slots[i] = statement;
    }

    /** Those behind the gap move up, so that searches need not go past it. */
    private void remove(Statement statement) {
        var mask = slots.length - 1;
        var gap = statement.hash & mask;
        while (slots[gap] != statement) {
            gap = (gap + 1) & mask;
        }
        for (var i = (gap + 1) & mask; ; i = (i + 1) & mask) {
            var next = slots[i];
            if (next == null) {
                break;
            }
            if (((i - next.hash) & mask) >= ((i - gap) & mask)) {
                slots[gap] = next;
                gap = i;
            }
        }
        slots[gap] = null;
        size--;
    }

    private int hash(ByteBuffer bytes, int from, int to, long reading) {
        var hash = seed ^ (reading * 0x9E3779B97F4A7C15L);
        var i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            hash = mix(hash ^ bytes.getLong(i));
        }
        var tail = (long) (to - from);
        for (; i < to; i++) {
            tail = (tail << Byte.SIZE) | (bytes.get(i) & 0xff);
        }
        hash = mix(hash ^ tail);
        return (int) (hash ^ (hash >>> 32));
    }

    private static long mix(long value) {
        var product = value * 0xD6E8FEB86659FD93L;
        return product ^ (product >>> 32);
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
