package dev.howdah.proxy;

import dev.howdah.proxy.ClientStatements.Named;
import dev.howdah.proxy.ServerCopies.Copy;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.proxy.sql.StatementFacts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries one client's named statements to whichever server it has. A name is the client's own; on servers each {@link Statement} has one name
 * for all. It is prepared where it is missing, in front of the message that needs it, and what a server has already is not prepared again.
 */
final class StatementCarrier {
    /** Of a Bind that waits, of which nothing has been sent. */
    static final int HELD = -1;

    private static final int HEADER_BYTES = 5;
    private static final byte[] SYNC = {'S', 0, 0, 0, 4};
    private static final byte[] PREFIX = Statement.NAME_PREFIX.getBytes(StandardCharsets.US_ASCII);

    /** The way to the server, behind everything that the client has sent before the message in hand. */
    interface Sink {
        /** Where to write at most {@code length} bytes; {@link #written} has to follow. */
        ByteBuffer room(int length);

        void written(ByteBuffer room, int from);

        /** Sends bytes that stay as they are to the end of the pass. */
        void pass(ByteBuffer bytes, int from, int to);

        void put(byte[] bytes);

        /** What the client executes next may notify. */
        void notifies();

        /** The message in hand has to wait until {@link #waits()} says otherwise, and is shown again then. */
        void hold();
    }

    private final Conversation conversation;
    private final ClientStatements names;
    private final StatementBook book;
    private final Reading reading;
    private final PoolStatistics statistics;
    private final IntSupplier copiesMax;
    private final Sink sink;
    private final Preparation preparation;
    private final ToldColumns told;
    private final ArrayDeque<String> deallocating = new ArrayDeque<>(0);
    private ServerRecord server;

    /** @param copiesMax so many statements may be prepared on one server; with 0 names are not followed */
    StatementCarrier(
            Conversation conversation,
            StatementBook book,
            Reading reading,
            PoolStatistics statistics,
            IntSupplier copiesMax,
            Sink sink,
            ServerRecord none) {
        this.conversation = conversation;
        this.names = new ClientStatements(book);
        this.book = book;
        this.reading = reading;
        this.statistics = statistics;
        this.copiesMax = copiesMax;
        this.sink = sink;
        this.preparation = new Preparation(conversation, names, book, reading, statistics, copiesMax, sink, none);
        this.told = new ToldColumns(conversation, preparation, sink, none);
        this.server = none;
    }

    ClientStatements names() {
        return names;
    }

    /** Whether the client has a statement of this name. */
    boolean has(ByteBuffer message, int nameFrom, int nameEnd) {
        var named = names.find(message, nameFrom, nameEnd);
        return named != null && named.statement() != null;
    }

    void server(ServerRecord next) {
        server = next;
        preparation.server(next);
        told.server(next);
    }

    /** Whether the client's next message has to wait for what the server says about a statement. */
    boolean waits() {
        return told.waits();
    }

    /** Whether a message other than Describe and Flush may be sent behind what the client has bound; else it has to wait. */
    boolean mayGoOn() {
        return told.mayGoOn();
    }

    /** Whether a new name can be followed; else its statement belongs to the server that it is made on. */
    boolean carries(ByteBuffer message, int nameFrom, int nameEnd, int bodyBytes) {
        return copiesMax.getAsInt() > 0
                && (names.hasRoomFor(bodyBytes) || names.find(message, nameFrom, nameEnd) != null);
    }

    /**
     * A Parse of a named statement, whose name ends at {@code nameEnd}. It never passes as it is.
     *
     * @param facts what it does to the session; null where its text is plain
     */
    void parse(ByteBuffer message, int from, int to, int nameEnd, @Nullable StatementFacts facts) {
        var known = names.find(message, from + HEADER_BYTES, nameEnd);
        var before = known == null ? null : known.statement();
        if (known != null && before != null) {
            // The server is to refuse it, as it does: after everything else that may be wrong with it.
            var any = server.copies.newest();
            var copy = any == null ? preparation.ready(known, before, null) : any;
            preparation.sendParse(copy, message, nameEnd + 1, to);
            server.ledger.sent(Ledger.Kind.PLAIN_PARSE, known, copy);
            return;
        }
        var statement = book.use(message, nameEnd + 1, to, reading.value());
        statement.facts = facts;
        var named = names.name(message, from + HEADER_BYTES, nameEnd);
        names.set(named, statement);
        var copy = server.copies.of(statement);
        if (copy.serves(null) && isServerFine()) {
            server.copies.touch(copy);
            server.ledger.changed(Ledger.Kind.KNOWN_PARSE, named, null, null, conversation.round());
            return;
        }
        preparation.makeRoomFor(copy);
        preparation.sendParse(copy, message, nameEnd + 1, to);
        statistics.serverParses++;
        server.copies.present(copy, true);
        server.ledger.changed(Ledger.Kind.PARSE, named, copy, null, conversation.round());
    }

    /** Whether a Parse would not be refused for the transaction's state alone. */
    private boolean isServerFine() {
        return conversation.allAnswered() && conversation.status() != 'E';
    }

    /**
     * The beginning of a Bind.
     *
     * @return so many bytes of it have been sent with another name in them; {@link #HELD} when it has to wait
     */
    int bind(ByteBuffer message, int from, int to) {
        var portalEnd = OrdinaryRules.endOfText(message, from + HEADER_BYTES, to);
        var nameEnd = portalEnd < 0 ? -1 : OrdinaryRules.endOfText(message, portalEnd + 1, to);
        var named = nameEnd <= portalEnd + 1 ? null : names.find(message, portalEnd + 1, nameEnd);
        var statement = named == null ? null : named.statement();
        if (named == null || statement == null) {
            statistics.binds++;
            told.bound(null, null, 0);
            server.ledger.sent(Ledger.Kind.BIND);
            if (nameEnd <= portalEnd + 1 || !isForeign(message, portalEnd + 1, nameEnd)) {
                return 0;
            }
            var out = begin('B', message, from, PREFIX.length, portalEnd + 1 - from + PREFIX.length);
            return sent(out, message, from, portalEnd + 1, PREFIX);
        }
        if (!told.mayBind(named, statement)) {
            sink.hold();
            return HELD;
        }
        statistics.binds++;
        if (statement.mayBegin) {
            conversation.mayBegin();
        }
        if (statement.notifies) {
            sink.notifies();
        }
        var current = named.statement(); // which may be another now
        var copy = use(named, current == null ? statement : current, named.told);
        told.bound(named, copy, portal(message, from + HEADER_BYTES, portalEnd));
        server.ledger.sent(Ledger.Kind.BIND, named, copy);
        var name = copy.statement.serverName;
        var out =
                begin('B', message, from, name.length - (nameEnd - portalEnd - 1), portalEnd + 1 - from + name.length);
        sent(out, message, from, portalEnd + 1, name);
        return nameEnd - from;
    }

    /** The followed statement that the last Bind was of; null when it was of another. */
    @Nullable Statement bound() {
        return told.bound();
    }

    /** A portal's name as a number, which is 0 for the one without. */
    private static long portal(ByteBuffer message, int from, int end) {
        var hash = 0L;
        for (var i = from; i < end; i++) {
            hash = 31 * hash + 1 + (message.get(i) & 0xff);
        }
        return hash;
    }

    /** A Parse that no server sees; false when its name is in use already. */
    boolean note(ByteBuffer message, int nameEnd) {
        if (has(message, HEADER_BYTES, nameEnd) || !names.hasRoomFor(message.limit() - nameEnd)) {
            return false;
        }
        var statement = book.use(message, nameEnd + 1, message.limit(), reading.value());
        names.set(names.name(message, HEADER_BYTES, nameEnd), statement);
        return true;
    }

    /** The text of the client's statement of this name, see {@link SqlText}. */
    Optional<String> text(ByteBuffer message, int nameFrom, int nameEnd) {
        var named = names.find(message, nameFrom, nameEnd);
        var statement = named == null ? null : named.statement();
        if (statement == null) {
            return Optional.empty();
        }
        var body = ByteBuffer.wrap(statement.body);
        return Optional.of(SqlText.decode(body.limit(OrdinaryRules.endOfText(body, 0, body.limit()))));
    }

    /** A Close that no server sees. */
    void forget(ByteBuffer message, int nameFrom, int nameEnd) {
        names.forget(message.slice(nameFrom, nameEnd - nameFrom));
    }

    /** Whether the client has a statement of this name, see {@link SqlText}. */
    boolean knows(String name) {
        return named(name) != null;
    }

    private @Nullable Named named(String name) {
        var bytes = SqlText.encode(name);
        var named = names.find(ByteBuffer.wrap(bytes), 0, bytes.length);
        return named == null || named.statement() == null ? null : named;
    }

    /** What the server calls the client's statement of this name, which it has before the Query that is sent next. */
    String onServer(String name) {
        var named = named(name);
        var statement = named == null ? null : named.statement();
        if (named == null || statement == null) {
            return name;
        }
        var missing = preparation.isMissing(named, statement);
        var copy = preparation.ready(named, statement, null);
        if (missing) {
            sink.put(SYNC); // should it fail, the server is not to skip the Query
            server.ledger.sent(Ledger.Kind.OWN_SYNC);
        }
        return new String(copy.statement.serverName, StandardCharsets.US_ASCII);
    }

    /** A statement of the Query that is sent next takes this name away; all where it is empty. */
    void deallocates(String name) {
        deallocating.add(name);
    }

    /** The server has done the next of those. */
    void deallocated() {
        var name = deallocating.poll();
        if (name != null && name.isEmpty()) {
            names.forgetAll();
        } else if (name != null) {
            names.forget(ByteBuffer.wrap(SqlText.encode(name)));
        }
    }

    /** The server will do none of them any more. */
    void deallocatesNothing() {
        if (!deallocating.isEmpty()) {
            deallocating.clear();
        }
    }

    /** Begins a message like the one at {@code from}, that is longer by {@code more}. */
    private ByteBuffer begin(char tag, ByteBuffer message, int from, int more, int room) {
        return sink.room(room).put((byte) tag).putInt(message.getInt(from + 1) + more);
    }

    /** Sends what stands between the header and {@code end}, and the name behind it. */
    private int sent(ByteBuffer out, ByteBuffer message, int from, int end, byte[] name) {
        var at = out.position() - HEADER_BYTES;
        var body = end - from - HEADER_BYTES;
        out.put(out.position(), message, from + HEADER_BYTES, body);
        out.position(out.position() + body).put(name);
        sink.written(out, at);
        return end - from;
    }

    /** A Describe or Close message that is whole; true when it passes as it is. */
    boolean describeOrClose(byte tag, ByteBuffer message, int from, int to) {
        var kind = tag == 'D' ? Ledger.Kind.DESCRIBE : Ledger.Kind.CLOSE;
        if (tag == 'D') {
            server.repeat.described();
        }
        var nameFrom = from + HEADER_BYTES + 1;
        var nameEnd = OrdinaryRules.endOfText(message, nameFrom, to);
        if (tag == 'D' && nameEnd >= nameFrom && message.get(nameFrom - 1) == 'P') {
            told.describesPortal(portal(message, nameFrom, nameEnd));
            return true;
        }
        if (nameEnd <= nameFrom || message.get(nameFrom - 1) != 'S') {
            server.ledger.sent(kind);
            return true;
        }
        var named = names.find(message, nameFrom, nameEnd);
        var statement = named == null ? null : named.statement();
        if (named == null || statement == null) {
            server.ledger.sent(kind);
            if (!isForeign(message, nameFrom, nameEnd)) {
                return true;
            }
            preparation.sendAbout(tag, foreign(message, nameFrom, nameEnd));
            return false;
        }
        if (tag == 'D') {
            var copy = use(named, statement, null);
            told.describes(named);
            server.repeat.described();
            server.ledger.sent(kind, named, copy);
            preparation.sendAbout(tag, copy.statement.serverName);
            return false;
        }
        names.set(named, null);
        server.ledger.changed(Ledger.Kind.KNOWN_CLOSE, named, null, statement, conversation.round());
        return false;
    }

    /** Names of the servers' own are nobody else's: such a name that a client makes up is sent as one that does not exist. */
    private boolean isForeign(ByteBuffer message, int from, int to) {
        if (to - from < PREFIX.length || copiesMax.getAsInt() == 0) {
            return false;
        }
        for (var i = 0; i < PREFIX.length; i++) {
            if (message.get(from + i) != PREFIX[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] foreign(ByteBuffer message, int from, int to) {
        var name = new byte[PREFIX.length + to - from];
        System.arraycopy(PREFIX, 0, name, 0, PREFIX.length);
        message.get(from, name, PREFIX.length, to - from);
        return name;
    }

    /** The server has the statement before what is sent next; a round that begins with it may be sent twice. */
    private Copy use(Named named, Statement statement, @Nullable Description wanted) {
        var first = !server.ledger.sentInRound() && isServerFine() && conversation.status() == 'I';
        var copy = preparation.ready(named, statement, wanted);
        if (first && copy.pending == 0) {
            sink.room(0);
            server.repeat.begin(copy, conversation.round());
        }
        return copy;
    }

    /** The open round once more, with the statement made anew; false when that cannot be. */
    boolean repeat(@Nullable Named named, @Nullable Copy copy) {
        var repeat = server.repeat;
        if (copy == null
                || named == null
                || !repeat.isAbout(copy)
                || server.ledger.answeredInRound()
                || !server.ledger.endsWithSync()
                || !conversation.isOnLastRound()) {
            return false;
        }
        var knowsMore = named.told != null && !repeat.isDescribed();
        if (knowsMore && !server.ledger.isAtLast()) {
            return false;
        }
        if (knowsMore) {
            told.suspect(); // what comes next may be a Describe
        }
        preparation.repeat(copy, repeat.take(), server.ledger.hasRoundEnd(), named.told);
        return true;
    }
}
