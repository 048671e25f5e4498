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

    private static final byte[] DISCARD_ALL = tag("DISCARD ALL");
    private static final byte[] DEALLOCATE_ALL = tag("DEALLOCATE ALL");

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

        /** In front of a message, where the relay may answer what was never sent. */
        default void between() {}

        /** Whether what the server says about a statement or a portal is to be shown to {@link #described}. */
        default boolean reads(byte tag) {
            return false;
        }

        /** A ParameterDescription or a RowDescription; false when it is not for the client now. */
        default boolean described(byte tag, ByteBuffer bytes, int from, int to) {
            return true;
        }

        /** An answer that ends a message's or a round's; false when it is not for the client. */
        default boolean passes(byte tag) {
            return true;
        }

        /** Whether {@link #completed} is to be asked. */
        default boolean followsTags() {
            return false;
        }

        /** A command tag; gives the one to show instead. */
        default Optional<String> completed(String tag) {
            return Optional.empty();
        }

        /** Whether notifications are for the client. */
        default boolean hearsNotifications() {
            return true;
        }

        /** What the client is to see in place of a setting that the server reports; empty to pass it on. */
        default Optional<ParameterStatus> instead(ParameterStatus status) {
            return Optional.empty();
        }

        void parameter(ParameterStatus status);

        /** The server is ready; the conversation knows already. False when the client is told later. */
        boolean ready();

        /** The session has no prepared statements any more. */
        default void forgotStatements() {}

        /** A command's tag that the client sees in place of the server's. */
        default void shown(String tag) {}

        /** An error of the server's, and what the client is to see in its place; empty to pass it on. */
        default Optional<ByteBuffer> failed(Diagnostic error) {
            return ClientRules.UNCHANGED;
        }

        /** An error that is too long to be read. */
        default void failedUnread() {}

        /** The bytes stay as they are to the end of the pass. */
        void toClient(ByteBuffer bytes, int from, int to);
    }

    private final Conversation conversation;
    private final Relay relay;
    private final FramePump pump = new FramePump(new Filter());
    private boolean saidGoodbye;

    ServerStream(Conversation conversation, Relay relay) {
        this.conversation = conversation;
        this.relay = relay;
    }

    private static byte[] tag(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    /** Another server begins. */
    void restart() {
        pump.reset();
        saidGoodbye = false;
    }

    /** False when the relay expected no further message. */
    boolean pump(ByteBuffer bytes) {
        return pump.pump(bytes);
    }

    /** Within a call of the relay: sends the client everything in front of the message in hand. */
    void cut() {
        pump.cut();
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
            if (relay.asked(tag)) {
                return bodyBytes <= LOOKED_AT_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.DROP;
            }
            relay.between();
            return switch (tag) {
                case 'Z' -> FramePump.Take.WHOLE;
                case 'S' -> bodyBytes <= LOOKED_AT_BYTES_MAX ? FramePump.Take.WHOLE : FramePump.Take.STREAM;
                case 'E' -> error(bodyBytes);
                case 'C' -> complete(bodyBytes);
                case 's', 'I' -> {
                    conversation.answered();
                    yield closing(tag);
                }
                case '1', '2', '3', 'n' -> closing(tag);
                case 't', 'T' ->
                    bodyBytes <= DescriptionReader.BYTES_MAX && relay.reads(tag) ? FramePump.Take.WHOLE : closing(tag);
                case 'A' -> relay.hearsNotifications() ? FramePump.Take.STREAM : FramePump.Take.DROP;
                case 'G', 'W' -> {
                    conversation.copyInBegan();
                    yield FramePump.Take.STREAM;
                }
                default -> FramePump.Take.STREAM;
            };
        }

        private FramePump.Take closing(byte tag) {
            return relay.passes(tag) ? FramePump.Take.STREAM : FramePump.Take.DROP;
        }

        private FramePump.Take error(int bodyBytes) {
            if (bodyBytes <= LOOKED_AT_BYTES_MAX) {
                return FramePump.Take.WHOLE;
            }
            relay.failedUnread();
            return FramePump.Take.STREAM;
        }

        private FramePump.Take complete(int bodyBytes) {
            if (conversation.mayRename()
                    || relay.followsTags()
                    || bodyBytes == DISCARD_ALL.length + 1
                    || bodyBytes == DEALLOCATE_ALL.length + 1) {
                return FramePump.Take.WHOLE;
            }
            conversation.answered();
            return closing((byte) 'C');
        }

        @Override
        public boolean whole(byte tag, ByteBuffer bytes, int from, int to) {
            if (relay.asked(tag)) {
                relay.answered(tag, bytes.slice(from, to - from));
                return false;
            }
            return switch (tag) {
                case 'Z' -> ready(bytes, from, to);
                case 'S' -> {
                    var status = (ParameterStatus) BackendCodec.decode(tag, body(bytes, from, to));
                    var instead = relay.instead(status);
                    relay.parameter(instead.orElse(status));
                    yield orInstead(instead.map(Replies::of));
                }
                case 'E' ->
                    orInstead(failed(((ErrorResponse) BackendCodec.decode(tag, body(bytes, from, to))).diagnostic()));
                case 'C' -> completed(bytes, from, to);
                case 't', 'T' -> relay.described(tag, bytes, from, to);
                default -> true;
            };
        }

        private boolean ready(ByteBuffer bytes, int from, int to) {
            if (!relay.passes((byte) 'Z')) {
                return false;
            }
            conversation.ready(to - from > HEADER_BYTES ? bytes.get(from + HEADER_BYTES) : (byte) 'I');
            return relay.ready();
        }

        private Optional<ByteBuffer> failed(Diagnostic error) {
            saidGoodbye = switch (error.severity()) {
                case "FATAL", "PANIC" -> true;
                default -> false;
            };
            return relay.failed(error);
        }

        private boolean completed(ByteBuffer bytes, int from, int to) {
            if (isTag(DISCARD_ALL, bytes, from, to) || isTag(DEALLOCATE_ALL, bytes, from, to)) {
                relay.forgotStatements();
            }
            var followed = relay.followsTags()
                    ? relay.completed(((CommandComplete) BackendCodec.decode((byte) 'C', body(bytes, from, to))).tag())
                    : Optional.<String>empty();
            var renamed = conversation.answered();
            renamed.ifPresent(relay::shown);
            var shown = followed.isPresent() ? followed : renamed;
            return relay.passes((byte) 'C') && orInstead(shown.map(tag -> Replies.of(new CommandComplete(tag))));
        }

        private boolean isTag(byte[] text, ByteBuffer bytes, int from, int to) {
            if (to - from != HEADER_BYTES + text.length + 1) {
                return false;
            }
            for (var i = 0; i < text.length; i++) {
                if (bytes.get(from + HEADER_BYTES + i) != text[i]) {
                    return false;
                }
            }
            return true;
        }

        /** True when nothing goes out in the message's place. */
        private boolean orInstead(Optional<ByteBuffer> instead) {
            if (instead.isEmpty()) {
                return true;
            }
            pump.cut();
            forward(instead.get(), instead.get().position(), instead.get().limit());
            return false;
        }

        private static ByteBuffer body(ByteBuffer bytes, int from, int to) {
            return bytes.slice(from + HEADER_BYTES, to - from - HEADER_BYTES);
        }

        @Override
        public void forward(ByteBuffer bytes, int from, int to) {
            relay.toClient(bytes, from, to);
        }
    }
}
