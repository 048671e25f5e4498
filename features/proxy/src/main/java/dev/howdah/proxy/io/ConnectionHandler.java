package dev.howdah.proxy.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** What a {@link Connection} tells its owner; called on the loop's thread. */
public interface ConnectionHandler {
    /** Bytes have arrived. The buffer is the loop's: all of it is used or copied before returning. */
    void received(ByteBuffer bytes);

    /** Everything that had to be kept has been sent. */
    void drained();

    /**
     * The peer sends nothing more, or the stream broke and is closed. Nothing is received after it. A stream that is still used for sending
     * may break after the peer's end; that is told too, as a failure.
     */
    void ended(Optional<IOException> failure);
}
