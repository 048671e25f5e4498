package dev.howdah.proxy;

import dev.howdah.proxy.ServerCopies.Copy;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The round that one server is being sent, so that it can be sent once more when the first thing in it fails because the server's copy of a
 * statement has grown old. Kept is a round that begins outside a transaction with a statement that the server had already, while it is short.
 */
final class Repeat {
    private static final int BYTES_MAX = 4 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private ByteBuffer kept = NOTHING;
    private @Nullable Copy copy;
    private long round;
    private boolean described;

    /** A round begins with {@code first}. */
    void begin(Copy first, long ofRound) {
        if (kept.capacity() == 0) {
            kept = ByteBuffer.allocate(BYTES_MAX);
        }
        kept.clear();
        copy = first;
        round = ofRound;
        described = false;
    }

    /** Whether what is kept is another round. */
    boolean isOver(long now) {
        return copy != null && round != now;
    }

    void end() {
        copy = null;
    }

    void keep(ByteBuffer bytes, int from, int to) {
        if (copy == null) {
            return;
        }
        if (to - from > kept.remaining()) {
            end();
        } else {
            kept.put(kept.position(), bytes, from, to - from);
            kept.position(kept.position() + to - from);
        }
    }

    void keep(byte[] bytes) {
        if (copy == null) {
            return;
        }
        if (bytes.length > kept.remaining()) {
            end();
        } else {
            kept.put(bytes);
        }
    }

    /** The client asks in this round what its statement returns. */
    void described() {
        described = true;
    }

    boolean isDescribed() {
        return described;
    }

    boolean isAbout(@Nullable Copy failed) {
        return copy != null && copy == failed;
    }

    /** The messages of the round so far; it is not kept any more. */
    ByteBuffer take() {
        end();
        return kept.flip();
    }
}
