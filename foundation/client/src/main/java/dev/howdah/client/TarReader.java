package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Takes a ustar archive in pieces of any size and tells what is in it. It knows what PostgreSQL writes: files, directories and symbolic
 * links, names of up to 100 bytes, sizes in octal or, from 8 GB on, in base 256; no end marker is needed.
 */
final class TarReader {
    private static final int BLOCK_BYTES = 512;
    private static final int MODE_BITS = 0777;

    /** Where the contents go. */
    interface Sink {
        void directory(String name, int mode) throws IOException;

        void symbolicLink(String name, String target) throws IOException;

        void beginFile(String name, int mode, long size) throws IOException;

        /** A piece of the file begun last; the buffer is the sink's until it returns. */
        void content(ByteBuffer bytes) throws IOException;

        void endFile() throws IOException;
    }

    private final Sink sink;
    private final ByteBuffer header = ByteBuffer.allocate(BLOCK_BYTES);
    private long contentLeft;
    private long paddingLeft;
    private boolean inFile;

    TarReader(Sink sink) {
        this.sink = sink;
    }

    void accept(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (inFile) {
                readContent(bytes);
            } else if (paddingLeft > 0) {
                var skipped = (int) Math.min(paddingLeft, bytes.remaining());
                bytes.position(bytes.position() + skipped);
                paddingLeft -= skipped;
            } else {
                readHeader(bytes);
            }
        }
    }

    /** The archive is over: anything begun must be complete. */
    void finish() {
        if (inFile || header.position() > 0) {
            throw malformed("it ends in the middle of an entry");
        }
    }

    private void readContent(ByteBuffer bytes) throws IOException {
        var length = (int) Math.min(contentLeft, bytes.remaining());
        sink.content(bytes.slice(bytes.position(), length));
        bytes.position(bytes.position() + length);
        contentLeft -= length;
        if (contentLeft == 0) {
            endFile();
        }
    }

    private void endFile() throws IOException {
        inFile = false;
        sink.endFile();
    }

    private void readHeader(ByteBuffer bytes) throws IOException {
        var length = Math.min(header.remaining(), bytes.remaining());
        header.put(bytes.slice(bytes.position(), length));
        bytes.position(bytes.position() + length);
        if (!header.hasRemaining()) {
            beginEntry();
            header.clear();
        }
    }

    private void beginEntry() throws IOException {
        if (isZero()) {
            return; // the end marker of an archive that has one
        }
        checkSum();
        var name = name();
        var mode = (int) number(100, 8) & MODE_BITS;
        switch (header.get(156)) {
            case '0', 0 -> beginFile(name, mode, number(124, 12));
            case '5' -> sink.directory(name, mode);
            case '2' -> sink.symbolicLink(name, text(157, 100));
            default -> throw malformed("entry \"%s\" has the unknown type %d".formatted(name, header.get(156)));
        }
    }

    private void beginFile(String name, int mode, long size) throws IOException {
        sink.beginFile(name, mode, size);
        contentLeft = size;
        paddingLeft = Math.floorMod(-size, (long) BLOCK_BYTES);
        inFile = true;
        if (size == 0) {
            endFile();
        }
    }

    private String name() {
        var prefix = text(345, 155);
        return prefix.isEmpty() ? text(0, 100) : prefix + "/" + text(0, 100);
    }

    private boolean isZero() {
        for (var i = 0; i < BLOCK_BYTES; i++) {
            if (header.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The sum counts its own field as eight spaces. */
    private void checkSum() {
        var sum = 0;
        for (var i = 0; i < BLOCK_BYTES; i++) {
            sum += i >= 148 && i < 156 ? ' ' : Byte.toUnsignedInt(header.get(i));
        }
        if (sum != number(148, 8)) {
            throw malformed("the check sum of an entry's header is wrong");
        }
    }

    private String text(int offset, int length) {
        var end = offset;
        while (end < offset + length && header.get(end) != 0) {
            end++;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(header.slice(offset, end - offset))
                    .toString();
        } catch (CharacterCodingException _) {
            throw malformed("it has a file name that is not UTF-8");
        }
    }

    private long number(int offset, int length) {
        return header.get(offset) < 0 ? base256(offset, length) : octal(offset, length);
    }

    /** For sizes that octal digits cannot hold: the first byte is only a mark. */
    private long base256(int offset, int length) {
        var value = 0L;
        for (var i = offset + 1; i < offset + length; i++) {
            if (value >>> 55 != 0) {
                throw malformed("a number is too large");
            }
            value = value << 8 | Byte.toUnsignedLong(header.get(i));
        }
        return value;
    }

    private long octal(int offset, int length) {
        var value = 0L;
        for (var i = offset; i < offset + length; i++) {
            var digit = header.get(i);
            if (digit == 0 || digit == ' ') {
                break;
            }
            if (digit < '0' || digit > '7') {
                throw malformed("a number is not octal");
            }
            value = value << 3 | (digit - '0');
        }
        return value;
    }

    private static PlatformException malformed(String what) {
        return new PlatformException(
                SqlState.PROTOCOL_VIOLATION, "the server sent a malformed tar archive: " + what, "");
    }
}
