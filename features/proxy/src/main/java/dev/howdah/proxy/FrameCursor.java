package dev.howdah.proxy;

import java.nio.ByteBuffer;

/**
 * Walks a stream of protocol messages, each a tag, a length and a body, over the pieces it arrives in. It looks at the five bytes of each header
 * and counts the body off. A header cut off by the end of a piece is kept here, so what was relayed so far never ends inside one. It allocates
 * nothing and can be used, and measured, by itself.
 */
final class FrameCursor {
    private static final int HEADER_BYTES = 5;
    /** PostgreSQL's own limit of a message (MaxAllocSize). */
    static final int BODY_BYTES_MAX = 0x3fffffff;

    private byte tag;
    private int left;
    private int cutBytes;
    private long cut;
    private boolean wasCut;

    /** No message is begun, or only some bytes of a header that were not relayed. */
    boolean atBoundary() {
        return left == 0;
    }

    /** Whether some bytes of a header wait here for the others. */
    boolean holdsPartOfHeader() {
        return cutBytes > 0;
    }

    byte tag() {
        return tag;
    }

    /** Bytes of the current body still to come. */
    int left() {
        return left;
    }

    /** Whether the last header began in an earlier piece; {@link #writeHeader} gives it back. */
    boolean headerWasCut() {
        return wasCut;
    }

    /**
     * Reads the next header; the body before it has been counted off.
     *
     * @return false when the piece ends before the header does; what there was of it is kept
     * @throws MalformedStreamException when the length is impossible
     */
    boolean readHeader(ByteBuffer piece) {
        if (cutBytes == 0 && piece.remaining() >= HEADER_BYTES) {
            tag = piece.get();
            begin(piece.getInt());
            wasCut = false;
            return true;
        }
        while (cutBytes < HEADER_BYTES && piece.hasRemaining()) {
            cut = (cut << 8) | (piece.get() & 0xff);
            cutBytes++;
        }
        if (cutBytes < HEADER_BYTES) {
            return false;
        }
        tag = (byte) (cut >> 32);
        begin((int) cut);
        cutBytes = 0;
        cut = 0;
        wasCut = true;
        return true;
    }

    private void begin(int length) {
        if (length < 4 || length - 4 > BODY_BYTES_MAX) {
            throw new MalformedStreamException("message '%c' has the length %d".formatted((char) (tag & 0xff), length));
        }
        left = length - 4;
    }

    /** Forgets what has been read. */
    void reset() {
        left = 0;
        cutBytes = 0;
        cut = 0;
    }

    /** Counts off as much of the body as the piece holds, and no more than {@code bytesMax}. */
    void skipBody(ByteBuffer piece, int bytesMax) {
        var length = Math.min(Math.min(left, bytesMax), piece.remaining());
        piece.position(piece.position() + length);
        left -= length;
    }

    /** Writes the current message's header; its body must not have been begun. */
    void writeHeader(ByteBuffer target) {
        target.put(tag).putInt(left + 4);
    }

    /** The peer does not speak the protocol; the stream cannot be followed any further. */
    static final class MalformedStreamException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MalformedStreamException(String message) {
            super(message);
        }
    }
}
