package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Target;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What a pooled client sends, beyond {@link OrdinaryRules}: which statements keep its server, and whether it may have one. A statement that
 * would keep one too many is replaced by a word that no server understands; the server's error comes in its right place among the answers, and
 * the refusal goes out instead of it.
 */
final class PooledRules implements ClientRules {
    private static final int HEADER_BYTES = 5;
    private static final int CALL_BYTES_MAX = 1 << 20;
    /** Large objects, which some drivers reach by function calls and which leave nothing beyond their transaction. */
    private static final Set<Integer> HARMLESS_FUNCTIONS =
            Set.of(715, 764, 952, 953, 954, 955, 956, 957, 958, 964, 1004, 3170, 3171, 3172);

    private final Conversation conversation;
    private final PoolingState state;
    private final OrdinaryRules rules;
    private final PinCache constructs;
    private final Pool pool;
    private final Consumer<ByteBuffer> toServer;
    private final String refusedWord;
    private Optional<PlatformException> refusal = Optional.empty();
    private boolean counted;

    PooledRules(
            Conversation conversation,
            PoolingState state,
            Pool pool,
            PinCache constructs,
            RandomGenerator random,
            Consumer<ByteBuffer> toServer) {
        this.conversation = conversation;
        this.state = state;
        this.rules = new OrdinaryRules(conversation, state::standardStrings, random);
        this.pool = pool;
        this.constructs = constructs;
        this.toServer = toServer;
        this.refusedWord = "howdah_refused_%016x".formatted(random.nextLong());
    }

    @Override
    public FramePump.Take take(byte tag, int bodyBytes) {
        if (tag == 'B' || tag == 'D' || tag == 'E' || tag == 'C') {
            forgetForeignStatement();
        }
        if (tag == 'F' && bodyBytes <= CALL_BYTES_MAX) {
            return FramePump.Take.WHOLE;
        }
        var take = rules.take(tag, bodyBytes);
        if (take == FramePump.Take.STREAM) {
            unseen(tag);
        }
        return take;
    }

    /** A message that passes unread: too long a text may leave anything. */
    private void unseen(byte tag) {
        switch (tag) {
            case 'Q' -> {
                state.queried(Optional.empty());
                pin();
            }
            case 'P' -> {
                forgetForeignStatement();
                pin();
            }
            case 'F' -> pin();
            case 'E' -> state.executed();
            default -> {}
        }
    }

    private void forgetForeignStatement() {
        if (state.takeForeignStatement()) {
            state.swallowClose();
            toServer.accept(FrontendCodec.encode(new Close(Target.STATEMENT, "")));
        }
    }

    @Override
    public Optional<ByteBuffer> whole(byte tag, ByteBuffer message) {
        switch (tag) {
            case 'Q' -> {
                return query(message);
            }
            case 'P' -> {
                return parse(message);
            }
            case 'F' -> {
                if (message.remaining() >= HEADER_BYTES + 4
                        && !HARMLESS_FUNCTIONS.contains(message.getInt(HEADER_BYTES))) {
                    pin();
                }
            }
            case 'E' -> state.executed();
            default -> {}
        }
        return rules.whole(tag, message);
    }

    private Optional<ByteBuffer> query(ByteBuffer message) {
        var sql = SqlText.ofQuery(message);
        // Inside a transaction a setting may be rolled back, which nobody tells.
        var quiet = conversation.idle() && conversation.status() == 'I' && !state.pinned();
        var makes = quiet
                ? PooledSettings.made(sql).filter(state.settings()::hasRoomFor)
                : Optional.<PooledSettings.Setting>empty();
        state.queried(makes);
        if (makes.isEmpty() && !state.pinned()) {
            var construct = constructs.construct(sql, state.standardStrings());
            if (construct.isPresent() && !mayPin(construct.get())) {
                return replaced((byte) 'Q', OrdinaryRules.queryMessage(refusedWord));
            }
        }
        return rules.whole((byte) 'Q', message);
    }

    private Optional<ByteBuffer> parse(ByteBuffer message) {
        var nameEnd = OrdinaryRules.endOfText(message, HEADER_BYTES);
        var sqlEnd = nameEnd < 0 ? -1 : OrdinaryRules.endOfText(message, nameEnd + 1);
        if (sqlEnd < 0) {
            return rules.whole((byte) 'P', message); // the server says what is wrong with it
        }
        var named = nameEnd > HEADER_BYTES;
        if (named) {
            forgetForeignStatement();
        } else {
            state.parsedUnnamed();
        }
        if (!state.pinned()) {
            var construct = named
                    ? Optional.of("a named prepared statement")
                    : constructs.construct(
                            SqlText.decode(message.slice(nameEnd + 1, sqlEnd - nameEnd - 1)), state.standardStrings());
            if (construct.isPresent() && !mayPin(construct.get())) {
                var name = SqlText.decode(message.slice(HEADER_BYTES, nameEnd - HEADER_BYTES));
                return OrdinaryRules.parse(name, refusedWord, message, sqlEnd)
                        .flatMap(instead -> replaced((byte) 'P', instead));
            }
        }
        return rules.whole((byte) 'P', message);
    }

    private Optional<ByteBuffer> replaced(byte tag, ByteBuffer instead) {
        return Optional.of(rules.whole(tag, instead).orElse(instead));
    }

    /** Before a statement runs; false when the pool keeps as many servers as it may. */
    private boolean mayPin(String construct) {
        if (!counted && !pool.mayPin()) {
            refusal = Optional.of(ProxyErrors.tooManyPinned(construct, pool.pinnedMax()));
            return false;
        }
        pin();
        return true;
    }

    private void pin() {
        state.pin();
        count();
    }

    /** A server that is kept counts, also one that is kept for what only its answer has shown. */
    void count() {
        if (state.pinned() && !counted) {
            counted = true;
            pool.pinned();
        }
    }

    /** The client keeps no server any more. */
    void uncount() {
        if (counted) {
            counted = false;
            pool.unpinned();
        }
    }

    /** The refusal that an error of the server's stands for. */
    Optional<PlatformException> refusalBehind(Diagnostic error) {
        return refusal.filter(_ -> error.message().contains(refusedWord));
    }
}
