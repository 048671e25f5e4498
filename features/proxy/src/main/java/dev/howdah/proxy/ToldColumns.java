package dev.howdah.proxy;

import dev.howdah.proxy.ClientStatements.Named;
import dev.howdah.proxy.ServerCopies.Copy;
import dev.howdah.wire.Diagnostic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a client which goes by what it has been told about a statement meets nothing else: not where the statement is prepared on a
 * server after its tables were changed, which to that server is no reason to complain.
 *
 * <p>Told is who has had a Describe of the statement, or of a portal made of it, answered. Its Bind passes at once where the server has said the same
 * of its copy. Where it has said nothing, or something older, the statement is prepared anew and described before the Bind, which waits for the
 * answer. Parameters are then given the types that the client knows, as PostgreSQL keeps them too; where columns differ the client gets
 * PostgreSQL's own error of that case, unless it asks for them before it executes anything.
 *
 * <p>That error stands in its right place among the answers and fails the transaction like any other, because the server raises one itself: for a
 * Bind of a statement that does not exist.
 */
final class ToldColumns {
    private static final String NOBODY = Statement.NAME_PREFIX + "!";
    private static final byte[] REFUSED_BIND = refusedBind();
    private static final byte[] FLUSH = {'H', 0, 0, 0, 4};

    private final Conversation conversation;
    private final Preparation preparation;
    private final StatementCarrier.Sink sink;
    private ServerRecord server;

    /** Being asked for, with a Bind that waits. */
    private @Nullable Copy asked;
    /** Has been asked for by the message in hand. */
    private @Nullable Copy answered;

    /** Of the last Bind, if it was of a named statement, and the name of its portal as a hash. */
    private @Nullable Named boundName;

    private @Nullable Copy boundCopy;
    private long boundPortal;

    /** Whether that Bind's client may go by other columns than it will get. */
    private boolean suspect;

    private long suspectRound;
    private boolean waitsForSuspect;

    /** The statement that was described last, and in which round. */
    private @Nullable Named describedName;

    private long describedRound;

    ToldColumns(Conversation conversation, Preparation preparation, StatementCarrier.Sink sink, ServerRecord none) {
        this.conversation = conversation;
        this.preparation = preparation;
        this.sink = sink;
        this.server = none;
    }

    private static byte[] refusedBind() {
        var name = NOBODY.getBytes(StandardCharsets.US_ASCII);
        var length = 4 + 1 + name.length + 1 + 3 * Short.BYTES;
        return ByteBuffer.allocate(1 + length)
                .put((byte) 'B')
                .putInt(length)
                .put((byte) 0)
                .put(name)
                .array();
    }

    void server(ServerRecord next) {
        server = next;
        asked = null;
        answered = null;
        boundName = null;
        boundCopy = null;
        suspect = false;
        waitsForSuspect = false;
        describedName = null;
    }

    /** Whether the client's next message has to wait for what the server says. */
    boolean waits() {
        if (asked != null && asked.pending == 0) {
            answered = asked;
            asked = null;
        }
        waitsForSuspect = waitsForSuspect && boundCopy != null && boundCopy.pending > 0;
        return asked != null || waitsForSuspect;
    }

    /** Whether a Bind of this name may pass now; else it is to be shown again when {@link #waits} says so. */
    boolean mayBind(Named named, Statement before) {
        var told = named.told;
        if (told == null) {
            return true;
        }
        if (waits()) {
            return false;
        }
        var statement = preparation.current(named, before);
        var copy = server.copies.of(statement);
        if (copy.pending == 0 && copy.description == told && copy.serves(told)) {
            return true;
        }
        return mayBind(named, statement, copy, told);
    }

    private boolean mayBind(Named named, Statement statement, Copy copy, Description told) {
        if (named == describedName && describedRound == conversation.round()) {
            return true; // what it is told now is answered before this
        }
        if (!isAnswered(copy) && (copy.pending > 0 || !copy.serves(told) || isUnsure(copy.description, told))) {
            ask(copy);
            return false;
        }
        answered = null;
        var now = copy.description;
        if (now == null) {
            return true; // too long to be read
        }
        if (!now.hasParametersOf(told)) {
            var typed = preparation.typed(named, statement, told);
            if (typed != statement) {
                return mayBind(named, typed);
            }
        }
        if (now.hasColumnsOf(told)) {
            named.told = now;
        } else {
            suspect = true;
            suspectRound = conversation.round();
        }
        return true;
    }

    private boolean isAnswered(Copy copy) {
        return copy == answered && copy.present() && !copy.stale;
    }

    /** Of two that have been said, the copy with the older one may be as outdated as the client with it. */
    private static boolean isUnsure(@Nullable Description ofCopy, Description told) {
        return ofCopy == null || (ofCopy.isOlderThan(told) && !ofCopy.is(told));
    }

    private void ask(Copy copy) {
        preparation.prepare(copy);
        preparation.describe(copy);
        sink.put(FLUSH);
        conversation.sent((byte) 'B'); // the round has begun, and its error may be in what was just sent
        asked = copy;
    }

    /** A Bind has been sent, of a named statement that is followed or, where these are null, of another. */
    void bound(@Nullable Named named, @Nullable Copy copy, long portal) {
        boundName = named;
        boundCopy = copy;
        boundPortal = portal;
    }

    /** The statement that the last Bind was of; null when it was of another. */
    @Nullable Statement bound() {
        return boundCopy == null ? null : boundCopy.statement;
    }

    /** The last Bind was repeated with a statement made anew, and nothing is behind it yet. */
    void suspect() {
        suspect = true;
        suspectRound = conversation.round();
    }

    /** The client has the statement described. */
    void describes(Named named) {
        describedName = named;
        describedRound = conversation.round();
    }

    /** The client has a portal described. */
    void describesPortal(long portal) {
        var named = boundName;
        var copy = boundCopy;
        if (named == null || copy == null || portal != boundPortal) {
            server.ledger.sent(Ledger.Kind.DESCRIBE);
            return;
        }
        suspect = false;
        // In a failed transaction the portal is of no use, and a question of our own would be refused in its place.
        var failed = conversation.allAnswered() && conversation.status() == 'E';
        if (failed || copy.statement.borrowsColumns || !copy.present() || named.statement() != copy.statement) {
            server.ledger.sent(Ledger.Kind.DESCRIBE);
            return;
        }
        if (copy.description == null || copy.pending > 0) {
            // A portal says nothing of parameters, and may know more of types than its statement.
            preparation.describe(copy);
        }
        server.ledger.sent(Ledger.Kind.DESCRIBE_PORTAL, named, copy);
    }

    /** Whether the client may be sent on behind its last Bind, with a message other than Describe and Flush. */
    boolean mayGoOn() {
        var named = boundName;
        var copy = boundCopy;
        if (!suspect || named == null || copy == null || suspectRound != conversation.round()) {
            suspect = false;
            return true;
        }
        if (copy.pending > 0) {
            if (!waitsForSuspect) {
                waitsForSuspect = true;
                sink.put(FLUSH);
            }
            return false;
        }
        suspect = false;
        var told = named.told;
        if (told != null && copy.description != null && !copy.description.is(told)) {
            sink.put(REFUSED_BIND);
            server.ledger.sent(Ledger.Kind.REFUSAL);
        }
        return true;
    }

    /** Whether this is the server's answer to a Bind that was sent to fail. */
    static boolean isRefusal(Diagnostic error) {
        return error.code().equals("26000") && error.message().contains(NOBODY);
    }

    /** What the client is told instead, word for word as PostgreSQL tells it. */
    static Diagnostic refusal() {
        return Diagnostic.of(Diagnostic.Severity.ERROR, "0A000", "cached plan must not change result type")
                .with('F', "plancache.c")
                .with('R', "RevalidateCachedQuery");
    }
}
