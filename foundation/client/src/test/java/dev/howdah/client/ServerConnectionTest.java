package dev.howdah.client;

import static dev.howdah.client.ScriptedServer.message;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendMessage.AuthenticationCleartextPassword;
import dev.howdah.wire.BackendMessage.AuthenticationOk;
import dev.howdah.wire.BackendMessage.AuthenticationSasl;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.Field;
import dev.howdah.wire.BackendMessage.NegotiateProtocolVersion;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.SslRequest;
import dev.howdah.wire.ProtocolVersion;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a real server does not do on demand; the rest is tested with one, in {@code app}. */
@Timeout(30)
class ServerConnectionTest {
    private static final Map<String, String> USER = Map.of("user", "app");
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(50);

    @TempDir
    private Path directory;

    private static ByteBuffer[] ready(ByteBuffer... more) {
        var login = List.of(
                message(new AuthenticationOk()),
                message(new NegotiateProtocolVersion(ProtocolVersion.V3_0, List.of())),
                message(new ParameterStatus("server_version", "17.6")),
                message(new BackendKeyData(7, ByteString.of(new byte[4]))),
                message(new ReadyForQuery(TransactionStatus.IDLE)));
        var all = new ArrayList<>(login);
        all.addAll(List.of(more));
        return all.toArray(ByteBuffer[]::new);
    }

    @Test
    void aServerThatNegotiatesAnOlderProtocolIsFine() throws IOException {
        try (var server = new ScriptedServer(directory, ready());
                var connection = ServerConnection.connect(server.address(), USER, LONG)) {
            assertEquals(7, connection.processId());
        }
    }

    @Test
    void aSilentServerEndsTheWaitAndTheConnection() throws IOException {
        try (var server = new ScriptedServer(directory, ready());
                var connection = ServerConnection.connect(server.address(), USER, LONG)) {
            connection.setTimeout(SHORT);
            assertThrows(SocketTimeoutException.class, () -> connection.query("SELECT 1"));
            assertFalse(connection.isOpen());
        }
    }

    @Test
    void aServerThatNeverAnswersTheLoginEndsTheWait() throws IOException {
        try (var server = new ScriptedServer(directory)) {
            assertThrows(SocketTimeoutException.class, () -> ServerConnection.connect(server.address(), USER, SHORT));
        }
    }

    @Test
    void closingFromAnotherThreadEndsAWait() throws Exception {
        try (var server = new ScriptedServer(directory, ready());
                var connection = ServerConnection.connect(server.address(), USER, LONG)) {
            var outcome = new CompletableFuture<Throwable>();
            var waiting = Thread.ofVirtual()
                    .start(() -> outcome.complete(assertThrows(IOException.class, () -> connection.query("SELECT 1"))));
            while (waiting.getState() == Thread.State.NEW) {
                Thread.onSpinWait();
            }
            assertDoesNotThrow(connection::close);
            assertEquals(
                    AsynchronousCloseException.class, rootOf(outcome.join()).getClass());
            waiting.join();
        }
    }

    /** The query may also find the channel closed before it begins to wait. */
    private static Throwable rootOf(Throwable failure) {
        return failure instanceof ClosedChannelException ? new AsynchronousCloseException() : failure;
    }

    @Test
    void aMalformedMessageIsAProtocolViolationAndClosesTheConnection() throws IOException {
        var lyingLength =
                ByteBuffer.allocate(5).put((byte) 'D').putInt(Integer.MAX_VALUE).flip();
        try (var server = new ScriptedServer(directory, ready(lyingLength));
                var connection = ServerConnection.connect(server.address(), USER, LONG)) {
            var refused = assertThrows(PlatformException.class, () -> connection.query("SELECT 1"));
            assertEquals(SqlState.PROTOCOL_VIOLATION, refused.state());
            assertFalse(connection.isOpen());
        }
    }

    @Test
    void anErrorOfTheServerLeavesTheConnectionUsable() throws IOException {
        var error = Diagnostic.of(Diagnostic.Severity.ERROR, "22012", "division by zero")
                .withHint("Do not.");
        try (var server = new ScriptedServer(
                        directory,
                        ready(
                                message(new ErrorResponse(error)),
                                message(new ReadyForQuery(TransactionStatus.IDLE)),
                                message(new CommandComplete("SELECT 0")),
                                message(new ReadyForQuery(TransactionStatus.IDLE))));
                var connection = ServerConnection.connect(server.address(), USER, LONG)) {
            var failure = assertThrows(ServerException.class, () -> connection.query("SELECT 1/0"));
            assertEquals("22012", failure.sqlState());
            assertEquals("division by zero", failure.message());
            assertEquals(Optional.of("Do not."), failure.hint());
            assertEquals("SELECT 0", connection.query("SELECT").commandTag());
        }
    }

    @Test
    void aFatalErrorAtLoginIsTheServersOwn() throws IOException {
        var error = Diagnostic.of(Diagnostic.Severity.FATAL, "57P03", "the database system is starting up");
        try (var server = new ScriptedServer(directory, message(new ErrorResponse(error)))) {
            var failure =
                    assertThrows(ServerException.class, () -> ServerConnection.connect(server.address(), USER, LONG));
            assertTrue(failure.is(SqlState.CANNOT_CONNECT_NOW));
        }
    }

    @Test
    void aServerThatSkipsItsProofIsNotTrusted() throws IOException {
        try (var server = new ScriptedServer(
                directory,
                message(new AuthenticationSasl(List.of("SCRAM-SHA-256"))),
                message(new AuthenticationOk()),
                message(new ReadyForQuery(TransactionStatus.IDLE)))) {
            var refused = assertThrows(
                    PlatformException.class,
                    () -> ServerConnection.connect(server.address(), USER, Optional.of("secret"), LONG));
            assertEquals(SqlState.PROTOCOL_VIOLATION, refused.state());
        }
    }

    @Test
    void aPasswordIsNeverSentInClear() throws IOException {
        try (var server = new ScriptedServer(directory, message(new AuthenticationCleartextPassword()))) {
            var refused = assertThrows(
                    PlatformException.class,
                    () -> ServerConnection.connect(server.address(), USER, Optional.of("secret"), LONG));
            assertEquals(SqlState.FEATURE_NOT_SUPPORTED, refused.state());
        }
    }

    @Test
    void aResultLargerThanTheBufferArrivesWhole() throws IOException {
        var value = "x".repeat(1_000_000);
        var row = new DataRow(List.of(Optional.of(ByteString.ofUtf8(value)), Optional.empty()));
        var columns =
                new RowDescription(List.of(new Field("a", 0, 0, 25, -1, -1, 0), new Field("b", 0, 0, 25, -1, -1, 0)));
        try (var server = new ScriptedServer(
                        directory,
                        ready(
                                message(columns),
                                message(row),
                                message(row),
                                message(new CommandComplete("SELECT 2")),
                                message(new ReadyForQuery(TransactionStatus.IDLE))));
                var connection = ServerConnection.connect(server.address(), USER, LONG)) {
            var rows = connection.query("SELECT");
            assertEquals(value, rows.value(1, "a").orElseThrow());
            assertEquals(Optional.empty(), rows.value(1, "b"));
            assertEquals(2, rows.size());
        }
    }

    @Test
    void anAddressWithoutServerOrBeyondThisHostIsRefused() {
        var nobody = new ServerAddress.UnixSocket(directory, 5432);
        assertThrows(IOException.class, () -> ServerConnection.connect(nobody, USER, LONG));
        var elsewhere = new ServerAddress.Tcp("192.0.2.1", 5432);
        var refused = assertThrows(PlatformException.class, () -> ServerConnection.connect(elsewhere, USER, LONG));
        assertEquals(SqlState.FEATURE_NOT_SUPPORTED, refused.state());
    }

    @Test
    void aServerThatHangsUpIsAnEndOfFile() throws Exception {
        try (var server = new ScriptedServer(directory, message(new AuthenticationOk()));
                var socket = ServerSocket.connect(server.address(), LONG)) {
            var channel = new MessageChannel(socket);
            channel.send(new SslRequest());
            assertEquals(new AuthenticationOk(), channel.receive());
            server.awaitAnswered();
            server.hangUp();
            assertThrows(EOFException.class, channel::receive);
        }
    }
}
