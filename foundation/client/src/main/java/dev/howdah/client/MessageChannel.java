package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage;
import dev.howdah.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Messages over a {@link ServerSocket}. For one thread at a time, except {@link #close}. */
final class MessageChannel implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int HEADER_BYTES = 5;

    /** More in one message is a row that no administrator asked for. */
    private static final int BODY_BYTES_MAX = 64 * 1024 * 1024;

    /** One message as it came; the body is valid until the next one is read. */
    record Frame(byte tag, ByteBuffer body) {}

    private final ServerSocket socket;
    private final WireWriter output = new WireWriter();
    private ByteBuffer input = ByteBuffer.allocate(BUFFER_BYTES).limit(0); // readable: from position to limit

    MessageChannel(ServerSocket socket) {
        this.socket = socket;
    }

    ServerSocket socket() {
        return socket;
    }

    void send(InitialMessage message) throws IOException {
        socket.write(InitialCodec.encode(message));
    }

    void send(FrontendMessage message) throws IOException {
        output.clear();
        FrontendCodec.encode(message, output);
        socket.write(output.toByteBuffer());
    }

    /** The next message that answers something: notices, notifications and changed parameters come at any time and are left out. */
    BackendMessage receive() throws IOException {
        while (true) {
            var frame = receiveFrame();
            if (frame.tag != 'N' && frame.tag != 'A' && frame.tag != 'S') {
                return decode(frame);
            }
        }
    }

    /** A malformed message closes the channel: what follows it cannot be trusted either. */
    BackendMessage decode(Frame frame) throws IOException {
        try {
            return BackendCodec.decode(frame.tag, frame.body);
        } catch (PlatformException e) {
            close();
            throw e;
        }
    }

    Frame receiveFrame() throws IOException {
        fill(HEADER_BYTES);
        var tag = input.get(input.position());
        var length = input.getInt(input.position() + 1);
        if (length < 4 || length > BODY_BYTES_MAX) {
            close();
            throw new PlatformException(
                    SqlState.PROTOCOL_VIOLATION,
                    "the server at %s sent a message of %d bytes".formatted(socket, Integer.toUnsignedLong(length)),
                    "");
        }
        fill(1 + length);
        var body = input.slice(input.position() + HEADER_BYTES, length - 4);
        input.position(input.position() + 1 + length);
        return new Frame(tag, body);
    }

    boolean hasInput() {
        return input.hasRemaining();
    }

    private void fill(int bytes) throws IOException {
        while (input.remaining() < bytes) {
            makeRoom(bytes);
            var end = input.limit();
            var room = input.duplicate().limit(input.capacity()).position(end);
            socket.read(room);
            input.limit(room.position());
        }
    }

    private void makeRoom(int bytes) {
        if (input.capacity() < bytes) {
            input = ByteBuffer.wrap(
                    Arrays.copyOfRange(input.array(), input.position(), input.position() + bytes),
                    0,
                    input.remaining());
        } else if (input.capacity() - input.position() < bytes || input.limit() == input.capacity()) {
            input.compact().flip();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
