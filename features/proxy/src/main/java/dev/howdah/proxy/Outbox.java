package dev.howdah.proxy;

import dev.howdah.proxy.io.Connection;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one pass of the loop sends to one connection, gathered for one write. Bytes that pass unchanged are written straight from where they
 * arrived; only when something else stands beside them everything is copied together. It belongs to its loop, and is empty between two passes.
 */
final class Outbox {
    private final ByteBuffer scratch;
    private @Nullable Connection target;
    /** Bytes that wait where they arrived, behind those in {@code scratch}. */
    private @Nullable ByteBuffer run;

    private int runFrom;
    private int runTo;

    Outbox(int capacity) {
        scratch = ByteBuffer.allocateDirect(capacity);
    }

    /** The bytes must stay as they are until {@link #flush}. */
    @SuppressWarnings("ReferenceEquality") // the very buffer is meant, not one with the same bytes
    void pass(Connection to, ByteBuffer bytes, int from, int end) {
        turnTo(to);
        if (bytes == run && runTo == from) {
            runTo = end;
            return;
        }
        gatherRun();
        run = bytes;
        runFrom = from;
        runTo = end;
    }

    /** Sends {@code bytes}, which are free again on return. */
    void put(Connection to, ByteBuffer bytes) {
        turnTo(to);
        gatherRun();
        gather(bytes, bytes.position(), bytes.limit());
    }

    void put(Connection to, byte[] bytes) {
        if (bytes.length <= scratch.capacity()) {
            room(to, bytes.length).put(bytes);
        } else {
            put(to, ByteBuffer.wrap(bytes));
        }
    }

    /** Where to write the next bytes, at most {@code length} and no more than the whole capacity. */
    ByteBuffer room(Connection to, int length) {
        turnTo(to);
        gatherRun();
        if (scratch.remaining() < length) {
            sendScratch(to);
        }
        return scratch;
    }

    /** At the end of a pass, and before anything is sent past this outbox. */
    void flush() {
        var to = target;
        if (to == null) {
            return;
        }
        var waiting = run;
        if (waiting != null && scratch.position() == 0) {
            run = null;
            send(to, waiting, runFrom, runTo);
        } else {
            gatherRun();
            sendScratch(to);
        }
        target = null;
    }

    @SuppressWarnings("ReferenceEquality") // connections have no other identity
    private void turnTo(Connection to) {
        if (target != to) {
            flush();
            target = to;
        }
    }

    private void gatherRun() {
        var waiting = run;
        if (waiting != null) {
            run = null;
            gather(waiting, runFrom, runTo);
        }
    }

    private void gather(ByteBuffer bytes, int from, int end) {
        var to = target;
        if (to == null) {
            return;
        }
        var length = end - from;
        if (length > scratch.remaining()) {
            sendScratch(to);
        }
        if (length > scratch.remaining()) {
            send(to, bytes, from, end);
        } else {
            scratch.put(scratch.position(), bytes, from, length);
            scratch.position(scratch.position() + length);
        }
    }

    private void sendScratch(Connection to) {
        if (scratch.position() > 0) {
            to.send(scratch.flip());
            scratch.clear();
        }
    }

    private static void send(Connection to, ByteBuffer bytes, int from, int end) {
        var position = bytes.position();
        var limit = bytes.limit();
        to.send(bytes.limit(end).position(from));
        bytes.limit(limit).position(position);
    }
}
