package dev.howdah.bench;

import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage.SslRequest;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A client that costs the load generator as little as it can: small buffers, no check of certificates, the password's keys cached. */
final class WireClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 60_000;
    private static final int BUFFER_BYTES = 512;
    private static final SSLSocketFactory TLS = trustingContext().getSocketFactory();
    private static final CachedScram SCRAM = new CachedScram(BenchServer.PASSWORD);

    private Socket socket;
    private DataInputStream in;
    private OutputStream out;

    private WireClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = input(socket);
        this.out = socket.getOutputStream();
    }

    /** Comes in by this entrance and waits for the first ReadyForQuery. */
    static WireClient logIn(Entrance entrance) throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(entrance.host(), entrance.port()));
            var client = new WireClient(socket);
            if (entrance.door() == Door.TLS) {
                client.encrypt();
            }
            client.startUp(entrance.user());
            return client;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static DataInputStream input(Socket socket) throws IOException {
        return new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
    }

    private void encrypt() throws IOException {
        send(InitialCodec.encode(new SslRequest()));
        if (in.read() != 'S') {
            throw new IOException("no TLS here");
        }
        var tls = (SSLSocket) TLS.createSocket(socket, "localhost", 0, true);
        tls.setEnabledProtocols(new String[] {"TLSv1.3"});
        tls.startHandshake();
        socket = tls;
        in = input(tls);
        out = tls.getOutputStream();
    }

    private void startUp(String user) throws IOException {
        send(InitialCodec.encode(
                new StartupMessage(ProtocolVersion.V3_0, Map.of("user", user, "database", "postgres"))));
        var nonce = Long.toHexString(ThreadLocalRandom.current().nextLong());
        while (true) {
            switch (read()) {
                case BackendMessage.AuthenticationSasl _ ->
                    send(FrontendCodec.encode(new FrontendMessage.SaslInitialResponse(
                            "SCRAM-SHA-256", Optional.of(ByteString.ofUtf8(CachedScram.first(nonce))))));
                case BackendMessage.AuthenticationSaslContinue(var challenge) ->
                    send(FrontendCodec.encode(
                            new FrontendMessage.SaslResponse(ByteString.ofUtf8(proof(nonce, challenge.toUtf8())))));
                case BackendMessage.ErrorResponse(var error) -> throw new IOException(error.message());
                case BackendMessage.ReadyForQuery _ -> {
                    return;
                }
                default -> {}
            }
        }
    }

    private static String proof(String nonce, String challenge) throws IOException {
        try {
            return SCRAM.answer(nonce, challenge);
        } catch (GeneralSecurityException e) {
            throw new IOException("SCRAM cannot be computed", e);
        }
    }

    /** Runs a statement to its end and throws away what it gives. */
    void query(String sql) throws IOException {
        send(FrontendCodec.encode(new FrontendMessage.Query(sql)));
        while (true) {
            switch (read()) {
                case BackendMessage.ErrorResponse(var error) -> throw new IOException(error.message());
                case BackendMessage.ReadyForQuery _ -> {
                    return;
                }
                default -> {}
            }
        }
    }

    private void send(ByteBuffer bytes) throws IOException {
        var array = new byte[bytes.remaining()];
        bytes.get(array);
        out.write(array);
        out.flush();
    }

    private BackendMessage read() throws IOException {
        var tag = in.readByte();
        var body = new byte[in.readInt() - 4];
        in.readFully(body);
        return BackendCodec.decode(tag, ByteBuffer.wrap(body));
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

    /** Says goodbye and goes. */
    @Override
    public void close() throws IOException {
        try {
            send(FrontendCodec.encode(new FrontendMessage.Terminate()));
        } finally {
            socket.close();
        }
    }

    private static final class TrustEverybody implements X509TrustManager {
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
