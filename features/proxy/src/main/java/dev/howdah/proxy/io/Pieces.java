package dev.howdah.proxy.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Bytes that must outlive the loop's buffer they arrived in. */
public final class Pieces {
    private Pieces() {}

    /** What was kept before and what has come now, in memory of its own. */
    public static ByteBuffer join(@Nullable ByteBuffer before, ByteBuffer bytes) {
        var length = before == null ? 0 : before.remaining();
        var joined = ByteBuffer.allocate(length + bytes.remaining());
        if (before != null) {
            joined.put(before);
        }
        return joined.put(bytes).flip();
    }

    public static @Nullable ByteBuffer rest(ByteBuffer bytes) {
        return bytes.hasRemaining() ? join(null, bytes) : null;
    }
}
