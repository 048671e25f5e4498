package dev.howdah.proxy;

import dev.howdah.proxy.ClientStatements.Named;
import dev.howdah.proxy.LedgerRing.Entry;
import dev.howdah.proxy.ServerCopies.Copy;
import org.jspecify.annotations.Nullable;

/**
 * What one server connection still has to answer, message by message, and what of it is the proxy's own affair. What a message is going to
 * change is noted when it is sent, and taken back when an error of an earlier message has the server skip it. Not thread-safe.
 */
final class Ledger {
    /** A client that is so far ahead of its server waits. By then the server has sent most answers, for each has five bytes or more. */
    private static final int ENTRIES_MAX = 1 << 16;

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
        /** Of the portal that the last Bind has made of a statement. */
        DESCRIBE_PORTAL('T', false),
        EXECUTE('C', false),
        CLOSE('3', false),
        /** The proxy's own; their answers are not for the client. */
        OWN_SYNC('Z', true),
        OWN_PARSE('1', true),
        OWN_CLOSE('3', true),
        OWN_DESCRIBE('T', true),
        /** A Bind that is sent to fail, see {@link ToldColumns}. */
        REFUSAL('2', true),
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

    private final StatementBook book;
    private final ServerCopies copies;
    private ClientStatements names;
    private final LedgerRing ring = new LedgerRing();
    private int changes;
    private long changedInRound;
    private boolean skipping;
    private boolean answeredInRound;
    private boolean sentInRound;

    Ledger(StatementBook book, ServerCopies copies) {
        this.book = book;
        this.copies = copies;
        this.names = new ClientStatements(book);
    }

    /** The server is lent to this client now. */
    void begin(ClientStatements ofClient) {
        names = ofClient;
        answeredInRound = false;
        sentInRound = false;
    }

    boolean isEmpty() {
        return ring.size() == 0;
    }

    boolean isFull() {
        return ring.size() >= ENTRIES_MAX;
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
        return ring.addLast(kind);
    }

    /** What is to be answered next; null when nothing is. */
    @Nullable Entry front() {
        return ring.size() == 0 ? null : ring.at(0);
    }

    /** Whether it is the proxy's turn to answer. */
    boolean isDue() {
        return ring.size() > 0 && ring.at(0).kind.answer == NONE;
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
            return ring.size() == 0 || !ring.at(0).kind.own;
        }
        var answer = tag == 'n' ? 'T' : tag == 'I' || tag == 's' ? 'C' : tag;
        if (answer == 'Z') {
            return ready();
        }
        if (ring.size() == 0 || ring.at(0).kind.answer != answer) {
            return true;
        }
        var own = ring.at(0).kind.own || isRefused();
        settleFront();
        return !own;
    }

    /** Whether the Bind that is being answered has been refused since it was sent. */
    private boolean isRefused() {
        return ring.at(0).kind == Kind.BIND && ring.size() > 1 && ring.at(1).kind == Kind.REFUSAL;
    }

    /** The copy that is being described; null when it is none, or one whose columns may change. */
    @Nullable Copy describing() {
        var front = front();
        var copy =
                front == null || (front.kind != Kind.DESCRIBE && front.kind != Kind.OWN_DESCRIBE) ? null : front.copy;
        return copy == null || copy.statement.borrowsColumns ? null : copy;
    }

    private boolean ready() {
        var round = indexOfRoundEnd();
        takeBack(0, round);
        answeredInRound = false;
        if (ring.size() == 0) {
            return true;
        }
        var own = ring.at(0).kind.own;
        settleFront();
        answeredInRound = false;
        return !own;
    }

    private int indexOfRoundEnd() {
        var index = 0;
        while (index < ring.size() && !ring.at(index).kind.endsRound()) {
            index++;
        }
        return index;
    }

    private void settleFront() {
        var entry = ring.at(0);
        ring.removeFirst(1);
        answeredInRound = answeredInRound || (!entry.kind.own && entry.kind.answer != NONE);
        var closed = entry.closed;
        if (closed != null) {
            book.release(closed);
        }
        happened(entry);
        settle(entry);
    }

    private static void happened(Entry entry) {
        var copy = entry.copy;
        if (copy == null) {
            return;
        }
        switch (entry.kind) {
            case PARSE, OWN_PARSE -> copy.description = null;
            case DESCRIBE, DESCRIBE_PORTAL -> {
                if (entry.named != null && entry.named.statement() == copy.statement) {
                    entry.named.told = copy.description;
                }
            }
            default -> {}
        }
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
        entry.clear();
    }

    /**
     * An error of the server's. When it is about a message of the extended protocol the server skips to the next Sync, and what it skips has
     * not happened.
     *
     * @return how many rounds it skips with it
     */
    int failed() {
        if (ring.size() == 0 || ring.at(0).kind.endsRound()) {
            return 0;
        }
        var sync = 0;
        var rounds = 0;
        while (sync < ring.size() && ring.at(sync).kind != Kind.SYNC && ring.at(sync).kind != Kind.OWN_SYNC) {
            rounds += ring.at(sync).kind.endsRound() ? 1 : 0;
            sync++;
        }
        takeBack(0, sync);
        skipping = ring.size() == 0;
        return rounds;
    }

    /** In COPY FROM STDIN, which is what is being answered, the server has ignored what was sent since. */
    void copyEnds() {
        takeBack(1, ring.size());
    }

    /** Nothing of what is open will be answered any more. */
    void abandon() {
        takeBack(0, ring.size());
        skipping = false;
    }

    /** Takes back what the entries from {@code from} to {@code to} were to do, and forgets them. Either end is one of the ledger's. */
    private void takeBack(int from, int to) {
        for (var i = to - 1; i >= from; i--) {
            var entry = ring.at(i);
            undo(entry);
            settle(entry);
        }
        if (from == 0) {
            ring.removeFirst(to);
        } else {
            ring.removeLast(to - from);
        }
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
        first(Kind.OWN_DESCRIBE, copy, round);
        first(Kind.OWN_PARSE, copy, round);
        first(Kind.OWN_CLOSE, copy, round);
        first(Kind.OWN_SYNC, null, round);
    }

    private void first(Kind kind, @Nullable Copy copy, long round) {
        var entry = ring.addFirst(kind);
        entry.copy = copy;
        if (copy != null) {
            copy.pending++;
            changes++;
            changedInRound = round;
        }
    }

    /** Whether nothing has been sent behind what is being answered. */
    boolean isAtLast() {
        return ring.size() == 1;
    }

    /** Whether the round being answered has its end already. */
    boolean hasRoundEnd() {
        return indexOfRoundEnd() < ring.size();
    }

    /** Whether it ends with a Sync, or has not ended. */
    boolean endsWithSync() {
        var end = indexOfRoundEnd();
        return end == ring.size() || ring.at(end).kind == Kind.SYNC;
    }
}
