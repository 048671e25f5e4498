package dev.howdah.wire;

import static dev.howdah.base.Checks.require;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Collects encoded messages in a buffer that grows. Not thread-safe; {@link #clear} lets one writer serve a whole connection. */
public final class WireWriter {
    private static final int COUNT_MAX = 0xFFFF;

    private byte[] buffer = new byte[256];
    private int length;

    public WireWriter int8(int value) {
        reserve(1);
        buffer[length++] = (byte) value;
        return this;
    }

    public WireWriter int16(int value) {
        return int8(value >>> 8).int8(value);
    }

    public WireWriter int32(int value) {
        reserve(4);
        putInt(length, value);
        length += 4;
        return this;
    }

    public WireWriter int64(long value) {
        return int32((int) (value >>> 32)).int32((int) value);
    }

    /** UTF-8 and a zero byte. Text with a zero byte inside would smuggle in a field of its own: {@link IllegalArgumentException}. */
    public WireWriter cString(String text) {
        require(text.indexOf('\0') < 0, "a NUL character cannot be part of a protocol string");
        return bytes(text.getBytes(StandardCharsets.UTF_8)).int8(0);
    }

    public WireWriter bytes(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
        return this;
    }

    public WireWriter bytes(ByteString bytes) {
        return bytes(bytes.array());
    }

    /** The counterpart of {@link WireReader#value}. */
    public WireWriter value(Optional<ByteString> value) {
        return value.map(bytes -> int32(bytes.size()).bytes(bytes)).orElseGet(() -> int32(-1));
    }

    /** The counterpart of {@link WireReader#list}. */
    public <T> WireWriter list(List<T> elements, BiConsumer<WireWriter, T> element) {
        require(elements.size() <= COUNT_MAX, "a protocol list has at most 65535 elements, was " + elements.size());
        int16(elements.size());
        elements.forEach(each -> element.accept(this, each));
        return this;
    }

    /** Begins a message and returns its mark for {@link #end}. */
    public int begin(char tag) {
        int8(tag);
        return beginUntagged();
    }

    /** Begins a message without tag: a connection's first. */
    public int beginUntagged() {
        var mark = length;
        int32(0);
        return mark;
    }

    /** Ends the message begun at {@code mark} by filling in its length. */
    public void end(int mark) {
        require(length - mark - 4 <= WireLimits.MESSAGE_BYTES_MAX, "a message is at most 1 GB");
        putInt(mark, length - mark);
    }

    public int size() {
        return length;
    }

    public void clear() {
        length = 0;
    }

    /** A view of what was written, valid until the next write or {@link #clear}. */
    public ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(buffer, 0, length).slice();
    }

    private void putInt(int at, int value) {
        buffer[at] = (byte) (value >>> 24);
        buffer[at + 1] = (byte) (value >>> 16);
        buffer[at + 2] = (byte) (value >>> 8);
        buffer[at + 3] = (byte) value;
    }

    private void reserve(int more) {
        if (buffer.length - length < more) {
            var needed = Math.addExact(length, more);
            buffer =
                    Arrays.copyOf(buffer, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * buffer.length)));
        }
    }
}
