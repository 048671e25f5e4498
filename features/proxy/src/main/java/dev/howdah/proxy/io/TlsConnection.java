package dev.howdah.proxy.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS over another connection. It owns no buffer but the piece of a record that has not arrived whole. Steps of the handshake that compute
 * much run on the loop's helpers; what arrives meanwhile waits in that same piece, and reading pauses.
 */
public final class TlsConnection implements Connection, ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(TlsConnection.class);
    private static final String TLS_1_3 = "TLSv1.3";
    /** More than a relay ever leaves unsent. */
    private static final int UNREAD_ANSWERS_BYTES_MAX = 1 << 20;

    private final EventLoop loop;
    private final Connection raw;
    private final SSLEngine engine;
    private final Consumer<TlsConnection> established;

    private ConnectionHandler handler;
    private @Nullable ByteBuffer waiting;
    private boolean handshaking = true;
    private boolean computing;
    private boolean pausedByOwner;
    private boolean inboundDone;
    private boolean outboundDone;
    private boolean finished;

    /** @param established called once, when the handshake is done and before anything is delivered */
    public TlsConnection(
            EventLoop loop,
            Connection raw,
            SSLEngine engine,
            ConnectionHandler handler,
            Consumer<TlsConnection> established) {
        this.loop = loop;
        this.raw = raw;
        this.engine = engine;
        this.handler = handler;
        this.established = established;
        raw.handler(this);
    }

    /** Begins the handshake with what the client has already sent of it. */
    public void begin(ByteBuffer arrived) {
        try {
            engine.beginHandshake();
        } catch (SSLException e) {
            fail(e);
            return;
        }
        received(arrived);
    }

    public SSLEngine engine() {
        return engine;
    }

    @Override
    public void handler(ConnectionHandler next) {
        handler = next;
    }

    @Override
    public void received(ByteBuffer bytes) {
        if (waiting == null && !computing) {
            consume(bytes);
            waiting = Pieces.rest(bytes);
            return;
        }
        var all = Pieces.join(waiting, bytes);
        waiting = null;
        if (!computing) {
            consume(all);
        }
        waiting = Pieces.rest(all);
    }

    /** Unwraps as far as whole records have arrived, and delivers what comes out. */
    private void consume(ByteBuffer bytes) {
        var plain = loop.buffers().plain.clear();
        try {
            while (!finished && !inboundDone && step(bytes, plain)) {
                // Each step is one record or one move of the handshake.
            }
        } catch (SSLException e) {
            fail(e);
            return;
        }
        deliver(plain);
        if (inboundDone && !finished) {
            finishedByPeer();
        }
        if (finished || inboundDone) {
            bytes.position(bytes.limit());
        }
    }

    private boolean step(ByteBuffer bytes, ByteBuffer plain) throws SSLException {
        return switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> {
                if (!handshaking) {
                    // Renegotiation, which TLS 1.3 has abolished; it would let one client keep the helpers busy.
                    throw new SSLException("renegotiation is not allowed");
                }
                compute();
                yield false;
            }
            case NEED_WRAP -> {
                sendHandshake();
                yield true;
            }
            default -> bytes.hasRemaining() && unwrap(bytes, plain);
        };
    }

    private boolean unwrap(ByteBuffer bytes, ByteBuffer plain) throws SSLException {
        var result = engine.unwrap(bytes, plain);
        noteHandshake(result);
        return switch (result.getStatus()) {
            case OK -> true;
            case BUFFER_UNDERFLOW -> false;
            case BUFFER_OVERFLOW -> {
                deliver(plain);
                yield !finished;
            }
            case CLOSED -> {
                inboundDone = true;
                if (!engine.getSession().getProtocol().equals(TLS_1_3)) {
                    // Before 1.3 both directions end together, and the engine has its own close_notify to send.
                    sendHandshake();
                }
                yield false;
            }
        };
    }

    private void deliver(ByteBuffer plain) {
        plain.flip();
        if (plain.hasRemaining() && !finished) {
            handler.received(plain);
        }
        plain.clear();
    }

    private void sendHandshake() throws SSLException {
        if (raw.unsent() > UNREAD_ANSWERS_BYTES_MAX) {
            // Each request for new keys must be answered, and this peer asks without reading.
            throw new SSLException("the peer does not read the answers to its requests");
        }
        var out = loop.buffers().encrypted.clear();
        SSLEngineResult result;
        do {
            result = engine.wrap(ByteBuffer.allocate(0), out);
        } while (result.getStatus() == SSLEngineResult.Status.OK
                && engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP);
        raw.send(out.flip());
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
            outboundDone = true;
            inboundDone = inboundDone || engine.isInboundDone();
        }
        noteHandshake(result);
    }

    private void noteHandshake(SSLEngineResult result) {
        var done = result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.FINISHED
                || engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
        if (handshaking && done && !engine.isOutboundDone() && !engine.isInboundDone()) {
            handshaking = false;
            established.accept(this);
        }
    }

    private void compute() {
        computing = true;
        raw.pauseReading();
        loop.helpers().execute(() -> {
            try {
                for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            } finally {
                // A task that failed shows itself in the engine's next step.
                loop.execute(this::computed);
            }
        });
    }

    private void computed() {
        computing = false;
        if (finished) {
            return;
        }
        if (!pausedByOwner) {
            raw.resumeReading();
        }
        var bytes = waiting == null ? ByteBuffer.allocate(0) : waiting;
        waiting = null;
        try {
            consume(bytes);
        } catch (RuntimeException | Error e) {
            // No call of the engine's is under way here that would end the session for its bug.
            LOG.error("a session failed and is closed", e);
            close();
            handler.ended(Optional.of(new IOException("internal error", e)));
            return;
        }
        waiting = Pieces.rest(bytes);
    }

    @Override
    public void send(ByteBuffer bytes) {
        if (handshaking) {
            // Nothing can be said to a client whose handshake is not done.
            bytes.position(bytes.limit());
            return;
        }
        var out = loop.buffers().encrypted.clear();
        try {
            while (bytes.hasRemaining() && !finished && !outboundDone) {
                var result = engine.wrap(bytes, out);
                if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
                    raw.send(out.flip());
                    out.clear();
                } else if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                    outboundDone = true;
                } else if (result.bytesConsumed() == 0 && result.bytesProduced() == 0) {
                    throw new SSLException("TLS takes no more data");
                }
            }
            raw.send(out.flip());
        } catch (SSLException e) {
            loop.execute(() -> fail(e));
        }
        bytes.position(bytes.limit());
    }

    @Override
    public int unsent() {
        return raw.unsent();
    }

    @Override
    public void pauseReading() {
        pausedByOwner = true;
        raw.pauseReading();
    }

    @Override
    public void resumeReading() {
        pausedByOwner = false;
        if (!computing) {
            raw.resumeReading();
        }
    }

    @Override
    public void finishSending() {
        sendCloseNotify();
        raw.finishSending();
    }

    @Override
    public void finish() {
        if (finished) {
            return;
        }
        sendCloseNotify();
        finished = true;
        waiting = null;
        raw.finish();
    }

    @Override
    public void close() {
        finished = true;
        waiting = null;
        raw.close();
    }

    @Override
    public boolean isOpen() {
        return raw.isOpen();
    }

    private void sendCloseNotify() {
        if (computing || outboundDone) {
            return;
        }
        engine.closeOutbound();
        outboundDone = true;
        var out = loop.buffers().encrypted.clear();
        try {
            engine.wrap(ByteBuffer.allocate(0), out);
            raw.send(out.flip());
        } catch (SSLException _) {
            // The stream ends anyway; a peer that insists on close_notify sees it missing.
        }
    }

    @Override
    public void drained() {
        if (!handshaking) {
            handler.drained();
        }
    }

    @Override
    public void ended(Optional<IOException> failure) {
        if (finished || (inboundDone && failure.isEmpty())) {
            return;
        }
        inboundDone = true;
        handler.ended(failure);
    }

    private void finishedByPeer() {
        raw.pauseReading();
        handler.ended(Optional.empty());
    }

    /** The handshake or a record was bad: the engine's alert goes out, then the stream ends. */
    private void fail(SSLException failure) {
        if (finished) {
            return;
        }
        var out = loop.buffers().encrypted.clear();
        try {
            engine.wrap(ByteBuffer.allocate(0), out);
            raw.send(out.flip());
        } catch (SSLException _) {
            // No alert then.
        }
        finished = true;
        waiting = null;
        raw.finish();
        handler.ended(Optional.of(failure));
    }
}
