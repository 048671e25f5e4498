package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Query;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A replication session. Commands go to the server one at a time, each only when the server has answered the one before, so that a refusal can
 * be answered in its place and a question of the proxy's own fits in between.
 */
final class ReplicationRules implements ClientRules {
    /** A longer command is refused: nothing may pass here unread. */
    private static final int COMMAND_BYTES_MAX = 1 << 20;

    private static final int HEADER_BYTES = 5;

    /** What the rules need of the relay. */
    interface Relay {
        void toClient(ByteBuffer messages);

        void toServer(ByteBuffer messages);

        /** The client may go on. */
        void resume();

        /** Someone tried what only the platform's own replicas may do. */
        void refused(PlatformException error);
    }

    private final ReplicationGuard guard;
    private final Conversation conversation;
    private final RandomGenerator random;
    private final Relay relay;

    private @Nullable ByteBuffer held;
    private Optional<String> applicationName = Optional.empty();
    private Optional<ErrorResponse> failure = Optional.empty();

    ReplicationRules(ReplicationGuard guard, Conversation conversation, RandomGenerator random, Relay relay) {
        this.guard = guard;
        this.conversation = conversation;
        this.random = random;
        this.relay = relay;
    }

    @Override
    public FramePump.Take take(byte tag, int bodyBytes) {
        if (tag != 'Q') {
            conversation.sent(tag);
            return FramePump.Take.STREAM;
        }
        if (bodyBytes > COMMAND_BYTES_MAX) {
            throw new PlatformException(
                    SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                    "a command of %d bytes is too long for a replication connection".formatted(bodyBytes),
                    "Send it on an ordinary connection.");
        }
        return held == null && conversation.idle() ? FramePump.Take.WHOLE : FramePump.Take.STOP;
    }

    @Override
    public Optional<ByteBuffer> whole(byte tag, ByteBuffer bytes, int from, int to) {
        var message = bytes.slice(from, to - from);
        var command = SqlText.ofQuery(message);
        return switch (guard.inspect(command)) {
            case ReplicationGuard.Verdict.Pass() -> {
                conversation.sent(tag);
                yield UNCHANGED;
            }
            case ReplicationGuard.Verdict.Refuse(var error) -> refuse(error);
            case ReplicationGuard.Verdict.AskApplicationName() -> {
                held = ByteBuffer.allocate(message.remaining()).put(message).flip();
                yield Optional.of(FrontendCodec.encode(new Query("SHOW application_name")));
            }
        };
    }

    /** What goes to the server instead of a refused command. */
    private Optional<ByteBuffer> refuse(PlatformException error) {
        relay.refused(error);
        if (conversation.status() == 'T') {
            // The server must fail its transaction too, or client and server would disagree about it.
            conversation.sent((byte) 'Q');
            return Optional.of(FrontendCodec.encode(new Query(Refusal.asSql(error, random))));
        }
        relay.toClient(Replies.of(Replies.error(error), new ReadyForQuery(status())));
        return NOTHING;
    }

    private TransactionStatus status() {
        return conversation.status() == 'E' ? TransactionStatus.FAILED : TransactionStatus.IDLE;
    }

    @Override
    public boolean asking() {
        return held != null;
    }

    @Override
    public void answered(byte tag, ByteBuffer message) {
        var decoded = BackendCodec.decode(tag, message.slice(HEADER_BYTES, message.limit() - HEADER_BYTES));
        switch (decoded) {
            case DataRow(var values) ->
                applicationName = values.stream().findFirst().flatMap(v -> v).map(ByteString::toUtf8);
            case ErrorResponse error -> failure = Optional.of(error);
            case ReadyForQuery _ -> decide();
            default -> {}
        }
    }

    private void decide() {
        var command = held;
        held = null;
        if (failure.isPresent()) {
            BackendMessage error = failure.get();
            relay.toClient(Replies.of(error, new ReadyForQuery(status())));
        } else {
            var taken = guard.checkApplicationName(applicationName.orElse(""));
            if (taken.isPresent()) {
                refuse(taken.get()).ifPresent(relay::toServer);
            } else if (command != null) {
                conversation.sent((byte) 'Q');
                relay.toServer(command);
            }
        }
        failure = Optional.empty();
        applicationName = Optional.empty();
        relay.resume();
    }
}
