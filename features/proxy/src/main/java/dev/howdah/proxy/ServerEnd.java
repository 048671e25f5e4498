package dev.howdah.proxy;

import dev.howdah.proxy.io.ConnectionHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/**
 * Ends a server session that is busy with something nobody wants any more. A server looks at its connection only between statements, and a
 * cancel that arrives just before a statement begins misses it; so cancels are sent until the session has ended.
 */
final class ServerEnd implements ConnectionHandler {
    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final int CANCELS_MAX = 50;

    private final LoopContext context;
    private final ServerLink link;
    private final Runnable ended;
    private int cancels;
    private boolean over;

    private ServerEnd(LoopContext context, ServerLink link, Runnable ended) {
        this.context = context;
        this.link = link;
        this.ended = ended;
    }

    /** The connection is nobody else's from now on. */
    static void begin(LoopContext context, ServerLink link) {
        begin(context, link, () -> {});
    }

    /** @param ended what to do once the session has ended, or is given up */
    static void begin(LoopContext context, ServerLink link, Runnable ended) {
        var end = new ServerEnd(context, link, ended);
        link.connection().handler(end);
        link.connection().resumeReading();
        link.connection().finishSending();
        end.cancel();
    }

    private void cancel() {
        if (over) {
            return;
        }
        if (cancels >= CANCELS_MAX) {
            over();
            return;
        }
        cancels++;
        context.canceller().cancel(link, this::later, this::later);
    }

    private void later() {
        if (!over) {
            context.loop().after(AGAIN, this::cancel);
        }
    }

    @Override
    public void received(ByteBuffer bytes) {
        bytes.position(bytes.limit());
    }

    @Override
    public void drained() {}

    @Override
    public void ended(Optional<IOException> failure) {
        over();
    }

    private void over() {
        over = true;
        link.connection().close();
        ended.run();
    }
}
