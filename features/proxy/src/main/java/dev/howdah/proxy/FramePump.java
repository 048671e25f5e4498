package dev.howdah.proxy;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Moves the messages of one direction from piece to piece. What nobody wants to see goes through in the memory it arrived in; a message that
 * the filter wants to see is looked at in place, and copied only when it arrives in several pieces. Allocates nothing for messages that arrive
 * whole. It depends on nothing but its {@link Filter} and can be used, and measured, by itself.
 */
final class FramePump {
    /** So much of a message is shown for {@link Take#HEAD}, header and all. */
    static final int HEAD_BYTES_MAX = 1024;

    private static final int HEADER_BYTES = 5;
    private static final int FIRST_HELD_BYTES = 16 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** How one message is to be treated. */
    enum Take {
        /** Passed on as it arrives. */
        STREAM,
        /** Left out. */
        DROP,
        /** Collected and shown to {@link Filter#whole}. Only for lengths the filter has bounded. */
        WHOLE,
        /** Its first {@link #HEAD_BYTES_MAX} bytes are shown to {@link Filter#head}; the rest passes as it arrives. */
        HEAD,
        /** Not now: {@link #pump} returns in front of it. */
        STOP
    }

    /** What the owner of a direction decides. Before it sends anything of its own it calls {@link FramePump#cut}, to keep the order. */
    interface Filter {
        /** Asked once per message, and again after each {@link Take#STOP}. */
        Take take(byte tag, int bodyBytes);

        /** A message from its tag to its last byte. True when it passes as it is; else it goes nowhere. */
        boolean whole(byte tag, ByteBuffer bytes, int from, int to);

        /** The beginning of a message. So many bytes of it, counted from {@code from}, go nowhere; what is behind them passes. */
        default int head(byte tag, ByteBuffer bytes, int from, int to) {
            return 0;
        }

        /** Sends bytes on. The buffer's own position and limit do not count, and are to be left as they are. */
        void forward(ByteBuffer bytes, int from, int to);
    }

    private final Filter filter;
    private final FrameCursor cursor = new FrameCursor();
    private @Nullable ByteBuffer held;
    private int heldBytes;
    private boolean holdsHead;
    private boolean headerWaiting;
    private boolean dropping;
    private boolean holding;

    private ByteBuffer piece = NOTHING;
    /** From here to {@code start} lie bytes that pass and have not been forwarded yet. */
    private int from;

    private int start;

    FramePump(Filter filter) {
        this.filter = filter;
    }

    /** Forgets what has arrived; another stream begins. */
    void reset() {
        cursor.reset();
        held = null;
        headerWaiting = false;
        dropping = false;
    }

    /** Whether the receiving side is between two messages. */
    boolean atBoundary() {
        return cursor.atBoundary() || headerWaiting || dropping || held != null;
    }

    /** Whether a message has arrived in part, so that its rest must go where its beginning went. */
    boolean midMessage() {
        return held != null || (!headerWaiting && !cursor.atBoundary());
    }

    /** Whether nothing that has arrived waits here. */
    boolean holdsNothing() {
        return cursor.atBoundary() && !cursor.holdsPartOfHeader() && !headerWaiting && held == null;
    }

    /** Within a call of the filter: forwards everything in front of the message that it is asked about. */
    void cut() {
        if (start > from) {
            var begin = from;
            from = start;
            filter.forward(piece, begin, start);
        }
    }

    /** Within a call of {@link Filter#whole} or {@link Filter#head}: stops in front of the message after all, which will be shown again. */
    void hold() {
        holding = true;
    }

    private boolean takeHolding() {
        var taken = holding;
        holding = false;
        return taken;
    }

    /** False when the filter stopped it: the rest of the piece is to be kept and pumped again later, in front of anything new. */
    boolean pump(ByteBuffer bytes) {
        piece = bytes;
        from = bytes.position();
        start = from;
        try {
            return pumpMessages(bytes);
        } finally {
            piece = NOTHING;
        }
    }

    private boolean pumpMessages(ByteBuffer bytes) {
        while (true) {
            if (held != null && !fillHeld(held, bytes)) {
                return !takeHolding();
            }
            if (!headerWaiting && cursor.left() > 0 && !skipBody(bytes)) {
                return true;
            }
            start = bytes.position();
            if (!headerWaiting && !cursor.readHeader(bytes)) {
                cut();
                return true;
            }
            var inPiece = !headerWaiting && !cursor.headerWasCut();
            var take = filter.take(cursor.tag(), cursor.left());
            switch (take) {
                case STREAM -> {
                    if (!inPiece) {
                        filter.forward(header(), 0, HEADER_BYTES);
                        from = bytes.position();
                    }
                }
                case DROP -> {
                    cut();
                    dropping = cursor.left() > 0;
                    from = bytes.position();
                }
                case WHOLE, HEAD -> {
                    if (!show(bytes, inPiece, take == Take.HEAD)) {
                        return false;
                    }
                }
                case STOP -> {
                    stop(bytes, inPiece);
                    return false;
                }
            }
            headerWaiting = false;
        }
    }

    private void stop(ByteBuffer bytes, boolean inPiece) {
        cut();
        if (inPiece) {
            bytes.position(start);
            cursor.reset();
        } else {
            // The header stays with the cursor, so that the next pump begins by asking again.
            headerWaiting = true;
        }
    }

    /** False when the body goes on behind the piece. */
    private boolean skipBody(ByteBuffer bytes) {
        cursor.skipBody(bytes, cursor.left());
        start = bytes.position();
        if (dropping) {
            from = start;
        }
        if (cursor.left() > 0) {
            cut();
            return false;
        }
        dropping = false;
        return true;
    }

    /** False when the filter holds it. */
    private boolean show(ByteBuffer bytes, boolean inPiece, boolean head) {
        var length = HEADER_BYTES + cursor.left();
        var shown = head ? Math.min(length, HEAD_BYTES_MAX) : length;
        if (inPiece && bytes.limit() - start >= shown) {
            cursor.skipBody(bytes, shown - HEADER_BYTES);
            var headEnd = head ? headEnd(bytes, start, shown) : 0;
            var passes = head || filter.whole(cursor.tag(), bytes, start, start + shown);
            if (takeHolding()) {
                stop(bytes, true);
                return false;
            }
            from = Math.max(from, headEnd);
            if (!passes) {
                cut();
                from = start + shown;
            }
            start = bytes.position();
            return true;
        }
        cut();
        var message = ByteBuffer.allocate(Math.min(shown, FIRST_HELD_BYTES));
        cursor.writeHeader(message);
        held = message;
        holdsHead = head;
        heldBytes = shown;
        return true;
    }

    /** Where in {@code bytes} begins what passes. */
    private int headEnd(ByteBuffer bytes, int at, int length) {
        var dealtWith = filter.head(cursor.tag(), bytes, at, at + length);
        if (dealtWith > 0) {
            cut();
        }
        return dealtWith > 0 ? at + dealtWith : 0;
    }

    /** False when what is wanted of the message is still not there, or when the filter holds it. */
    private boolean fillHeld(ByteBuffer before, ByteBuffer bytes) {
        var length = Math.min(heldBytes - before.position(), bytes.remaining());
        var message = roomFor(before, length);
        message.put(message.position(), bytes, bytes.position(), length);
        message.position(message.position() + length);
        cursor.skipBody(bytes, length);
        from = bytes.position();
        start = from;
        if (message.position() < heldBytes) {
            return false;
        }
        held = null;
        var headEnd = holdsHead ? headEnd(message, 0, heldBytes) : 0;
        var passes = holdsHead || filter.whole(cursor.tag(), message, 0, heldBytes);
        if (holding) {
            held = message;
            return false;
        }
        if (passes) {
            filter.forward(message, headEnd, heldBytes);
        }
        return true;
    }

    /** What is held grows with what arrives: a header alone makes nobody's memory ours to fill. */
    private ByteBuffer roomFor(ByteBuffer message, int more) {
        var needed = message.position() + more;
        if (needed <= message.capacity()) {
            return message;
        }
        var larger = ByteBuffer.allocate(Math.min(heldBytes, Math.max(needed, 2 * message.capacity())))
                .put(message.flip());
        held = larger;
        return larger;
    }

    private ByteBuffer header() {
        var header = ByteBuffer.allocate(HEADER_BYTES);
        cursor.writeHeader(header);
        return header;
    }
}
