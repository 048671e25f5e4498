package dev.howdah.proxy;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An open-addressing hash table whose entries know their own hash, so that one is found by bytes that lie somewhere in a buffer without an object
 * for the key. Searches go from {@link #first} by {@link #next} until they meet an empty slot. Never more than half full; not thread-safe.
 */
final class ProbeTable<E extends ProbeTable.Entry> {
    private static final @Nullable Object[] NO_SLOTS = {};

    private final int firstSlots;
    private @Nullable Object[] slots = NO_SLOTS;
    private int size;

    /** What lies in a table. */
    interface Entry {
        /** Always the same. */
        int hash();
    }

    /** @param firstSlots how many the first entry brings, a power of two; an empty table has none */
    ProbeTable(int firstSlots) {
        this.firstSlots = firstSlots;
    }

    int size() {
        return size;
    }

    /** The slot where a search for {@code hash} begins; the table is not empty. */
    int first(int hash) {
        return hash & (slots.length - 1);
    }

    int next(int slot) {
        return (slot + 1) & (slots.length - 1);
    }

    /** Null where a search ends. */
    @SuppressWarnings("unchecked") // only E goes in
    @Nullable E at(int slot) {
        return (E) slots[slot];
    }

    void add(E entry) {
        if (2 * (size + 1) > slots.length) {
            var before = slots;
            slots = new @Nullable Object[Math.max(firstSlots, 2 * before.length)];
            for (var each : before) {
                if (each != null) {
                    place((Entry) each);
                }
            }
        }
        place(entry);
        size++;
    }

    private void place(Entry entry) {
        var slot = first(entry.hash());
        while (slots[slot] != null) {
            slot = next(slot);
        }
        slots[slot] = entry;
    }

    /** Takes an entry out that is there. Those behind the gap move up, so that searches need not go past it. */
    @SuppressWarnings("ReferenceEquality") // the very entry is meant
    void remove(E entry) {
        var mask = slots.length - 1;
        var gap = first(entry.hash());
        while (slots[gap] != entry) {
            gap = next(gap);
        }
        for (var slot = next(gap); slots[slot] instanceof Entry later; slot = next(slot)) {
            if (((slot - later.hash()) & mask) >= ((slot - gap) & mask)) {
                slots[gap] = later;
                gap = slot;
            }
        }
        slots[gap] = null;
        size--;
    }

    /** Entries may be removed meanwhile; none is met twice, and all that stay are met. */
    @SuppressWarnings("unchecked") // only E went in
    void forEach(Consumer<E> action) {
        for (var each : slots.clone()) {
            if (each != null) {
                action.accept((E) each);
            }
        }
    }

    void clear() {
        slots = NO_SLOTS;
        size = 0;
    }
}
