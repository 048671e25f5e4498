package dev.howdah.proxy;

import dev.howdah.base.ServerAddress;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage.CancelRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends cancel requests to servers, each on a connection of its own. One per loop. */
final class Canceller {
    private static final Logger LOG = LoggerFactory.getLogger(Canceller.class);
    private static final int UNDER_WAY_MAX = 64;
    private static final Duration TIME_MAX = Duration.ofSeconds(10);

    private final EventLoop loop;
    private int underWay;

    Canceller(EventLoop loop) {
        this.loop = loop;
    }

    /**
     * @param done called when the server has acted on it, which it tells by closing, or when nothing was sent
     * @param lost called instead when the server does not answer in time: it may still act on it
     */
    void cancel(ServerAddress.UnixSocket address, int processId, ByteString key, Runnable done, Runnable lost) {
        if (underWay >= UNDER_WAY_MAX) {
            LOG.warn("a cancel request is dropped, {} are under way", underWay);
            done.run();
            return;
        }
        underWay++;
        try {
            var sending = new Sending(done, lost);
            var connection = loop.engine().connect(address, sending);
            sending.timer = Optional.of(loop.after(TIME_MAX, sending::giveUp));
            sending.connection = Optional.of(connection);
            connection.send(InitialCodec.encode(new CancelRequest(processId, key)));
        } catch (IOException _) {
            // No server, nothing to cancel.
            underWay--;
            done.run();
        }
    }

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
        }
    }
}
