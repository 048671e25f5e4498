package dev.howdah.proxy;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Moves the messages of one direction from piece to piece. What nobody wants to see goes through in the memory it arrived in; a message that
 * the filter wants whole is looked at in place, and copied only when it arrives in several pieces.
 */
final class FramePump {
    private static final int HEADER_BYTES = 5;
    private static final int FIRST_HELD_BYTES = 16 * 1024;

    /** How one message is to be treated. */
    enum Take {
        /** Passed on as it arrives. */
        STREAM,
        /** Collected and shown to {@link Filter#whole}. Only for lengths the filter has bounded. */
        WHOLE,
        /** Not now: {@link #pump} returns in front of it. */
        STOP
    }

    /** What the owner of a direction decides. */
    interface Filter {
        /** Asked once per message, and again after each {@link Take#STOP}. */
        Take take(byte tag, int bodyBytes);

        /**
         * A message from its tag to its last byte. It passes when the answer is empty; else the answer goes out in its place, and a buffer
         * without bytes drops it.
         */
        Optional<ByteBuffer> whole(byte tag, ByteBuffer message);

        /** Sends bytes on. */
        void forward(ByteBuffer bytes);
    }

    private final Filter filter;
    private final FrameCursor cursor = new FrameCursor();
    private @Nullable ByteBuffer held;
    private int heldBytes;
    private boolean headerWaiting;

    FramePump(Filter filter) {
        this.filter = filter;
    }

    /** Whether the receiving side is between two messages. */
    boolean atBoundary() {
        return cursor.atBoundary() || headerWaiting || held != null;
    }

    /** Whether a message has arrived in part, so that its rest must go where its beginning went. */
    boolean midMessage() {
        return held != null || (!headerWaiting && !cursor.atBoundary());
    }

    /** Whether nothing that has arrived waits here. */
    boolean holdsNothing() {
        return cursor.atBoundary() && !cursor.holdsPartOfHeader() && !headerWaiting && held == null;
    }

    /** False when the filter stopped it: the rest of the piece is to be kept and pumped again later, in front of anything new. */
    boolean pump(ByteBuffer piece) {
        var from = piece.position();
        while (true) {
            if (held != null) {
                if (!fillHeld(roomFor(held, piece), piece)) {
                    return true;
                }
                from = piece.position();
            } else if (!headerWaiting && cursor.left() > 0) {
                cursor.skipBody(piece);
                if (cursor.left() > 0) {
                    forward(piece, from, piece.position());
                    return true;
                }
            }
            var start = piece.position();
            if (!headerWaiting && !cursor.readHeader(piece)) {
                forward(piece, from, start);
                return true;
            }
            var inPiece = !headerWaiting && !cursor.headerWasCut();
            switch (filter.take(cursor.tag(), cursor.left())) {
                case STREAM -> {
                    if (!inPiece) {
                        filter.forward(header());
                        from = piece.position();
                    }
                    headerWaiting = false;
                }
                case WHOLE -> {
                    headerWaiting = false;
                    if (inPiece && piece.remaining() >= cursor.left()) {
                        from = inPlace(piece, from, start);
                    } else {
                        forward(piece, from, start);
                        heldBytes = HEADER_BYTES + cursor.left();
                        held = ByteBuffer.allocate(Math.min(heldBytes, FIRST_HELD_BYTES));
                        cursor.writeHeader(held);
                    }
                }
                case STOP -> {
                    // The header stays with the cursor, so that the next pump begins by asking again.
                    forward(piece, from, start);
                    headerWaiting = true;
                    return false;
                }
            }
        }
    }

    private int inPlace(ByteBuffer piece, int from, int start) {
        var message = piece.slice(start, HEADER_BYTES + cursor.left());
        cursor.skipBody(piece);
        var answer = filter.whole(cursor.tag(), message);
        if (answer.isEmpty()) {
            return from;
        }
        forward(piece, from, start);
        filter.forward(answer.get());
        return piece.position();
    }

    /** What is held grows with what arrives: a header alone makes nobody's memory ours to fill. */
    private ByteBuffer roomFor(ByteBuffer message, ByteBuffer piece) {
        var needed = message.position() + Math.min(cursor.left(), piece.remaining());
        if (needed <= message.capacity()) {
            return message;
        }
        var larger = ByteBuffer.allocate(Math.min(heldBytes, Math.max(needed, 2 * message.capacity())))
                .put(message.flip());
        held = larger;
        return larger;
    }

    /** False when the message is still not whole. */
    private boolean fillHeld(ByteBuffer message, ByteBuffer piece) {
        var length = Math.min(cursor.left(), piece.remaining());
        message.put(message.position(), piece, piece.position(), length);
        message.position(message.position() + length);
        cursor.skipBody(piece);
        if (message.position() < heldBytes) {
            return false;
        }
        held = null;
        var whole = message.flip();
        filter.forward(filter.whole(cursor.tag(), whole).orElse(whole));
        return true;
    }

    private ByteBuffer header() {
        var header = ByteBuffer.allocate(HEADER_BYTES);
        cursor.writeHeader(header);
        return header.flip();
    }

    private void forward(ByteBuffer piece, int from, int to) {
        if (to > from) {
            filter.forward(piece.slice(from, to - from));
        }
    }
}
