package dev.howdah.proxy;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A handshake of BoringSSL with itself, in memory. It loads any key, and only a handshake tells whether it can sign with it; so nobody is let in
 * before one has gone well.
 */
final class BoringSslProbe {
    private static final int MOVES_MAX = 50;
    private static final int FLIGHT_BYTES_MAX = 64 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private BoringSslProbe() {}

    static void shakeHands(SSLEngine server) throws SSLException {
        // The certificate that it trusts blindly is its own one, which has come no way at all.
        var context = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build();
        var client = context.newEngine(UnpooledByteBufAllocator.DEFAULT);
        try {
            shakeHands(client, server);
        } finally {
            ReferenceCountUtil.release(client);
            ReferenceCountUtil.release(context);
        }
    }

    private static void shakeHands(SSLEngine client, SSLEngine server) throws SSLException {
        var toServer = ByteBuffer.allocateDirect(FLIGHT_BYTES_MAX);
        var toClient = ByteBuffer.allocateDirect(FLIGHT_BYTES_MAX);
        client.beginHandshake();
        server.beginHandshake();
        for (var move = 0; move < MOVES_MAX; move++) {
            advance(client, toClient, toServer);
            advance(server, toServer, toClient);
            if (isDone(client) && isDone(server)) {
                return;
            }
        }
        throw new SSLException("a handshake with itself does not end");
    }

    private static void advance(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        switch (engine.getHandshakeStatus()) {
            case NEED_WRAP -> engine.wrap(NOTHING, out);
            case NEED_TASK -> {
                for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            }
            default -> {
                engine.unwrap(in.flip(), ByteBuffer.allocateDirect(FLIGHT_BYTES_MAX));
                in.compact();
            }
        }
    }

    private static boolean isDone(SSLEngine engine) {
        return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
    }
}
