package dev.howdah.proxy;

import org.jspecify.annotations.Nullable;

/** Clients that wait, first come, first served. Each has one {@link Place} all its life, so that waiting costs no memory of its own. */
final class WaitQueue {
    private @Nullable Place first;
    private @Nullable Place last;
    private int size;

    /** Where one client waits; in one queue at most, and able to leave it from anywhere. */
    static final class Place {
        final Loan loan;
        private long sinceNanos;
        private @Nullable WaitQueue queue;
        private @Nullable Place next;
        private @Nullable Place previous;

        Place(Loan loan) {
            this.loan = loan;
        }

        long sinceNanos() {
            return sinceNanos;
        }

        /** False for one that waits nowhere. */
        boolean leave() {
            var from = queue;
            if (from != null) {
                from.remove(this);
            }
            return from != null;
        }
    }

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return size;
    }

    /** Who has waited longest. */
    @Nullable Place first() {
        return first;
    }

    void add(Place place, long nowNanos) {
        if (place.queue != null) {
            throw new IllegalStateException("a client waits twice");
        }
        place.queue = this;
        place.sinceNanos = nowNanos;
        place.previous = last;
        if (last == null) {
            first = place;
        } else {
            last.next = place;
        }
        last = place;
        size++;
    }

    private void remove(Place place) {
        if (place.previous == null) {
            first = place.next;
        } else {
            place.previous.next = place.next;
        }
        if (place.next == null) {
            last = place.previous;
        } else {
            place.next.previous = place.previous;
        }
        place.queue = null;
        place.next = null;
        place.previous = null;
        size--;
    }
}
