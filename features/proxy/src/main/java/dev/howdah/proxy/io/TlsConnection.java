package dev.howdah.proxy.io;

import io.netty.util.ReferenceCountUtil;
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
 * TLS over another connection, by any engine. It owns no buffer but the piece of a record that has not arrived whole. Steps of the handshake
 * that compute much run on the loop's helpers; what arrives meanwhile waits in that same piece, and reading pauses.
 *
 * <p>An engine may hold memory outside the heap. It is given back when the connection is closed or finished, or has failed; while a helper
 * computes, when the helper is done.
 */
public final class TlsConnection implements Connection, ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(TlsConnection.class);
    private static final String TLS_1_3 = "TLSv1.3";
    /** More than a relay ever leaves unsent. */
    private static final int UNREAD_ANSWERS_BYTES_MAX = 1 << 20;

    private static final int HELD_BYTES_MAX = 16 * 1024;
    private static final int HEADER_BYTES = 5;
    private static final int LENGTH_AT = 3;
    private static final byte CHANGE_CIPHER_SPEC = 20;
    private static final int CHANGE_CIPHER_SPEC_BYTES = HEADER_BYTES + 1;
    private static final byte APPLICATION_DATA = 23;
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final EventLoop loop;
    private final Connection raw;
    private final SSLEngine engine;
    private final Consumer<TlsConnection> established;

    private ConnectionHandler handler;
    /** Less than one record, or, while a helper computes, whatever has arrived. */
    private @Nullable ByteBuffer waiting;
    /** Short messages of the loop's present pass. */
    private @Nullable ByteBuffer held;

    private boolean begun;
    private boolean handshaking = true;
    private boolean computing;
    private boolean pausedByOwner;
    private boolean pausedHere;
    private boolean inboundDone;
    private boolean outboundDone;
    private boolean finished;
    private boolean released;

    /**
     * @param engine is this connection's from now on
     * @param established called once, when the handshake is done and before anything is delivered
     */
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

    /** What a connection leaves behind: nothing of it is in the old loop's buffers. */
    private record TlsDetached(
            Detached raw, SSLEngine engine, @Nullable ByteBuffer part) implements Detached {
        @Override
        public Connection attach(EventLoop loop, ConnectionHandler handler) throws IOException {
            var next = new TlsConnection(loop, raw.attach(loop, handler), engine, handler, _ -> {});
            next.waiting = part;
            next.begun = true;
            next.handshaking = false;
            return next;
        }

        @Override
        public void close() {
            raw.close();
            ReferenceCountUtil.release(engine);
        }
    }

    public SSLEngine engine() {
        return engine;
    }

    @Override
    public void handler(ConnectionHandler next) {
        handler = next;
    }

    /** Also called with what had arrived before the handshake was expected. */
    @Override
    public void received(ByteBuffer bytes) {
        if (finished || inboundDone) {
            bytes.position(bytes.limit());
        } else if (computing) {
            // A client that does not wait for our answer may go on once we have given it.
            waiting = Pieces.join(waiting, bytes);
            pausedHere = true;
            raw.pauseReading();
        } else {
            consume(bytes);
        }
    }

    /** Unwraps as far as whole records have arrived, delivers what comes out, and keeps the rest. */
    private void consume(ByteBuffer bytes) {
        var plain = loop.buffers().plain.clear();
        try {
            if (waiting == null || (completeRecord(waiting, bytes) && unwrapAll(loop.buffers().record, plain))) {
                unwrapAll(bytes, plain);
            }
        } catch (SSLException e) {
            bytes.position(bytes.limit());
            fail(e);
            return;
        }
        deliver(plain);
        if (inboundDone && !finished) {
            finishedByPeer();
        }
        if (finished || inboundDone) {
            waiting = null;
            bytes.position(bytes.limit());
        } else if (bytes.hasRemaining()) {
            waiting = Pieces.join(waiting, bytes);
        }
    }

    /** Copies from {@code bytes} as much as the record that has come in part still lacks; whether it is whole now. */
    private boolean completeRecord(ByteBuffer part, ByteBuffer bytes) throws SSLException {
        var record = loop.buffers().record.clear().put(part.duplicate());
        copy(bytes, record, HEADER_BYTES - record.position());
        if (record.position() >= HEADER_BYTES) {
            var length = HEADER_BYTES + Short.toUnsignedInt(record.getShort(LENGTH_AT));
            if (length > record.capacity()) {
                throw new SSLException("a record of %d bytes, which TLS does not have".formatted(length));
            }
            copy(bytes, record, length - record.position());
            if (record.position() >= length) {
                record.flip();
                waiting = null;
                return true;
            }
        }
        waiting = Pieces.join(null, record.flip());
        return false;
    }

    private static void copy(ByteBuffer from, ByteBuffer to, int wanted) {
        var length = Math.min(wanted, from.remaining());
        if (length > 0) {
            to.put(to.position(), from, from.position(), length).position(to.position() + length);
            from.position(from.position() + length);
        }
    }

    /** False when nothing behind these bytes can be looked at now. */
    private boolean unwrapAll(ByteBuffer bytes, ByteBuffer plain) throws SSLException {
        while (!finished && !inboundDone && step(bytes, plain)) {
            // Each step is one record or one move of the handshake.
        }
        if (computing) {
            return false;
        }
        return !finished && !inboundDone;
    }

    private boolean step(ByteBuffer bytes, ByteBuffer plain) throws SSLException {
        if (handshaking && bytes.hasRemaining() && isCostly(bytes)) {
            compute(bytes);
            return false;
        }
        return switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> {
                if (!handshaking) {
                    // Renegotiation, which TLS 1.3 has abolished; it would let one client keep the helpers busy.
                    throw new SSLException("renegotiation is not allowed");
                }
                compute(bytes);
                yield false;
            }
            case NEED_WRAP -> {
                sendHandshake();
                yield true;
            }
            default -> (handshaking || bytes.hasRemaining()) && unwrap(bytes, plain);
        };
    }

    /**
     * Whether a step of the handshake with these bytes belongs on a helper. Those that end a TLS 1.3 handshake come encrypted and cost a hash;
     * a hello, also a second one, and the keys of TLS 1.2 come in clear and cost more than many queries.
     */
    private boolean isCostly(ByteBuffer bytes) {
        if (!begun) {
            return true;
        }
        var at = bytes.position();
        if (bytes.get(at) == CHANGE_CIPHER_SPEC && bytes.remaining() > CHANGE_CIPHER_SPEC_BYTES) {
            at += CHANGE_CIPHER_SPEC_BYTES; // which TLS 1.3 sends for the sake of old middleboxes only
        }
        return bytes.get(at) != APPLICATION_DATA;
    }

    private boolean unwrap(ByteBuffer bytes, ByteBuffer plain) throws SSLException {
        var result = engine.unwrap(bytes, plain);
        noteHandshake(result);
        return switch (result.getStatus()) {
            case OK -> {
                refuseLateHandshake(result);
                yield true;
            }
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

    /** BoringSSL says of a bad record only that there is something to send, which is its alert. */
    private void refuseLateHandshake(SSLEngineResult result) throws SSLException {
        if (!handshaking
                && result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP
                && engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING) {
            throw new SSLException("a record that does not belong here");
        }
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
            result = engine.wrap(NOTHING, out);
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
        if (!handshaking) {
            return;
        }
        var done = result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.FINISHED
                || engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
        if (done && !engine.isOutboundDone() && !engine.isInboundDone()) {
            handshaken();
        }
    }

    private void handshaken() {
        handshaking = false;
        established.accept(this);
    }

    private void compute(ByteBuffer bytes) {
        computing = true;
        var step = new HandshakeStep(
                engine, Pieces.join(null, bytes), !begun, computed -> loop.execute(() -> computed(computed)));
        begun = true;
        bytes.position(bytes.limit());
        loop.helpers().execute(step);
    }

    private void computed(HandshakeStep step) {
        computing = false;
        if (finished) {
            release();
            return;
        }
        if (pausedHere) {
            pausedHere = false;
            if (!pausedByOwner) {
                raw.resumeReading();
            }
        }
        if (step.answer().hasRemaining()) {
            raw.send(step.answer());
        }
        try {
            goOn(step);
        } catch (RuntimeException | Error e) {
            // No call of the engine's is under way here that would end the session for its bug.
            LOG.error("a session failed and is closed", e);
            close();
            handler.ended(Optional.of(new IOException("internal error", e)));
        }
    }

    private void goOn(HandshakeStep step) {
        var failure = step.failure();
        if (failure != null) {
            end(failure);
            return;
        }
        if (step.handshaken()) {
            handshaken();
        }
        if (!finished && step.delivered().hasRemaining()) {
            handler.received(step.delivered());
        }
        if (finished) {
            return;
        }
        var arrived = step.rest();
        if (waiting != null) {
            arrived = Pieces.join(arrived, waiting);
            waiting = null;
        }
        consume(arrived);
    }

    /**
     * Bytes of a relay leave at once, as full records. The messages of our own, which lie in the heap and often come three or four in a row,
     * leave together when the loop's pass ends, or with what is sent or closed before.
     */
    @Override
    public void send(ByteBuffer bytes) {
        if (handshaking || finished || outboundDone) {
            // Nothing can be said to a client whose handshake is not done.
            bytes.position(bytes.limit());
            return;
        }
        if (bytes.isDirect()) {
            encryptAndSend(bytes);
        } else {
            hold(bytes);
        }
        bytes.position(bytes.limit());
    }

    private void hold(ByteBuffer bytes) {
        if (held == null) {
            loop.execute(this::sendHeld);
        }
        held = Pieces.join(held, bytes);
        if (held.remaining() > HELD_BYTES_MAX) {
            sendHeld();
        }
    }

    private void sendHeld() {
        if (held != null && !finished) {
            encryptAndSend(NOTHING);
        }
    }

    private void encryptAndSend(ByteBuffer bytes) {
        var out = loop.buffers().encrypted.clear();
        try {
            encryptHeld(out);
            encrypt(bytes, out);
            raw.send(out.flip());
        } catch (SSLException e) {
            loop.execute(() -> fail(e));
        }
    }

    /** By way of memory outside the heap, which is where BoringSSL can read. */
    private void encryptHeld(ByteBuffer out) throws SSLException {
        var waits = held;
        if (waits == null) {
            return;
        }
        held = null;
        var staging = loop.buffers().record;
        while (waits.hasRemaining() && !outboundDone) {
            copy(waits, staging.clear(), staging.capacity());
            encrypt(staging.flip(), out);
        }
    }

    private void encrypt(ByteBuffer bytes, ByteBuffer out) throws SSLException {
        while (bytes.hasRemaining() && !outboundDone) {
            var result = engine.wrap(bytes, out);
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
                // More than one write for what is more than five records.
                raw.send(out.flip());
                out.clear();
            } else if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                outboundDone = true;
            } else if (result.bytesConsumed() == 0 && result.bytesProduced() == 0) {
                throw new SSLException("TLS takes no more data");
            }
        }
    }

    @Override
    public int unsent() {
        return raw.unsent() + (held == null ? 0 : held.remaining());
    }

    @Override
    public void pauseReading() {
        pausedByOwner = true;
        raw.pauseReading();
    }

    @Override
    public void resumeReading() {
        pausedByOwner = false;
        if (!pausedHere) {
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
        done();
        raw.finish();
    }

    @Override
    public void close() {
        sendHeld();
        done();
        raw.close();
    }

    /** Nothing is encrypted or decrypted any more. */
    private void done() {
        finished = true;
        waiting = null;
        held = null;
        if (!computing) {
            release();
        }
    }

    private void release() {
        if (!released) {
            released = true;
            ReferenceCountUtil.release(engine);
        }
    }

    @Override
    public boolean isOpen() {
        return raw.isOpen();
    }

    @Override
    public void detach(Consumer<Detached> then) {
        if (handshaking) {
            throw new IllegalStateException("a handshake belongs to its loop");
        }
        if (finished) {
            return;
        }
        sendHeld();
        raw.detach(left -> {
            var detached = new TlsDetached(left, engine, waiting);
            waiting = null;
            finished = true;
            released = true; // the engine goes along
            then.accept(detached);
        });
    }

    private void sendCloseNotify() {
        if (computing || outboundDone || released) {
            return;
        }
        var out = loop.buffers().encrypted.clear();
        try {
            encryptHeld(out);
            engine.closeOutbound();
            outboundDone = true;
            engine.wrap(NOTHING, out);
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

    /** A record was bad: the engine's alert goes out, then the stream ends. */
    private void fail(SSLException failure) {
        if (finished) {
            return;
        }
        var out = loop.buffers().encrypted.clear();
        try {
            engine.wrap(NOTHING, out);
            raw.send(out.flip());
        } catch (SSLException _) {
            // No alert then.
        }
        end(failure);
    }

    private void end(IOException failure) {
        done();
        raw.finish();
        handler.ended(Optional.of(failure));
    }
}
