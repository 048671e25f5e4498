package dev.howdah.proxy;

import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.Diagnostic;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What a server sends, followed message by message for the relay it belongs to. Nearly everything streams through; looked at is what moves the
 * {@link Conversation} on and what changes the session.
 */
final class ServerStream {
    private static final int HEADER_BYTES = 5;
    /** Longer settings, and errors that quote a long text, stream through unread. */
    private static final int LOOKED_AT_BYTES_MAX = 1 << 16;

    /** What the relay does with the messages. */
    interface Relay {
        /** False when the client is owed nothing and nothing may pass: the pump stops in front of the message. */
        default boolean expects() {
            return true;
        }

        /** Whether the next message, with this tag, answers the proxy and not the client. */
        boolean asked(byte tag);

        /** A message that answers the proxy. */
        void answered(byte tag, ByteBuffer message);

        void parameter(ParameterStatus status);

        /** The server is ready; the conversation knows already. */
        void ready();

        /** An error of the server's, and what the client is to see in its place; empty to pass it on. */
        default Optional<ByteBuffer> failed(Diagnostic error) {
            return Optional.empty();
        }

        void toClient(ByteBuffer bytes);
    }

    private final Conversation conversation;
    private final Relay relay;
    private FramePump pump = new FramePump(new Filter());
    private boolean saidGoodbye;

    ServerStream(Conversation conversation, Relay relay) {
        this.conversation = conversation;
        this.relay = relay;
    }

    /** Another server begins. */
    void restart() {
        pump = new FramePump(new Filter());
        saidGoodbye = false;
    }

    /** False when the relay expected no further message. */
    boolean pump(ByteBuffer bytes) {
        return pump.pump(bytes);
    }

    /** Whether the client is between two messages. */
    boolean atBoundary() {
        return pump.atBoundary();
    }

    /** Whether everything that has arrived has been dealt with. */
    boolean holdsNothing() {
        return pump.holdsNothing();
    }

    /** Whether the server has told the client that the session ends. */
    boolean saidGoodbye() {
        return saidGoodbye;
    }

    private final class Filter implements FramePump.Filter {
        @Override
        public FramePump.Take take(byte tag, int bodyBytes) {
            if (!relay.expects()) {
                return FramePump.Take.STOP;
            }
            var isShort = bodyBytes <= LOOKED_AT_BYTES_MAX;
            if (relay.asked(tag)) {
                return isShort ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
            }
            switch (tag) {
                case 'Z' -> {
                    return FramePump.Take.WHOLE;
                }
                case 'S', 'E' -> {
                    return isShort ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
                }
                case 'C' -> {
                    if (conversation.mayRename()) {
                        return FramePump.Take.WHOLE;
                    }
                    conversation.answered();
                }
                case 's', 'I' -> conversation.answered();
                case 'G', 'W' -> conversation.copyInBegan();
                default -> {}
            }
            return FramePump.Take.STREAM;
        }

        @Override
        public Optional<ByteBuffer> whole(byte tag, ByteBuffer message) {
            if (relay.asked(tag)) {
                relay.answered(tag, message);
                return ClientRules.NOTHING;
            }
            switch (tag) {
                case 'Z' -> {
                    conversation.ready(message.get(HEADER_BYTES));
                    relay.ready();
                }
                case 'S' -> relay.parameter((ParameterStatus) BackendCodec.decode(tag, body(message)));
                case 'E' -> {
                    return error(((ErrorResponse) BackendCodec.decode(tag, body(message))).diagnostic());
                }
                case 'C' -> {
                    return conversation.answered().map(shown -> Replies.of(new CommandComplete(shown)));
                }
                default -> {}
            }
            return ClientRules.UNCHANGED;
        }

        private Optional<ByteBuffer> error(Diagnostic error) {
            saidGoodbye = switch (error.severity()) {
                case "FATAL", "PANIC" -> true;
                default -> false;
            };
            return relay.failed(error);
        }

        private static ByteBuffer body(ByteBuffer message) {
            return message.slice(HEADER_BYTES, message.limit() - HEADER_BYTES);
        }

        @Override
        public void forward(ByteBuffer bytes) {
            relay.toClient(bytes);
        }
    }
}
