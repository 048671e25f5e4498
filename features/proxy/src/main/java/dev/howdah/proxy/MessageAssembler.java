package dev.howdah.proxy;

import dev.howdah.proxy.io.Pieces;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Collects whole small messages while a connection is being set up, where speed does not matter and sizes are bounded. */
final class MessageAssembler {
    private static final int HEADER_BYTES = 5;

    private final int bodyBytesMax;
    private ByteBuffer waiting = ByteBuffer.allocate(0);

    /** @param body from its position to its limit; it is the message's own */
    record Message(byte tag, ByteBuffer body) {}

    MessageAssembler(int bodyBytesMax) {
        this.bodyBytesMax = bodyBytesMax;
    }

    void add(ByteBuffer piece) {
        waiting = Pieces.join(waiting, piece);
    }

    /** Empty while the next message is not whole. */
    Optional<Message> next() {
        if (waiting.remaining() < HEADER_BYTES) {
            return Optional.empty();
        }
        var start = waiting.position();
        var tag = waiting.get(start);
        var length = waiting.getInt(start + 1);
        if (length < 4 || length - 4 > bodyBytesMax) {
            throw new FrameCursor.MalformedStreamException("invalid message length");
        }
        if (waiting.remaining() < length + 1) {
            return Optional.empty();
        }
        waiting.position(start + length + 1);
        return Optional.of(new Message(tag, waiting.slice(start + HEADER_BYTES, length - 4)));
    }

    /** What came behind the messages taken so far. */
    ByteBuffer rest() {
        return waiting;
    }
}
