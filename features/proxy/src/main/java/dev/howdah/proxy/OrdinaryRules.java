package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.sql.SqlScreen;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.proxy.sql.StatementGuard;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.WireWriter;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An ordinary session: everything passes, but for the few statements that {@link StatementGuard} rewrites or refuses. A refused one is
 * replaced by one that raises the refusal in the server, so that the transaction fails where PostgreSQL's own refusal would have failed it, in
 * its place among what the client has pipelined.
 */
final class OrdinaryRules implements ClientRules {
    /** A longer text is not looked at. What the guard refuses the server refuses too, in other words. */
    private static final int TEXT_BYTES_MAX = 1 << 20;

    private static final int HEADER_BYTES = 5;
    private static final int PORTALS_MAX = 1_000;

    private final Conversation conversation;
    private final BooleanSupplier standardStrings;
    private final RandomGenerator random;
    /** Statements and portals whose text was rewritten, and the tag their Execute is to show. */
    private @Nullable Map<String, String> statements;

    private @Nullable Map<String, String> portals;

    OrdinaryRules(Conversation conversation, BooleanSupplier standardStrings, RandomGenerator random) {
        this.conversation = conversation;
        this.standardStrings = standardStrings;
        this.random = random;
    }

    @Override
    public FramePump.Take take(byte tag, int bodyBytes) {
        switch (tag) {
            case 'Q', 'P' -> {
                if (bodyBytes <= TEXT_BYTES_MAX) {
                    return FramePump.Take.WHOLE;
                }
            }
            case 'B', 'E', 'C' -> {
                if (statements != null && bodyBytes <= TEXT_BYTES_MAX) {
                    return FramePump.Take.WHOLE;
                }
            }
            default -> {}
        }
        conversation.sent(tag);
        return FramePump.Take.STREAM;
    }

    @Override
    public Optional<ByteBuffer> whole(byte tag, ByteBuffer bytes, int from, int to) {
        var forward = passesUnread(tag, bytes, from, to) ? UNCHANGED : rewritten(tag, bytes.slice(from, to - from));
        conversation.sent(tag);
        return forward;
    }

    private boolean passesUnread(byte tag, ByteBuffer bytes, int from, int to) {
        if (statements != null) {
            return false;
        }
        return switch (tag) {
            case 'Q' -> SqlScreen.isPlain(bytes, from + HEADER_BYTES, to);
            case 'P' -> {
                var nameEnd = endOfText(bytes, from + HEADER_BYTES, to);
                var sqlEnd = nameEnd < 0 ? -1 : endOfText(bytes, nameEnd + 1, to);
                yield sqlEnd >= 0 && SqlScreen.isPlain(bytes, nameEnd + 1, sqlEnd);
            }
            default -> true;
        };
    }

    /** Whether statements or portals of the client are to be followed, because a text was rewritten. */
    boolean follows() {
        return statements != null;
    }

    /** What goes to the server instead of a message that it is about to be sent; see {@link #whole}. */
    Optional<ByteBuffer> rewritten(byte tag, ByteBuffer message) {
        return switch (tag) {
            case 'Q' -> StatementGuard.mayMatter(message) ? query(message) : UNCHANGED;
            case 'P' -> parse(message);
            default -> followRewritten(tag, message);
        };
    }

    private Optional<ByteBuffer> query(ByteBuffer message) {
        var sql = SqlText.ofQuery(message);
        return switch (StatementGuard.inspect(sql, standardStrings.getAsBoolean())) {
            case StatementGuard.Verdict.Pass() -> UNCHANGED;
            case StatementGuard.Verdict.Refuse(var error) -> query(Refusal.asSql(error, random));
            case StatementGuard.Verdict.Rewrite(var text, var tags) -> {
                for (var i = 0; i < tags.size(); i++) {
                    var statement = i;
                    tags.get(i).ifPresent(shown -> conversation.rename(statement, shown));
                }
                yield query(text);
            }
        };
    }

    private static Optional<ByteBuffer> query(String sql) {
        return Optional.of(queryMessage(sql));
    }

    /** @param sql see {@link SqlText} */
    static ByteBuffer queryMessage(String sql) {
        var writer = new WireWriter();
        var mark = writer.begin('Q');
        writer.bytes(SqlText.encode(sql)).int8(0);
        writer.end(mark);
        return writer.toByteBuffer();
    }

    private Optional<ByteBuffer> parse(ByteBuffer message) {
        if (statements == null && !StatementGuard.mayMatter(message)) {
            return UNCHANGED;
        }
        var nameEnd = endOfText(message, HEADER_BYTES, message.limit());
        var sqlEnd = nameEnd < 0 ? -1 : endOfText(message, nameEnd + 1, message.limit());
        if (sqlEnd < 0) {
            return UNCHANGED; // the server says what is wrong with it
        }
        var name = SqlText.decode(message.slice(HEADER_BYTES, nameEnd - HEADER_BYTES));
        if (statements != null) {
            statements.remove(name);
        }
        var sql = SqlText.decode(message.slice(nameEnd + 1, sqlEnd - nameEnd - 1));
        return switch (StatementGuard.inspect(sql, standardStrings.getAsBoolean())) {
            case StatementGuard.Verdict.Pass() -> UNCHANGED;
            case StatementGuard.Verdict.Refuse(var error) -> parse(name, Refusal.asSql(error, random), message, sqlEnd);
            case StatementGuard.Verdict.Rewrite(var text, var tags) -> {
                remember(name, tags.isEmpty() ? Optional.empty() : tags.getFirst());
                yield parse(name, text, message, sqlEnd);
            }
        };
    }

    static Optional<ByteBuffer> parse(String name, String sql, ByteBuffer original, int sqlEnd) {
        var types = new byte[original.limit() - sqlEnd - 1];
        original.get(sqlEnd + 1, types);
        var writer = new WireWriter();
        var mark = writer.begin('P');
        writer.bytes(SqlText.encode(name))
                .int8(0)
                .bytes(SqlText.encode(sql))
                .int8(0)
                .bytes(types);
        writer.end(mark);
        return Optional.of(writer.toByteBuffer());
    }

    private void remember(String statement, Optional<String> tag) {
        if (statements == null) {
            statements = new HashMap<>();
            portals = new HashMap<>();
        }
        var named = statements;
        tag.ifPresent(shown -> named.put(statement, shown));
    }

    private Optional<ByteBuffer> followRewritten(byte tag, ByteBuffer message) {
        var ofStatements = statements;
        var ofPortals = portals;
        if (ofStatements == null || ofPortals == null) {
            return UNCHANGED;
        }
        try {
            switch (FrontendCodec.decode(tag, message.slice(HEADER_BYTES, message.limit() - HEADER_BYTES))) {
                case Bind bind -> {
                    var shown = ofStatements.get(bind.statement());
                    if (shown == null) {
                        ofPortals.remove(bind.portal());
                    } else {
                        if (ofPortals.size() >= PORTALS_MAX) {
                            ofPortals.clear(); // nobody has so many open: most have ended with their transactions
                        }
                        ofPortals.put(bind.portal(), shown);
                    }
                }
                case Execute execute -> {
                    var shown = ofPortals.get(execute.portal());
                    if (shown != null) {
                        conversation.rename(0, shown);
                    }
                }
                case Close close ->
                    (close.target() == Target.STATEMENT ? ofStatements : ofPortals).remove(close.name());
                default -> {}
            }
        } catch (PlatformException _) {
            // The server says what is wrong with it.
        }
        return UNCHANGED;
    }

    /** Where the text that begins at {@code from} has its zero byte; -1 when it has none in front of {@code to}. */
    static int endOfText(ByteBuffer message, int from, int to) {
        for (var i = from; i < to; i++) {
            if (message.get(i) == 0) {
                return i;
            }
        }
        return -1;
    }
}
