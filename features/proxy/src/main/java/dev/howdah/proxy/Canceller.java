package dev.howdah.proxy;

import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage.CancelRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends cancel requests to servers, each on a connection of its own. One per loop. */
final class Canceller {
    private static final Logger LOG = LoggerFactory.getLogger(Canceller.class);
    private static final int UNDER_WAY_MAX = 64;
    private static final int WAITING_MAX = 10_000;

    private final Shared shared;
    private final EventLoop loop;
    private final ArrayDeque<Request> waiting = new ArrayDeque<>();
    private int underWay;

    Canceller(Shared shared, EventLoop loop) {
        this.shared = shared;
        this.loop = loop;
    }

    /**
     * @param done called when the server has acted on it, which it tells by closing, or when nothing was sent
     * @param lost called instead when the server does not answer in time: it may still act on it
     */
    void cancel(ServerLink link, Runnable done, Runnable lost) {
        var request = new Request(link, done, lost, System.nanoTime());
        if (underWay < UNDER_WAY_MAX) {
            send(request);
        } else if (waiting.size() < WAITING_MAX) {
            waiting.addLast(request);
        } else {
            drop(request);
        }
    }

    private static void drop(Request request) {
        LOG.warn("a cancel request is dropped, too many wait");
        request.done.run();
    }

    private void send(Request request) {
        underWay++;
        try {
            var sending = new Sending(request.done, request.lost);
            var connection = loop.engine().connect(request.link.address(), sending);
            var limit = limit(request);
            sending.timer = limit.isZero() ? Optional.empty() : Optional.of(loop.after(limit, sending::giveUp));
            sending.connection = Optional.of(connection);
            connection.send(InitialCodec.encode(new CancelRequest(request.link.processId(), request.link.key())));
        } catch (IOException _) {
            // No server, nothing to cancel.
            underWay--;
            request.done.run();
        }
    }

    private Duration limit(Request request) {
        return shared.pool(request.link.instance().branch()).cancelWaitTimeout();
    }

    /** Those that have waited too long would hit something else. */
    private void sendWaiting() {
        while (underWay < UNDER_WAY_MAX && !waiting.isEmpty()) {
            var next = waiting.removeFirst();
            var limit = limit(next);
            if (limit.isZero() || System.nanoTime() - next.sinceNanos < limit.toNanos()) {
                send(next);
            } else {
                drop(next);
            }
        }
    }

    int underWay() {
        return underWay + waiting.size();
    }

    /** A cancel request that is to be sent. */
    private record Request(ServerLink link, Runnable done, Runnable lost, long sinceNanos) {}

    /** One request on its way; the server answers by closing. */
    private final class Sending implements ConnectionHandler {
        private final Runnable done;
        private final Runnable lost;
        private Optional<Connection> connection = Optional.empty();
        private Optional<EventLoop.Timer> timer = Optional.empty();
        private boolean over;

        Sending(Runnable done, Runnable lost) {
            this.done = done;
            this.lost = lost;
        }

        @Override
        public void received(ByteBuffer bytes) {
            bytes.position(bytes.limit());
        }

        @Override
        public void drained() {}

        @Override
        public void ended(Optional<IOException> failure) {
            end(done);
        }

        void giveUp() {
            end(lost);
        }

        private void end(Runnable outcome) {
            if (over) {
                return;
            }
            over = true;
            underWay--;
            timer.ifPresent(EventLoop.Timer::cancel);
            connection.ifPresent(Connection::close);
            outcome.run();
            sendWaiting();
        }
    }
}
