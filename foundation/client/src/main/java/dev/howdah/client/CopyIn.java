package dev.howdah.client;

import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage.CopyData;
import dev.howdah.wire.FrontendMessage.CopyDone;
import dev.howdah.wire.FrontendMessage.CopyFail;
import java.io.IOException;

/** The data a command takes. Closing without {@link #finish} makes the command fail and keeps the connection. */
public final class CopyIn implements AutoCloseable {
    private final ServerConnection connection;
    private boolean ended;

    CopyIn(ServerConnection connection) {
        this.connection = connection;
    }

    public void write(ByteString data) throws IOException {
        connection.channel().send(new CopyData(data));
    }

    /** All is sent: returns what the command says to it. */
    public Rows finish() throws IOException {
        ended = true;
        connection.channel().send(new CopyDone());
        return connection.receiveRest();
    }

    @Override
    public void close() throws IOException {
        if (ended || !connection.isOpen()) {
            return;
        }
        ended = true;
        connection.channel().send(new CopyFail("given up by the client"));
        try {
            var rows = connection.receiveRest();
            throw new IllegalStateException("the server accepted a copy that was given up: " + rows.commandTag());
        } catch (ServerException _) {
            // what was asked for
        }
    }
}
