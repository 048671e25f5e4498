package dev.howdah.proxy;

import dev.howdah.proxy.ClientStatements.Named;
import dev.howdah.proxy.ServerCopies.Copy;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one server connection still has to answer, message by message, and what of it is the proxy's own affair. What a message is going to
 * change is noted when it is sent, and taken back when an error of an earlier message has the server skip it. Not thread-safe.
 */
final class Ledger {
    /** A client that is so far ahead of its server waits. By then the server has sent most answers, for each has five bytes or more. */
    private static final int ENTRIES_MAX = 1 << 16;

    private static final int FIRST_ENTRIES = 16;
    private static final byte NONE = 0;

    /** A message under way. */
    enum Kind {
        SYNC('Z', false),
        QUERY('Z', false),
        CALL('Z', false),
        /** Makes a statement that is followed here. */
        PARSE('1', false),
        /** Any other: of the unnamed statement, or one that is about to fail. */
        PLAIN_PARSE('1', false),
        BIND('2', false),
        DESCRIBE('T', false),
        EXECUTE('C', false),
        CLOSE('3', false),
        /** The proxy's own; their answers are not for the client. */
        OWN_SYNC('Z', true),
        OWN_PARSE('1', true),
        OWN_CLOSE('3', true),
        /** Never sent, because nothing is to be done for them; the proxy answers them itself. */
        KNOWN_PARSE(NONE, false),
        KNOWN_CLOSE(NONE, false);

        private final byte answer;
        private final boolean own;

        Kind(int answer, boolean own) {
            this.answer = (byte) answer;
            this.own = own;
        }

        boolean endsRound() {
            return answer == 'Z';
        }
    }

    /** One message and what it concerns. */
    static final class Entry {
        private Kind kind = Kind.SYNC;
        private @Nullable Named named;
        private @Nullable Copy copy;
        private @Nullable Statement closed;

        Kind kind() {
            return kind;
        }

        @Nullable Named named() {
            return named;
        }

        @Nullable Copy copy() {
            return copy;
        }

        private boolean changes() {
            return switch (kind) {
                case PARSE, OWN_PARSE, KNOWN_PARSE, KNOWN_CLOSE -> true;
                case OWN_CLOSE -> copy != null;
                default -> false;
            };
        }
    }

    private final StatementBook book;
    private final ServerCopies copies;
    private ClientStatements names;
    private Entry[] ring = entries(FIRST_ENTRIES);
    private int head;
    private int size;
    private int changes;
    private long changedInRound;
    private boolean skipping;
    private boolean answeredInRound;
    private boolean sentInRound;
    private boolean parametersShown;
    private boolean dropsParameters;

    Ledger(StatementBook book, ServerCopies copies) {
        this.book = book;
        this.copies = copies;
        this.names = new ClientStatements(book);
    }

    private static Entry[] entries(int count) {
        var entries = new Entry[count];
        Arrays.setAll(entries, _ -> new Entry());
        return entries;
    }

    /** The server is lent to this client now. */
    void begin(ClientStatements ofClient) {
        names = ofClient;
        answeredInRound = false;
        sentInRound = false;
        dropsParameters = false;
    }

    boolean isEmpty() {
        return size == 0;
    }

    boolean isFull() {
        return size >= ENTRIES_MAX;
    }

    /** Whether the server ignores everything up to the next Sync. */
    boolean skipping() {
        return skipping;
    }

    /** Whether it is still open what became of names and statements in a round before this one. */
    boolean isOpenBefore(long round) {
        return changes > 0 && changedInRound != round;
    }

    /** A message that changes nothing. */
    void sent(Kind kind) {
        next(kind);
        skipping = skipping && kind != Kind.SYNC;
    }

    /** A message about a statement, which changes nothing. */
    void sent(Kind kind, @Nullable Named named, @Nullable Copy copy) {
        var entry = next(kind);
        entry.named = named;
        entry.copy = copy;
    }

    /** A message of this round that makes or closes a statement. */
    void changed(Kind kind, @Nullable Named named, @Nullable Copy copy, @Nullable Statement closed, long round) {
        var entry = next(kind);
        entry.named = named;
        entry.copy = copy;
        entry.closed = closed;
        if (named != null) {
            named.pending++;
        }
        if (copy != null) {
            copy.pending++;
        }
        changes++;
        changedInRound = round;
    }

    private Entry next(Kind kind) {
        if (!kind.own && kind.answer != NONE) {
            sentInRound = !kind.endsRound();
        }
        if (size == ring.length) {
            grow();
        }
        var entry = at(size++);
        entry.kind = kind;
        return entry;
    }

    private void grow() {
        var larger = entries(2 * ring.length);
        for (var i = 0; i < size; i++) {
            larger[i] = at(i);
        }
        ring = larger;
        head = 0;
    }

    private Entry at(int index) {
        return ring[(head + index) & (ring.length - 1)];
    }

    /** What is to be answered next; null when nothing is. */
    @Nullable Entry front() {
        return size == 0 ? null : at(0);
    }

    /** Whether it is the proxy's turn to answer. */
    boolean isDue() {
        return size > 0 && at(0).kind.answer == NONE;
    }

    /** The proxy has answered. */
    void answeredDue() {
        settleFront();
    }

    /** Whether the server has been sent anything of the client's in the round that is being sent. */
    boolean sentInRound() {
        return sentInRound;
    }

    /** Whether the server has answered anything of the round that it is at. */
    boolean answeredInRound() {
        return answeredInRound;
    }

    /** An answer of the server's, by its tag; false when it is not for the client. */
    boolean answered(byte tag) {
        if (tag == 't') {
            return parameters();
        }
        var answer = tag == 'n' ? 'T' : tag == 'I' || tag == 's' ? 'C' : tag;
        if (answer == 'Z') {
            return ready();
        }
        if (size == 0 || at(0).kind.answer != answer) {
            return true;
        }
        var own = at(0).kind.own;
        settleFront();
        return !own;
    }

    /** What a statement's parameters are, which a Describe tells before it fails or goes on. */
    private boolean parameters() {
        var passes = !dropsParameters;
        dropsParameters = false;
        parametersShown = true;
        return passes;
    }

    private boolean ready() {
        var round = indexOfRoundEnd();
        takeBack(0, round);
        answeredInRound = false;
        if (size == 0) {
            return true;
        }
        var own = at(0).kind.own;
        settleFront();
        answeredInRound = false;
        return !own;
    }

    private int indexOfRoundEnd() {
        var index = 0;
        while (index < size && !at(index).kind.endsRound()) {
            index++;
        }
        return index;
    }

    private void settleFront() {
        var entry = at(0);
        head = (head + 1) & (ring.length - 1);
        size--;
        answeredInRound = answeredInRound || (!entry.kind.own && entry.kind.answer != NONE);
        parametersShown = parametersShown && entry.kind.own;
        var closed = entry.closed;
        if (closed != null) {
            book.release(closed);
        }
        settle(entry);
    }

    private void settle(Entry entry) {
        if (entry.changes()) {
            changes--;
            if (entry.named != null) {
                names.settle(entry.named);
            }
            if (entry.copy != null) {
                copies.settle(entry.copy);
            }
        }
        entry.named = null;
        entry.copy = null;
        entry.closed = null;
    }

    /**
     * An error of the server's. When it is about a message of the extended protocol the server skips to the next Sync, and what it skips has
     * not happened.
     *
     * @return how many rounds it skips with it
     */
    int failed() {
        if (size == 0 || at(0).kind.endsRound()) {
            return 0;
        }
        var sync = 0;
        var rounds = 0;
        while (sync < size && at(sync).kind != Kind.SYNC && at(sync).kind != Kind.OWN_SYNC) {
            rounds += at(sync).kind.endsRound() ? 1 : 0;
            sync++;
        }
        takeBack(0, sync);
        skipping = size == 0;
        return rounds;
    }

    /** In COPY FROM STDIN, which is what is being answered, the server has ignored what was sent since. */
    void copyEnds() {
        takeBack(1, size);
    }

    /** Nothing of what is open will be answered any more. */
    void abandon() {
        takeBack(0, size);
        skipping = false;
    }

    /** Takes back what the entries from {@code from} to {@code to} were to do, and forgets them. Either end is one of the ledger's. */
    private void takeBack(int from, int to) {
        for (var i = to - 1; i >= from; i--) {
            var entry = at(i);
            undo(entry);
            settle(entry);
        }
        if (from == 0) {
            head = (head + to) & (ring.length - 1);
        }
        size -= to - from;
    }

    private void undo(Entry entry) {
        switch (entry.kind) {
            case PARSE, KNOWN_PARSE -> {
                undoName(entry.named);
                present(entry.copy, false);
            }
            case OWN_PARSE -> present(entry.copy, false);
            case OWN_CLOSE -> {
                present(entry.copy, true);
                if (entry.copy != null) {
                    entry.copy.stale = true;
                }
            }
            case KNOWN_CLOSE -> {
                if (entry.named != null) {
                    names.set(entry.named, entry.closed);
                }
            }
            default -> {}
        }
    }

    private void undoName(@Nullable Named named) {
        var statement = named == null ? null : named.statement();
        if (named != null && statement != null) {
            names.set(named, null);
            book.release(statement);
        }
    }

    private void present(@Nullable Copy copy, boolean now) {
        if (copy != null) {
            copies.present(copy, now);
        }
    }

    /** The server skips to a Sync, and is then sent the open round once more, with the statement made anew in front of it. */
    void repeat(Copy copy, long round) {
        dropsParameters = parametersShown;
        first(Kind.OWN_PARSE, copy, round);
        first(Kind.OWN_CLOSE, copy, round);
        first(Kind.OWN_SYNC, null, round);
    }

    private void first(Kind kind, @Nullable Copy copy, long round) {
        if (size == ring.length) {
            grow();
        }
        head = (head - 1) & (ring.length - 1);
        size++;
        var entry = at(0);
        entry.kind = kind;
        entry.copy = copy;
        if (copy != null) {
            copy.pending++;
            changes++;
            changedInRound = round;
        }
    }

    /** Whether the round being answered has its end already. */
    boolean hasRoundEnd() {
        return indexOfRoundEnd() < size;
    }

    /** Whether it ends with a Sync, or has not ended. */
    boolean endsWithSync() {
        var end = indexOfRoundEnd();
        return end == size || at(end).kind == Kind.SYNC;
    }
}
