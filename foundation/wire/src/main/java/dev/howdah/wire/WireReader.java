package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads the fields of one message body. Every shortage is a PROTOCOL_VIOLATION in PostgreSQL's words, and nothing is allocated for a length
 * before that many bytes are known to be there.
 */
public final class WireReader {
    private final ByteBuffer body;

    /** Reads a view of the remaining bytes; the buffer's own position does not move. */
    public WireReader(ByteBuffer body) {
        this.body = body.slice(); // a slice is big-endian whatever the buffer was
    }

    public byte int8() {
        return need(1).get();
    }

    public int uint8() {
        return Byte.toUnsignedInt(int8());
    }

    public int int16() {
        return need(2).getShort();
    }

    public int uint16() {
        return Short.toUnsignedInt(need(2).getShort());
    }

    public int int32() {
        return need(4).getInt();
    }

    public long int64() {
        return need(8).getLong();
    }

    /**
     * Text up to its zero byte, read as UTF-8; what is not UTF-8 becomes U+FFFD, for a client may have chosen another encoding. So the text is
     * for deciding and for people: what must arrive unchanged is forwarded as bytes.
     */
    public String cString() {
        return rawString().toUtf8();
    }

    /** Text that names something we decide on: anything but UTF-8 is refused, so that two names never look the same. */
    public String strictCString() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(rawString().array()))
                    .toString();
        } catch (CharacterCodingException _) {
            throw violation("invalid byte sequence for encoding \"UTF8\" in startup packet");
        }
    }

    private ByteString rawString() {
        for (var end = body.position(); end < body.limit(); end++) {
            if (body.get(end) == 0) {
                var text = bytes(end - body.position());
                body.get();
                return text;
            }
        }
        throw violation("invalid string in message");
    }

    public ByteString bytes(int length) {
        need(length);
        var copy = new byte[length];
        body.get(copy);
        return ByteString.owning(copy);
    }

    /** Everything that is left. */
    public ByteString rest() {
        return bytes(body.remaining());
    }

    /** A length and that many bytes; length -1 is SQL's NULL. */
    public Optional<ByteString> value() {
        var length = int32();
        return length == -1 ? Optional.empty() : Optional.of(bytes(length));
    }

    /** A 16-bit count and that many elements. */
    public <T> List<T> list(Function<WireReader, T> element) {
        var count = uint16();
        var elements = new ArrayList<T>(Math.min(count, body.remaining()));
        for (var i = 0; i < count; i++) {
            elements.add(element.apply(this));
        }
        return Collections.unmodifiableList(elements);
    }

    public int remaining() {
        return body.remaining();
    }

    /** Left-over bytes mean the message was misread, so nothing of it may be acted on. */
    public void requireEnd() {
        if (body.hasRemaining()) {
            throw violation("invalid message format");
        }
    }

    private ByteBuffer need(int length) {
        if (length < 0 || body.remaining() < length) {
            throw violation("insufficient data left in message");
        }
        return body;
    }
}
