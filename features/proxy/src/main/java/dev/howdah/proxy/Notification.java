package dev.howdah.proxy;

import dev.howdah.proxy.sql.SqlText;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A NotificationResponse as it goes to clients; all of them share the bytes, which are never changed. */
final class Notification {
    private static final int HEADER_BYTES = 5;
    private static final int PROCESS_ID_BYTES = 4;

    private final String channel;
    private final byte[] message;

    private Notification(String channel, byte[] message) {
        this.channel = channel;
        this.message = message;
    }

    /** One character per byte, see {@link SqlText}. */
    String channel() {
        return channel;
    }

    /** From its tag to its last byte. */
    byte[] message() {
        return message;
    }

    /** @param body of the server's message */
    static Notification of(ByteBuffer body) {
        var message = ByteBuffer.allocate(HEADER_BYTES + body.remaining())
                .put((byte) 'A')
                .putInt(body.remaining() + HEADER_BYTES - 1)
                .put(body.duplicate())
                .array();
        var from = HEADER_BYTES + PROCESS_ID_BYTES;
        var end = from;
        while (end < message.length && message[end] != 0) {
            end++;
        }
        if (end == message.length) {
            throw new FrameCursor.MalformedStreamException("a notification without the end of its channel's name");
        }
        return new Notification(SqlText.decode(message, from, end - from), message);
    }

    int processId() {
        return ByteBuffer.wrap(message).getInt(HEADER_BYTES);
    }

    /** The same from somebody else. */
    Notification from(int processId) {
        if (processId == processId()) {
            return this;
        }
        var copy = message.clone();
        ByteBuffer.wrap(copy).putInt(HEADER_BYTES, processId);
        return new Notification(channel, copy);
    }

    /** Channel and payload as they are in the message, each with its closing zero. */
    byte[] texts() {
        return Arrays.copyOfRange(message, HEADER_BYTES + PROCESS_ID_BYTES, message.length);
    }

    /** The same with its texts in other bytes. */
    Notification withTexts(byte[] texts) {
        return new Notification(
                channel,
                ByteBuffer.allocate(HEADER_BYTES + PROCESS_ID_BYTES + texts.length)
                        .put((byte) 'A')
                        .putInt(HEADER_BYTES - 1 + PROCESS_ID_BYTES + texts.length)
                        .putInt(processId())
                        .put(texts)
                        .array());
    }
}
