package dev.howdah.proxy;

import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import dev.howdah.wire.ScramClient;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A client that sends what it is told to, byte by byte when need be. */
final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private Socket socket;
    private DataInputStream in;
    private OutputStream out;

    private RawClient(Socket socket) throws IOException {
        use(socket);
    }

    static RawClient connect(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(address);
        return new RawClient(socket);
    }

    /** Over a socket of the caller's, which is connected. */
    static RawClient over(Socket socket) throws IOException {
        return new RawClient(socket);
    }

    private void use(Socket next) throws IOException {
        socket = next;
        in = new DataInputStream(next.getInputStream());
        out = next.getOutputStream();
    }

    /** Asks for TLS and does the handshake. */
    RawClient encrypted() throws IOException {
        send(InitialCodec.encode(new InitialMessage.SslRequest()));
        if (readByte() != 'S') {
            throw new IOException("no TLS");
        }
        return handshake(Optional.empty());
    }

    RawClient handshake(Optional<String> alpn) throws IOException {
        var tls = (SSLSocket) trustingContext().getSocketFactory().createSocket(socket, "localhost", 0, true);
        var parameters = tls.getSSLParameters();
        alpn.ifPresent(protocol -> parameters.setApplicationProtocols(new String[] {protocol}));
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        use(tls);
        return this;
    }

    private static SSLContext trustingContext() {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustEverybody()}, new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Logs in and reads up to the first ReadyForQuery. */
    List<BackendMessage> logIn(ProtocolVersion version, String user, String password, String... parameters)
            throws IOException {
        send(startup(version, user, parameters));
        var messages = new ArrayList<>(authenticate(password));
        if (messages.getLast() instanceof BackendMessage.AuthenticationOk) {
            messages.addAll(readUntilReady());
        }
        return messages;
    }

    static ByteBuffer startup(ProtocolVersion version, String user, String... parameters) {
        Map<String, String> all = new LinkedHashMap<>(Map.of("user", user, "database", "postgres"));
        for (var i = 0; i < parameters.length; i += 2) {
            all.put(parameters[i], parameters[i + 1]);
        }
        return InitialCodec.encode(new StartupMessage(version, all));
    }

    /** The SCRAM exchange; ends with AuthenticationOk or an error. */
    List<BackendMessage> authenticate(String password) throws IOException {
        var messages = new ArrayList<BackendMessage>();
        var scram = new ScramClient(password, Optional.empty(), new SecureRandom());
        while (true) {
            var message = read();
            messages.add(message);
            switch (message) {
                case BackendMessage.AuthenticationSasl _ ->
                    send(FrontendCodec.encode(scram.start(List.of("SCRAM-SHA-256"))));
                case BackendMessage.AuthenticationSaslContinue(var data) ->
                    send(FrontendCodec.encode(scram.respond(data)));
                case BackendMessage.AuthenticationOk _, BackendMessage.ErrorResponse _ -> {
                    return messages;
                }
                default -> {}
            }
        }
    }

    List<BackendMessage> readUntilReady() throws IOException {
        var messages = new ArrayList<BackendMessage>();
        do {
            messages.add(read());
        } while (!(messages.getLast() instanceof BackendMessage.ReadyForQuery)
                && !(messages.getLast() instanceof BackendMessage.ErrorResponse error
                        && error.diagnostic().severity().equals("FATAL")));
        return messages;
    }

    List<BackendMessage> query(String sql) throws IOException {
        send(FrontendCodec.encode(new FrontendMessage.Query(sql)));
        return readUntilReady();
    }

    static List<String> rows(List<BackendMessage> messages) {
        return messages.stream()
                .filter(BackendMessage.DataRow.class::isInstance)
                .map(row -> ((BackendMessage.DataRow) row).values().getFirst())
                .map(value -> value.map(ByteString::toUtf8).orElse("null"))
                .toList();
    }

    static Optional<BackendMessage.ErrorResponse> error(List<BackendMessage> messages) {
        return messages.stream()
                .filter(BackendMessage.ErrorResponse.class::isInstance)
                .map(BackendMessage.ErrorResponse.class::cast)
                .findFirst();
    }

    static List<String> tags(List<BackendMessage> messages) {
        return messages.stream()
                .filter(BackendMessage.CommandComplete.class::isInstance)
                .map(complete -> ((BackendMessage.CommandComplete) complete).tag())
                .toList();
    }

    void send(FrontendMessage... messages) throws IOException {
        for (var message : messages) {
            send(FrontendCodec.encode(message));
        }
    }

    void send(ByteBuffer bytes) throws IOException {
        var array = new byte[bytes.remaining()];
        bytes.get(array);
        out.write(array);
        out.flush();
    }

    void send(byte... bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** Says that nothing more will come; the answers can still be read. */
    void finishSending() throws IOException {
        socket.shutdownOutput();
    }

    int readByte() throws IOException {
        return in.read();
    }

    /** The SQLSTATE of the first error among these; there is one. */
    static String code(List<BackendMessage> messages) {
        return error(messages).orElseThrow().diagnostic().code();
    }

    BackendMessage read() throws IOException {
        var tag = in.readByte();
        var body = new byte[in.readInt() - 4];
        in.readFully(body);
        return BackendCodec.decode(tag, ByteBuffer.wrap(body));
    }

    /** Reads a message of any length and forgets it but for its tag. */
    char skip() throws IOException {
        var tag = (char) in.readByte();
        in.skipNBytes(in.readInt() - 4);
        return tag;
    }

    /** Whether the other side has closed, politely or not. */
    boolean isClosed() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketTimeoutException _) {
            return false;
        } catch (IOException _) {
            return true;
        }
    }

    /** Reads what is left; returns once the other side has closed. */
    void readToTheEnd() throws IOException {
        while (in.read() >= 0) {
            // Whatever it is.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    static final class TrustEverybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
