package dev.howdah.proxy;

import org.jspecify.annotations.Nullable;

/** The statements that are prepared on one server connection, the one used last first. Not thread-safe. */
final class ServerCopies {
    private static final int FIRST_SLOTS = 16;

    private @Nullable Copy[] slots = new @Nullable Copy[FIRST_SLOTS];
    private int size;
    private int present;
    private @Nullable Copy oldest;
    private @Nullable Copy newest;

    /** One statement on one server. */
    static final class Copy {
        final Statement statement;
        /** Whether the server will have it when it has done everything it was sent. */
        private boolean present;
        /** Whether it fits the tables no more. */
        boolean stale;
        /** Messages under way that make it, close it, or have it described. */
        int pending;
        /** What the server has said of it; null when it has not been asked, or not since it was made. */
        @Nullable Description description;

        private @Nullable Copy older;
        private @Nullable Copy newer;

        private Copy(Statement statement) {
            this.statement = statement;
        }

        boolean present() {
            return present;
        }

        /** Whether it can be used as it is. Outdated is what another server has said something else of since. */
        boolean serves(@Nullable Description wanted) {
            return present
                    && !stale
                    && (pending > 0
                            || description == null
                            || description == wanted
                            || description == statement.description);
        }
    }

    /** So many the server has. */
    int present() {
        return present;
    }

    /** What is known of it here; a new one is not present yet. */
    Copy of(Statement statement) {
        var mask = slots.length - 1;
        for (var i = slot(statement, mask); ; i = (i + 1) & mask) {
            var found = slots[i];
            if (found == null) {
                return add(new Copy(statement));
            }
            if (found.statement == statement) {
                return found;
            }
        }
    }

    private static int slot(Statement statement, int mask) {
        return (int) statement.id & mask;
    }

    private Copy add(Copy copy) {
        if (2 * (size + 1) > slots.length) {
            var before = slots;
            slots = new @Nullable Copy[2 * before.length];
            for (var each : before) {
                if (each != null) {
                    place(each);
                }
            }
        }
        place(copy);
        size++;
        return copy;
    }

    private void place(Copy copy) {
        var mask = slots.length - 1;
        var i = slot(copy.statement, mask);
        while (slots[i] != null) {
            i = (i + 1) & mask;
        }
        slots[i] = copy;
    }

    void present(Copy copy, boolean now) {
        if (copy.present == now) {
            return;
        }
        copy.present = now;
        if (now) {
            present++;
            link(copy);
        } else {
            present--;
            unlink(copy);
        }
    }

    /** It is used now. */
    void touch(Copy copy) {
        if (copy != newest && copy.present) {
            unlink(copy);
            link(copy);
        }
    }

    /** The one that was used last. */
    @Nullable Copy newest() {
        return newest;
    }

    /** The one that has not been used for longest. */
    @Nullable Copy oldest() {
        return oldest;
    }

    private void link(Copy copy) {
        copy.older = newest;
        copy.newer = null;
        if (newest == null) {
            oldest = copy;
        } else {
            newest.newer = copy;
        }
        newest = copy;
    }

    private void unlink(Copy copy) {
        if (copy.older == null) {
            oldest = copy.newer;
        } else {
            copy.older.newer = copy.newer;
        }
        if (copy.newer == null) {
            newest = copy.older;
        } else {
            copy.newer.older = copy.older;
        }
        copy.older = null;
        copy.newer = null;
    }

    /** Nothing under way concerns it any more than what is under way still says; one that is gone is forgotten. */
    void settle(Copy copy) {
        copy.pending--;
        if (!copy.present && copy.pending == 0) {
            remove(copy);
        }
    }

    private void remove(Copy copy) {
        var mask = slots.length - 1;
        var gap = slot(copy.statement, mask);
        while (slots[gap] != copy) {
            gap = (gap + 1) & mask;
        }
        for (var i = (gap + 1) & mask; ; i = (i + 1) & mask) {
            var next = slots[i];
            if (next == null) {
                break;
            }
            if (((i - slot(next.statement, mask)) & mask) >= ((i - gap) & mask)) {
                slots[gap] = next;
                gap = i;
            }
        }
        slots[gap] = null;
        size--;
    }

    /** The server has closed all that it had; those that are being made are not concerned. */
    void forgetAll() {
        for (var each = oldest; each != null; ) {
            var next = each.newer;
            if (each.pending == 0) {
                present(each, false);
                remove(each);
            }
            each = next;
        }
    }
}
