package dev.howdah.client;

import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.CopyDone;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The data a command answers with. Read it to its end: closing before costs the connection, for the protocol has no other way to stop. */
public final class CopyOut implements AutoCloseable {
    private final ServerConnection connection;
    private boolean ended;

    CopyOut(ServerConnection connection) {
        this.connection = connection;
    }

    /** The next piece, valid until the next call; empty at the end. */
    public Optional<ByteBuffer> next() throws IOException {
        while (!ended) {
            var frame = connection.channel().receiveFrame();
            if (frame.tag() == 'd') {
                return Optional.of(frame.body());
            }
            switch (frame.tag()) {
                case 'N', 'A', 'S' -> {} // come at any time
                default -> endWith(frame);
            }
        }
        return Optional.empty();
    }

    private void endWith(MessageChannel.Frame frame) throws IOException {
        ended = true;
        switch (connection.channel().decode(frame)) {
            case CopyDone() -> {}
            case ErrorResponse(var diagnostic) -> throw connection.failed(diagnostic);
            case BackendMessage other -> {
                connection.channel().close();
                throw Login.unexpected(other);
            }
        }
    }

    /** After the end: what the command reports last. The connection is free again. */
    public Rows finish() throws IOException {
        if (!ended) {
            throw new IllegalStateException("the copied data was not read to its end");
        }
        return connection.receiveRest();
    }

    @Override
    public void close() throws IOException {
        if (!ended) {
            connection.close();
        }
    }
}
