package dev.howdah.proxy;

import dev.howdah.proxy.ClientStatements.Named;
import dev.howdah.proxy.ServerCopies.Copy;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Has one client's statements prepared on the server that it has, before the message that needs them, and closed there when they are too many. */
final class Preparation {
    private static final int HEADER_BYTES = 5;

    private final Conversation conversation;
    private final ClientStatements names;
    private final StatementBook book;
    private final Reading reading;
    private final PoolStatistics statistics;
    private final IntSupplier copiesMax;
    private final StatementCarrier.Sink sink;
    private ServerRecord server;

    /** @param copiesMax so many statements may be prepared on one server */
    Preparation(
            Conversation conversation,
            ClientStatements names,
            StatementBook book,
            Reading reading,
            PoolStatistics statistics,
            IntSupplier copiesMax,
            StatementCarrier.Sink sink,
            ServerRecord none) {
        this.conversation = conversation;
        this.names = names;
        this.book = book;
        this.reading = reading;
        this.statistics = statistics;
        this.copiesMax = copiesMax;
        this.sink = sink;
        this.server = none;
    }

    void server(ServerRecord next) {
        server = next;
    }

    /** What a name stands for under the settings that the client has now. */
    Statement current(Named named, Statement before) {
        if (before.reading == reading.value()) {
            return before;
        }
        var body = ByteBuffer.wrap(before.body);
        var told = named.told;
        var now = standFor(named, before, book.use(body, 0, body.limit(), reading.value()));
        if (told != null && !Reading.isOneEncoding(before.reading, now.reading)) {
            named.told = told.inAnyEncoding();
        }
        return now;
    }

    /** The statement with the parameters' types that the client has been told, for which the name stands from now on. */
    Statement typed(Named named, Statement before, Description told) {
        var body = ByteBuffer.wrap(typedBody(before, told));
        return standFor(named, before, book.use(body, 0, body.limit(), before.reading));
    }

    private Statement standFor(Named named, Statement before, Statement now) {
        var told = named.told;
        now.facts = before.facts;
        names.set(named, now);
        named.told = told;
        book.release(before);
        return now;
    }

    private static byte[] typedBody(Statement statement, Description told) {
        var body = ByteBuffer.wrap(statement.body);
        var textBytes = OrdinaryRules.endOfText(body, 0, body.limit()) + 1;
        var typed = new byte[textBytes + told.parameters.length];
        body.get(typed, 0, textBytes);
        System.arraycopy(told.parameters, 0, typed, textBytes, told.parameters.length);
        return typed;
    }

    /** Whether the server has to prepare a statement before it can use it. */
    boolean isMissing(Named named, Statement before) {
        return !server.copies.of(current(named, before)).serves(null);
    }

    /**
     * The server has the statement before what is sent next.
     *
     * @param wanted what is to be true of it; null for what is true now
     */
    Copy ready(Named named, Statement before, @Nullable Description wanted) {
        var copy = server.copies.of(current(named, before));
        if (copy.serves(wanted)) {
            server.copies.touch(copy);
            return copy;
        }
        prepare(copy);
        return copy;
    }

    /** Prepares it, anew if need be. */
    void prepare(Copy copy) {
        makeRoomFor(copy);
        sendOwnParse(copy, copy.statement.body);
        server.copies.present(copy, true);
        server.ledger.changed(Ledger.Kind.OWN_PARSE, null, copy, null, conversation.round());
    }

    /** Has the server say what it is, which the client does not see. */
    void describe(Copy copy) {
        sendAbout((byte) 'D', copy.statement.serverName);
        server.ledger.changed(Ledger.Kind.OWN_DESCRIBE, null, copy, null, conversation.round());
    }

    /** A stale copy gives way to the new one, and the one unused for longest to one too many. */
    void makeRoomFor(Copy copy) {
        if (copy.present()) {
            close(copy);
        }
        copy.stale = false;
        for (var oldest = server.copies.oldest();
                oldest != null && server.copies.present() >= copiesMax.getAsInt();
                oldest = server.copies.oldest()) {
            close(oldest);
        }
    }

    private void close(Copy copy) {
        sendAbout((byte) 'C', copy.statement.serverName);
        server.copies.present(copy, false);
        server.ledger.changed(Ledger.Kind.OWN_CLOSE, null, copy, null, conversation.round());
    }

    /** A Parse whose body, behind the name, stands between {@code bodyFrom} and {@code bodyTo}. */
    void sendParse(Copy copy, ByteBuffer bytes, int bodyFrom, int bodyTo) {
        beginParse(copy, bodyTo - bodyFrom);
        sink.pass(bytes, bodyFrom, bodyTo);
    }

    private void sendOwnParse(Copy copy, byte[] body) {
        statistics.serverParses++;
        beginParse(copy, body.length);
        sink.put(body);
    }

    private void beginParse(Copy copy, int bodyBytes) {
        var name = copy.statement.serverName;
        var out = sink.room(HEADER_BYTES + name.length + 1);
        var at = out.position();
        out.put((byte) 'P').putInt(4 + name.length + 1 + bodyBytes);
        out.put(name).put((byte) 0);
        sink.written(out, at);
    }

    /** A Describe or a Close of the statement with this name. */
    void sendAbout(byte tag, byte[] name) {
        var out = sink.room(HEADER_BYTES + 2 + name.length);
        var at = out.position();
        out.put(tag).putInt(4 + 2 + name.length).put((byte) 'S').put(name).put((byte) 0);
        sink.written(out, at);
    }

    /**
     * The open round once more, from its beginning, with the statement made anew.
     *
     * @param synced whether the server has been sent the end of the round
     * @param told what the client goes by: its parameters have these types, even where the tables suggest others now
     */
    void repeat(Copy copy, ByteBuffer round, boolean synced, @Nullable Description told) {
        var body = told == null ? copy.statement.body : typedBody(copy.statement, told);
        server.ledger.repeat(copy, conversation.round());
        if (!synced) {
            var out = sink.room(HEADER_BYTES);
            out.put((byte) 'S').putInt(4);
        }
        sendAbout((byte) 'C', copy.statement.serverName);
        sendOwnParse(copy, body);
        sendAbout((byte) 'D', copy.statement.serverName);
        sink.pass(round, 0, round.limit());
        copy.stale = !Arrays.equals(body, copy.statement.body); // good for this client and no other
    }
}
