package dev.howdah.proxy;

import java.nio.ByteBuffer;
import java.util.Optional;

/** What a session may send; decides message by message, before anything reaches the server. */
interface ClientRules {
    /** In place of a message that goes nowhere. */
    Optional<ByteBuffer> NOTHING = Optional.of(ByteBuffer.allocate(0));

    /** A message that goes on as it is. */
    Optional<ByteBuffer> UNCHANGED = Optional.empty();

    /** See {@link FramePump.Filter#take}. */
    FramePump.Take take(byte tag, int bodyBytes);

    /**
     * See {@link FramePump.Filter#whole}. The message passes when the answer is empty; else the answer goes out in its place, and a buffer without
     * bytes drops it.
     */
    Optional<ByteBuffer> whole(byte tag, ByteBuffer bytes, int from, int to);

    /** Whether the server's next messages are for the rules and not for the client. */
    default boolean asking() {
        return false;
    }

    /** A message of the server's while {@link #asking}. */
    default void answered(byte tag, ByteBuffer message) {}
}
