package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.CopyBothResponse;
import dev.howdah.wire.BackendMessage.CopyInResponse;
import dev.howdah.wire.BackendMessage.CopyOutResponse;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Terminate;
import dev.howdah.wire.InitialMessage.CancelRequest;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A blocking connection to one server, for what JDBC cannot do: replication commands, BASE_BACKUP, COPY in both directions.
 *
 * <p>For one thread at a time. Only {@link #cancel} and {@link #close} may come from another; closing ends a wait of the first. A
 * {@link ServerException} leaves the connection usable unless the server ended it; an {@link IOException} closes it.
 */
public final class ServerConnection implements AutoCloseable {
    private final MessageChannel channel;
    private final Optional<BackendKeyData> key;

    private ServerConnection(MessageChannel channel, Optional<BackendKeyData> key) {
        this.channel = channel;
        this.key = key;
    }

    /** Connects where no password is needed: by peer or trust. */
    public static ServerConnection connect(
            ServerAddress address, Map<String, String> startupParameters, Duration timeout) throws IOException {
        return connect(address, startupParameters, Optional.empty(), timeout);
    }

    /**
     * Connects and logs in.
     *
     * @param startupParameters at least {@code user}; {@code replication=true} for replication commands
     * @param password for SCRAM-SHA-256, the only password exchange spoken
     * @param timeout how long any single answer may take, now and later: see {@link #setTimeout}
     * @throws ServerException when the server refuses, with its SQLSTATE
     */
    public static ServerConnection connect(
            ServerAddress address, Map<String, String> startupParameters, Optional<String> password, Duration timeout)
            throws IOException {
        var channel = new MessageChannel(ServerSocket.connect(address, timeout));
        try {
            return new ServerConnection(channel, new Login(channel, password).run(startupParameters));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** How long the server may stay silent while an answer is awaited; then {@link java.net.SocketTimeoutException}. */
    public void setTimeout(Duration timeout) {
        channel.socket().timeout(timeout);
    }

    public ServerAddress address() {
        return channel.socket().address();
    }

    public boolean isOpen() {
        return channel.socket().isOpen();
    }

    /** The server process of this connection. */
    public int processId() {
        return key.map(BackendKeyData::processId).orElse(0);
    }

    /** Runs one or more statements by the simple protocol and returns the result of the last. */
    public Rows query(String sql) throws IOException {
        send(sql);
        var reader = new RowsReader();
        var last = new Rows(List.of(), List.of(), "");
        while (true) {
            var message = receive();
            if (message instanceof ReadyForQuery) {
                return last;
            }
            last = accept(reader, message).orElse(last);
        }
    }

    /** Begins a command that answers with data, like {@code COPY ... TO STDOUT}. */
    public CopyOut copyOut(String sql) throws IOException {
        send(sql);
        requireCopy(receive(), CopyOutResponse.class);
        return new CopyOut(this);
    }

    /** Begins a command that takes data, like {@code COPY ... FROM STDIN}. */
    public CopyIn copyIn(String sql) throws IOException {
        send(sql);
        requireCopy(receive(), CopyInResponse.class);
        return new CopyIn(this);
    }

    /** Begins a command after which both sides send: {@code START_REPLICATION}. */
    public CopyBoth copyBoth(String sql) throws IOException {
        send(sql);
        requireCopy(receive(), CopyBothResponse.class);
        return new CopyBoth(this);
    }

    /** Asks the server to cancel what this connection does, over a connection of its own. Whether it did shows only here. */
    public void cancel() throws IOException {
        if (key.isEmpty()) {
            return;
        }
        try (var socket = ServerSocket.connect(address(), channel.socket().timeout())) {
            new MessageChannel(socket)
                    .send(new CancelRequest(key.get().processId(), key.get().key()));
            socket.read(ByteBuffer.allocate(1)); // the server closes once the signal is sent
        } catch (EOFException _) {
            return;
        }
        throw new PlatformException(SqlState.PROTOCOL_VIOLATION, "the server answered a cancel request", "");
    }

    MessageChannel channel() {
        return channel;
    }

    void send(String sql) throws IOException {
        channel.send(new Query(sql));
    }

    /** The next message; an error is thrown once the server has said that it is ready again. */
    BackendMessage receive() throws IOException {
        var message = channel.receive();
        if (message instanceof ErrorResponse(var diagnostic)) {
            throw failed(diagnostic);
        }
        return message;
    }

    /** Reads one whole result. */
    Rows receiveRows() throws IOException {
        var reader = new RowsReader();
        while (true) {
            var rows = accept(reader, receive());
            if (rows.isPresent()) {
                return rows.get();
            }
        }
    }

    /** Reads whatever results are left, up to ReadyForQuery, and returns the first of them. */
    Rows receiveRest() throws IOException {
        var reader = new RowsReader();
        Optional<Rows> first = Optional.empty();
        for (var message = receive(); !(message instanceof ReadyForQuery); message = receive()) {
            var rows = accept(reader, message);
            first = first.or(() -> rows);
        }
        return first.orElseGet(() -> new Rows(List.of(), List.of(), ""));
    }

    ServerException failed(Diagnostic diagnostic) {
        var failure = new ServerException(diagnostic);
        try {
            while (!(channel.receive() instanceof ReadyForQuery)) {
                // what a failed command still sends means nothing
            }
        } catch (IOException e) {
            failure.addSuppressed(e); // FATAL: the server has hung up, and the channel is closed
        }
        return failure;
    }

    private Optional<Rows> accept(RowsReader reader, BackendMessage message) throws IOException {
        try {
            return reader.accept(message);
        } catch (PlatformException e) {
            channel.close(); // in the middle of an answer nobody can go on
            throw e;
        }
    }

    private void requireCopy(BackendMessage message, Class<? extends BackendMessage> expected) throws IOException {
        if (!expected.isInstance(message)) {
            channel.close();
            throw Login.unexpected(message);
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            if (channel.socket().isOpen()) {
                channel.socket().sayGoodbye(FrontendCodec.encode(new Terminate()));
            }
        }
    }
}
