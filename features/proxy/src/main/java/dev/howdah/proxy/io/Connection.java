package dev.howdah.proxy.io;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * One open byte stream, plain or encrypted, owned by one loop: every method is called on that loop's thread only. Sending never blocks and
 * never fails: what the kernel does not take is kept, and a broken stream is told to the handler later, never from inside a call.
 */
public interface Connection {
    /** Who hears of what arrives from now on. */
    void handler(ConnectionHandler handler);

    /** Sends all of {@code bytes}; the buffer is free again on return. Callers look at {@link #unsent()} to stay within their bound. */
    void send(ByteBuffer bytes);

    /** Bytes accepted by {@link #send} that the kernel has not taken yet. */
    int unsent();

    /** Stops reading; what was read already is still delivered. */
    void pauseReading();

    void resumeReading();

    /** Tells the peer that nothing more will come, once everything is sent; reading goes on. */
    void finishSending();

    /** Sends what is left, then closes; whatever still arrives is thrown away. The handler hears nothing more. */
    void finish();

    /** Closes at once and forgets what is unsent. The handler hears nothing more. */
    void close();

    boolean isOpen();

    /**
     * Gives the stream up, so that another loop may take it: {@code then} gets it, at once or in a later pass, and from then on this connection
     * is closed. Nothing is delivered after the call. Until {@code then} is called the stream may break, which is told as ever, or be
     * finished or closed by its owner, and then {@code then} never is. Not called from inside a handler's call, nor during a handshake, nor
     * behind the peer's end.
     */
    void detach(Consumer<Detached> then);
}
