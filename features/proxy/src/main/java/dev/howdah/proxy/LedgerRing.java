package dev.howdah.proxy;

import dev.howdah.proxy.ClientStatements.Named;
import dev.howdah.proxy.Ledger.Kind;
import dev.howdah.proxy.ServerCopies.Copy;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The messages of a {@link Ledger} in their order. It grows, and its entries are used again: nothing is allocated for a message. */
final class LedgerRing {
    private static final int FIRST_ENTRIES = 16;

    private Entry[] ring = entries(FIRST_ENTRIES);
    private int head;
    private int size;

    /** One message and what it concerns. */
    static final class Entry {
        Kind kind = Kind.SYNC;

        @Nullable Named named;

        @Nullable Copy copy;
        /** What its name stood for; the name is not used again before this is settled. */
        @Nullable Statement closed;

        /** Whether it is open what becomes of a name or a copy. */
        boolean changes() {
            return switch (kind) {
                case PARSE, OWN_PARSE, OWN_DESCRIBE, KNOWN_PARSE, KNOWN_CLOSE -> true;
                case OWN_CLOSE -> copy != null;
                default -> false;
            };
        }

        void clear() {
            named = null;
            copy = null;
            closed = null;
        }
    }

    private static Entry[] entries(int count) {
        var entries = new Entry[count];
        Arrays.setAll(entries, _ -> new Entry());
        return entries;
    }

    int size() {
        return size;
    }

    Entry at(int index) {
        return ring[(head + index) & (ring.length - 1)];
    }

    Entry addLast(Kind kind) {
        growIfFull();
        size++;
        var entry = at(size - 1);
        entry.kind = kind;
        return entry;
    }

    Entry addFirst(Kind kind) {
        growIfFull();
        head = (head - 1) & (ring.length - 1);
        size++;
        var entry = at(0);
        entry.kind = kind;
        return entry;
    }

    private void growIfFull() {
        if (size < ring.length) {
            return;
        }
        var larger = entries(2 * ring.length);
        for (var i = 0; i < size; i++) {
            larger[i] = at(i);
        }
        ring = larger;
        head = 0;
    }

    /** They are clear already. */
    void removeFirst(int count) {
        head = (head + count) & (ring.length - 1);
        size -= count;
    }

    /** They are clear already. */
    void removeLast(int count) {
        size -= count;
    }
}
