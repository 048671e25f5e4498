package dev.howdah.client;

import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.CopyDone;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.ReplicationCodec;
import dev.howdah.wire.ReplicationMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/** A replication stream: WAL comes, reports of what was received go. Its contents are {@link ReplicationMessage}s. */
public final class CopyBoth implements AutoCloseable {
    private final ServerConnection connection;
    private boolean ended;
    private boolean finished;

    CopyBoth(ServerConnection connection) {
        this.connection = connection;
    }

    /** Whether the server has ended the stream; then {@link #finish} tells where it goes on. */
    public boolean ended() {
        return ended;
    }

    /** The next piece, valid until the next call; empty when none came in this time, or none will come any more. */
    public Optional<ByteBuffer> next(Duration patience) throws IOException {
        while (!ended && isReadable(patience)) {
            var frame = connection.channel().receiveFrame();
            switch (frame.tag()) {
                case 'd' -> {
                    return Optional.of(frame.body());
                }
                case 'N', 'A', 'S' -> {} // come at any time
                default -> endWith(frame);
            }
        }
        return Optional.empty();
    }

    private boolean isReadable(Duration patience) throws IOException {
        return connection.channel().hasInput() || connection.channel().socket().awaitReadable(patience);
    }

    private void endWith(MessageChannel.Frame frame) throws IOException {
        ended = true;
        switch (connection.channel().decode(frame)) {
            case CopyDone() -> {}
            case ErrorResponse(var diagnostic) -> {
                finished = true;
                throw connection.failed(diagnostic);
            }
            case BackendMessage other -> {
                connection.channel().close();
                throw Login.unexpected(other);
            }
        }
    }

    public void send(ReplicationMessage.FromStandby message) throws IOException {
        send(ReplicationCodec.encode(message));
    }

    public void send(ByteString data) throws IOException {
        connection.channel().send(new FrontendMessage.CopyData(data));
    }

    /** Ends the stream from this side. Returns the server's last word: after a timeline's end, the next timeline and where it begins. */
    public Rows finish() throws IOException {
        finished = true;
        connection.channel().send(new FrontendMessage.CopyDone());
        while (!ended) {
            var frame = connection.channel().receiveFrame(); // what was still under way is dropped
            if (frame.tag() != 'd' && frame.tag() != 'N' && frame.tag() != 'A' && frame.tag() != 'S') {
                endWith(frame);
            }
        }
        return connection.receiveRest();
    }

    @Override
    public void close() throws IOException {
        if (!finished && connection.isOpen()) {
            finish();
        }
    }
}
