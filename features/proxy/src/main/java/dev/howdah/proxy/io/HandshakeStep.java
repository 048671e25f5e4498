package dev.howdah.proxy.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One step of a handshake: what has arrived goes in, the answer comes out. Signatures and key agreements happen in here, so it runs on a helper
 * thread; until it is done its connection leaves the engine alone. The results are read after that, on the loop.
 */
final class HandshakeStep implements Runnable {
    /** Each helper thread has its own, and no handshake any. */
    private static final ThreadLocal<LoopBuffers> BUFFERS = ThreadLocal.withInitial(LoopBuffers::new);

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private final ByteBuffer arrived;
    private final boolean first;
    private final Consumer<HandshakeStep> done;

    private ByteBuffer answer = NOTHING;
    private ByteBuffer delivered = NOTHING;
    private @Nullable IOException failure;
    private boolean handshaken;

    /**
     * @param arrived is this step's own
     * @param done called on the helper thread
     */
    HandshakeStep(SSLEngine engine, ByteBuffer arrived, boolean first, Consumer<HandshakeStep> done) {
        this.engine = engine;
        this.arrived = arrived;
        this.first = first;
        this.done = done;
    }

    @Override
    public void run() {
        var buffers = BUFFERS.get();
        buffers.plain.clear();
        buffers.encrypted.clear();
        try {
            advance(buffers);
        } catch (SSLException e) {
            failure = e;
            alert(buffers.encrypted);
        } catch (RuntimeException | Error e) {
            // The edge of the step: whoever waits must hear of it.
            failure = new IOException("internal error", e);
        } finally {
            done.accept(this);
        }
    }

    /** To be sent, also after a failure: then it is the alert. */
    ByteBuffer answer() {
        return answer;
    }

    /** What the engine decrypted behind the end of the handshake. BoringSSL does so in the very call that ends it. */
    ByteBuffer delivered() {
        return delivered;
    }

    /** What is not used yet: a part of a record, or what follows the handshake. */
    ByteBuffer rest() {
        return arrived;
    }

    @Nullable IOException failure() {
        return failure;
    }

    /** Whether the handshake is over. */
    boolean handshaken() {
        return handshaken;
    }

    private void advance(LoopBuffers buffers) throws SSLException {
        if (first) {
            engine.beginHandshake();
        }
        var in = direct(buffers);
        var before = in.position();
        while (!handshaken && move(in, buffers)) {
            // Each move is one record, or one computation.
        }
        arrived.position(arrived.position() + in.position() - before);
        keepAnswer(buffers.encrypted);
        delivered = copy(buffers.plain.flip());
    }

    /** BoringSSL reads memory outside the heap alone; what is too long for ours it copies itself. */
    private ByteBuffer direct(LoopBuffers buffers) {
        return arrived.remaining() > buffers.read.capacity()
                ? arrived.duplicate()
                : buffers.read.clear().put(arrived.duplicate()).flip();
    }

    private boolean move(ByteBuffer in, LoopBuffers buffers) throws SSLException {
        return switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> {
                for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
                yield true;
            }
            case NEED_WRAP -> {
                if (note(engine.wrap(NOTHING, buffers.encrypted)) == SSLEngineResult.Status.BUFFER_OVERFLOW) {
                    keepAnswer(buffers.encrypted);
                }
                yield !engine.isOutboundDone();
            }
            default -> note(engine.unwrap(in, buffers.plain)) == SSLEngineResult.Status.OK;
        };
    }

    private SSLEngineResult.Status note(SSLEngineResult result) {
        handshaken = result.getHandshakeStatus() == HandshakeStatus.FINISHED
                || (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                        && !engine.isOutboundDone()
                        && !engine.isInboundDone());
        return result.getStatus();
    }

    private void alert(ByteBuffer out) {
        try {
            engine.wrap(NOTHING, out);
        } catch (SSLException _) {
            // No alert then, or it is there already.
        }
        keepAnswer(out);
    }

    private void keepAnswer(ByteBuffer out) {
        answer = Pieces.join(answer, out.flip());
        out.clear();
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return bytes.hasRemaining() ? Pieces.join(null, bytes) : NOTHING;
    }
}
