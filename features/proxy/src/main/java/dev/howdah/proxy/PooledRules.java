package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.Ledger.Kind;
import dev.howdah.proxy.sql.PinKind;
import dev.howdah.proxy.sql.SqlScreen;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.proxy.sql.StatementFacts;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Execute;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a pooled client sends, beyond {@link OrdinaryRules}: which statements keep its server, and whether it may have one; its prepared
 * statements are the {@link StatementCarrier}'s. A statement that would keep one server too many is replaced by a word that no server understands;
 * the server's error comes in its right place among the answers, and the refusal goes out instead of it.
 */
final class PooledRules implements FramePump.Filter {
    private static final int HEADER_BYTES = 5;
    private static final int CALL_BYTES_MAX = 1 << 20;
    /** A longer text may leave anything, and passes unread. */
    private static final int TEXT_BYTES_MAX = 1 << 20;

    private static final int NAME_BYTES_MAX = 1 << 10;
    private static final byte[] CLOSE_UNNAMED = {'C', 0, 0, 0, 6, 'S', 0};
    /** Large objects, which some drivers reach by function calls and which leave nothing beyond their transaction. */
    private static final Set<Integer> HARMLESS_FUNCTIONS =
            Set.of(715, 764, 952, 953, 954, 955, 956, 957, 958, 964, 1004, 3170, 3171, 3172);

    private final Conversation conversation;
    private final PoolingState state;
    private final SessionState session;
    private final OrdinaryRules rules;
    private final StatementCarrier statements;
    private final StatementCarrier.Sink sink;
    private final Listening listening;
    private final FactsCache known;
    private final Pool pool;
    private final RandomGenerator random;
    private @Nullable String refusedWord;
    private ServerRecord server;
    private Optional<PlatformException> refusal = Optional.empty();
    private boolean counted;
    private boolean foreignUnnamed;
    private boolean flushAsked;
    /** The last round that ends names by a statement in SQL. */
    private long namesEndIn = -1;
    /** What the unnamed statement does; null where it is plain. */
    private @Nullable StatementFacts unnamed;

    PooledRules(
            Conversation conversation,
            PoolingState state,
            SessionState session,
            StatementCarrier statements,
            StatementCarrier.Sink sink,
            Listening listening,
            Pool pool,
            FactsCache known,
            RandomGenerator random,
            ServerRecord none) {
        this.conversation = conversation;
        this.state = state;
        this.session = session;
        this.rules = new OrdinaryRules(conversation, session::standardStrings, random);
        this.statements = statements;
        this.sink = sink;
        this.listening = listening;
        this.pool = pool;
        this.known = known;
        this.random = random;
        this.server = none;
    }

    /** No client can guess it, so none can have an error of its own taken for the refusal's. */
    private String refusedWord() {
        var word = refusedWord;
        if (word == null) {
            word = "howdah_refused_%016x".formatted(random.nextLong());
            refusedWord = word;
        }
        return word;
    }

    void server(ServerRecord next) {
        server = next;
        foreignUnnamed = next.hasUnnamed;
    }

    /** Whether the client has asked for the answers so far since this was asked last. */
    boolean takeFlush() {
        var asked = flushAsked;
        flushAsked = false;
        return asked;
    }

    @Override
    public FramePump.Take take(byte tag, int bodyBytes) {
        var ledger = server.ledger;
        if (ledger.skipping()) {
            return skipped(tag);
        }
        if (ledger.isFull() || (isAboutNames(tag) && areNamesOpen())) {
            return FramePump.Take.STOP;
        }
        if (tag != 'D' && tag != 'H' && !statements.mayGoOn()) {
            return FramePump.Take.STOP;
        }
        if (server.repeat.isOver(conversation.round())) {
            sink.room(0); // what passes up to here still belongs to it
            server.repeat.end();
        }
        var take = howToTake(tag, bodyBytes);
        if (take == FramePump.Take.STREAM) {
            streams(tag);
        }
        return take;
    }

    /** Whether statements and portals are followed beyond their names. */
    private boolean follows() {
        return rules.follows() || listening.follows();
    }

    /** Whether a round before this one, which is not answered yet, makes or ends names. */
    private boolean areNamesOpen() {
        var round = conversation.round();
        return server.ledger.isOpenBefore(round) || (namesEndIn < round && namesEndIn >= conversation.answeredRound());
    }

    private static boolean isAboutNames(byte tag) {
        return tag == 'B' || tag == 'P' || tag == 'D' || tag == 'C';
    }

    /** The server ignores all of it, and so does the proxy. */
    private FramePump.Take skipped(byte tag) {
        if (tag == 'S') {
            sent(tag, Kind.SYNC);
        }
        return FramePump.Take.STREAM;
    }

    private FramePump.Take howToTake(byte tag, int bodyBytes) {
        return switch (tag) {
            case 'B' -> {
                closeForeignUnnamed();
                yield follows() && bodyBytes <= TEXT_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.HEAD;
            }
            case 'D', 'C' -> {
                closeForeignUnnamed();
                yield bodyBytes <= NAME_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
            }
            case 'E' -> {
                closeForeignUnnamed();
                yield follows() && bodyBytes <= TEXT_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
            }
            case 'Q', 'P' -> bodyBytes <= TEXT_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
            case 'F' -> bodyBytes <= CALL_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
            default -> FramePump.Take.STREAM;
        };
    }

    /** The server may still have another client's unnamed statement, which is nobody else's business. The first message of all is never skipped. */
    private void closeForeignUnnamed() {
        if (foreignUnnamed) {
            foreignUnnamed = false;
            server.hasUnnamed = false;
            sink.put(CLOSE_UNNAMED);
            server.ledger.sent(Kind.OWN_CLOSE);
        }
    }

    /** A message that passes unread. */
    private void streams(byte tag) {
        switch (tag) {
            case 'S' -> sent(tag, Kind.SYNC);
            case 'E' -> {
                state.executed();
                session.executes();
                sent(tag, Kind.EXECUTE);
            }
            case 'Q' -> {
                state.queried();
                runsUnread();
                sent(tag, Kind.QUERY);
            }
            case 'P' -> {
                closeForeignUnnamed();
                server.hasUnnamed = true;
                runsUnread();
                sent(tag, Kind.PLAIN_PARSE);
            }
            case 'F' -> {
                runsUnread();
                sent(tag, Kind.CALL);
            }
            case 'D' -> sent(tag, Kind.DESCRIBE);
            case 'C' -> sent(tag, Kind.CLOSE);
            case 'H' -> flushAsked = true;
            case 'c', 'f' -> {
                if (conversation.copyingIn()) {
                    server.ledger.copyEnds();
                }
                conversation.sent(tag);
            }
            default -> conversation.sent(tag);
        }
    }

    private void sent(byte tag, Kind kind) {
        server.ledger.sent(kind);
        conversation.sent(tag);
    }

    @Override
    public int head(byte tag, ByteBuffer bytes, int from, int to) {
        if (server.ledger.skipping()) {
            return 0; // since its header came
        }
        var dealtWith = statements.bind(bytes, from, to);
        if (dealtWith == StatementCarrier.HELD) {
            return 0;
        }
        listening.bind(bytes, from, to);
        runsBound();
        conversation.sent(tag);
        return dealtWith;
    }

    @Override
    public boolean whole(byte tag, ByteBuffer bytes, int from, int to) {
        if (server.ledger.skipping()) {
            return true; // since its header came
        }
        return switch (tag) {
            case 'Q' -> query(bytes, from, to);
            case 'P' -> parse(bytes, from, to);
            case 'F' -> call(bytes, from, to);
            default -> aboutStatement(tag, bytes, from, to);
        };
    }

    private boolean call(ByteBuffer bytes, int from, int to) {
        if (to - from >= HEADER_BYTES + 4 && !HARMLESS_FUNCTIONS.contains(bytes.getInt(from + HEADER_BYTES))) {
            runsUnread();
        }
        sent((byte) 'F', Kind.CALL);
        return true;
    }

    private boolean aboutStatement(byte tag, ByteBuffer bytes, int from, int to) {
        if (listening.follows()) {
            switch (tag) {
                case 'B' -> listening.bind(bytes, from, to);
                case 'C' -> listening.close(bytes.slice(from, to - from));
                case 'E' -> {
                    if (!mayExecute(bytes.slice(from, to - from))) {
                        return false;
                    }
                }
                default -> {}
            }
        }
        if (rules.follows()) {
            rules.rewritten(tag, bytes.slice(from, to - from));
        }
        var passes = true;
        switch (tag) {
            case 'B' -> {
                var dealtWith = statements.bind(bytes, from, to);
                if (dealtWith == StatementCarrier.HELD) {
                    return false;
                }
                runsBound();
                passes = dealtWith == 0;
                if (!passes) {
                    sink.pass(bytes, from + dealtWith, to);
                }
            }
            case 'D', 'C' -> passes = statements.describeOrClose(tag, bytes, from, to);
            default -> {
                state.executed();
                session.executes();
                server.ledger.sent(Kind.EXECUTE);
            }
        }
        conversation.sent(tag);
        return passes;
    }

    /** False when an Execute has to wait, or is replaced by one that is refused. */
    private boolean mayExecute(ByteBuffer message) {
        if (listening.stopsExecute(message)) {
            return false;
        }
        var refused = listening.takeRefusal();
        if (refused.isEmpty()) {
            listening.execute(message);
            return true;
        }
        refusal = refused;
        var instead = FrontendCodec.encode(new Execute(refusedWord(), 0));
        sink.pass(instead, instead.position(), instead.limit());
        state.executed();
        session.executes();
        sent((byte) 'E', Kind.EXECUTE);
        return false;
    }

    private boolean query(ByteBuffer bytes, int from, int to) {
        if (!conversation.roundBegun()) {
            foreignUnnamed = false;
            server.hasUnnamed = false;
        }
        if (TransactionText.mayBegin(bytes, from + HEADER_BYTES, to)) {
            conversation.mayBegin();
        }
        var instead = ClientRules.UNCHANGED;
        if (!rules.follows()
                && !listening.isPending()
                && SqlScreen.isPlain(bytes, from + HEADER_BYTES, Math.max(from + HEADER_BYTES, to - 1))) {
            state.queried();
            session.runsPlain();
        } else {
            var message = bytes.slice(from, to - from);
            if (listening.stopsQuery(message)) {
                return false;
            }
            instead = heardQuery(message);
        }
        sent((byte) 'Q', Kind.QUERY);
        return passesOr(instead);
    }

    private boolean passesOr(Optional<ByteBuffer> instead) {
        instead.ifPresent(message -> sink.pass(message, message.position(), message.limit()));
        return instead.isEmpty();
    }

    private Optional<ByteBuffer> heardQuery(ByteBuffer message) {
        var refused = listening.takeRefusal();
        if (refused.isPresent()) {
            refusal = refused;
            state.queried();
            return Optional.of(OrdinaryRules.queryMessage(refusedWord()));
        }
        var heard = listening.query(message);
        var instead = inspectedQuery(heard);
        return instead.isPresent() || heard.equals(message) ? instead : Optional.of(heard);
    }

    private Optional<ByteBuffer> inspectedQuery(ByteBuffer message) {
        var sql = SqlText.ofQuery(message);
        state.queried();
        var facts = known.facts(sql, session.standardStrings());
        if (isTooMuch(facts)) {
            return Optional.of(OrdinaryRules.queryMessage(refusedWord()));
        }
        runs(facts);
        if (facts.named().isEmpty()) {
            return rules.rewritten((byte) 'Q', message);
        }
        var renamed = OrdinaryRules.queryMessage(withServersNames(sql, facts));
        return rules.rewritten((byte) 'Q', renamed).or(() -> Optional.of(renamed));
    }

    private String withServersNames(String sql, StatementFacts facts) {
        var names = PreparedNames.rewrite(sql, facts.named(), statements, session.mayHaveSqlStatements());
        for (var change : names.changes()) {
            conversation.rename(change.statement(), change.tag());
            statements.deallocates(change.name());
            namesEndIn = conversation.round();
        }
        return names.sql();
    }

    private void runs(StatementFacts facts) {
        if (facts.discardsAll()) {
            namesEndIn = conversation.round();
        }
        session.runs(facts, conversation.allAnswered() && conversation.status() == 'I');
        count();
    }

    private void runsUnread() {
        session.runsUnread();
        count();
    }

    /** The statement of a Bind is about to run. */
    private void runsBound() {
        session.binds();
        var bound = statements.bound();
        var facts = bound == null ? unnamed : bound.facts;
        if (facts == null) {
            session.runsPlain();
        } else {
            runs(facts);
        }
    }

    private boolean parse(ByteBuffer bytes, int from, int to) {
        var nameEnd = OrdinaryRules.endOfText(bytes, from + HEADER_BYTES, to);
        var sqlEnd = nameEnd < 0 ? -1 : OrdinaryRules.endOfText(bytes, nameEnd + 1, to);
        var named = nameEnd > from + HEADER_BYTES;
        pool.statistics().clientParses++;
        if (named || sqlEnd < 0) {
            closeForeignUnnamed();
        } else {
            foreignUnnamed = false;
            server.hasUnnamed = true;
            state.parsedUnnamed();
            unnamed = null;
        }
        if (!named && sqlEnd >= 0 && TransactionText.mayBegin(bytes, nameEnd + 1, sqlEnd)) {
            conversation.mayBegin();
        }
        var passes = true;
        if (sqlEnd < 0) {
            server.ledger.sent(Kind.PLAIN_PARSE); // the server says what is wrong with it
        } else if (!named && !follows() && SqlScreen.isPlain(bytes, nameEnd + 1, sqlEnd)) {
            server.ledger.sent(Kind.PLAIN_PARSE);
        } else {
            passes = readParse(bytes, from, to, nameEnd, sqlEnd);
        }
        conversation.sent((byte) 'P');
        return passes;
    }

    private boolean readParse(ByteBuffer bytes, int from, int to, int nameEnd, int sqlEnd) {
        var nameFrom = from + HEADER_BYTES;
        var carried = nameEnd > nameFrom && statements.carries(bytes, nameFrom, nameEnd, to - nameEnd - 1);
        var keeping = nameEnd > nameFrom && !carried ? "a named prepared statement" : null;
        if (keeping == null && !follows() && SqlScreen.isPlain(bytes, nameEnd + 1, sqlEnd)) {
            statements.parse(bytes, from, to, nameEnd, null);
            return false;
        }
        var original = bytes.slice(from, to - from);
        var fails = nameEnd > nameFrom && statements.has(bytes, nameFrom, nameEnd);
        var message = listening.parse(original, nameEnd - from, sqlEnd - from, fails);
        var end = sqlEnd - from + message.remaining() - original.remaining();
        var sql = SqlText.decode(message.slice(nameEnd - from + 1, end - (nameEnd - from) - 1));
        var facts = known.facts(sql, session.standardStrings());
        if (keeping != null) {
            facts = facts.with(new StatementFacts.Pin(PinKind.PREPARED, keeping));
        }
        if (isTooMuch(facts)) {
            server.ledger.sent(Kind.PLAIN_PARSE);
            var name = SqlText.decode(bytes.slice(nameFrom, nameEnd - nameFrom));
            return passesOr(OrdinaryRules.parse(name, refusedWord(), message, end));
        }
        var instead = rules.rewritten((byte) 'P', message);
        if (carried) {
            var goes = instead.orElse(message);
            statements.parse(goes, goes.position(), goes.limit(), goes.position() + nameEnd - from, facts);
            return false;
        }
        if (keeping != null) {
            session.runs(facts, false);
            count();
        } else {
            unnamed = facts;
        }
        server.ledger.sent(Kind.PLAIN_PARSE);
        return passesOr(instead.isPresent() || message.equals(original) ? instead : Optional.of(message));
    }

    /** Whether a text would keep a server, and may not. */
    private boolean isTooMuch(StatementFacts facts) {
        if (counted || facts.pins().isEmpty() || pool.pins.mayAdd()) {
            return false;
        }
        refusal = Optional.of(ProxyErrors.tooManyPinned(facts.pins().getFirst().construct(), pool.pins.max()));
        return true;
    }

    /** A server that is kept counts, whatever it is kept for; one that is not does not. */
    void count() {
        if (!session.pinned()) {
            uncount();
        } else if (!counted) {
            counted = true;
            pool.pins.add(session);
        }
    }

    /** The client keeps no server any more. */
    void uncount() {
        if (counted) {
            counted = false;
            pool.pins.remove(session);
        }
    }

    /** The refusal that an error of the server's stands for. */
    Optional<PlatformException> refusalBehind(Diagnostic error) {
        return refusal.filter(_ -> error.message().contains(refusedWord()));
    }

    @Override
    public void forward(ByteBuffer bytes, int from, int to) {
        sink.pass(bytes, from, to);
    }
}
