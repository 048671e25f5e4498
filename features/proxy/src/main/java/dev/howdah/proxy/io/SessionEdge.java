package dev.howdah.proxy.io;

import java.io.IOException;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The edge of one session's work: what fails there, a bug or memory that is short, ends that session and not its neighbours. Belongs to one engine. */
final class SessionEdge {
    private static final Logger LOG = LoggerFactory.getLogger(SessionEdge.class);

    private final ArrayDeque<Broken> broken = new ArrayDeque<>();

    /** What an engine serves, and what can break. */
    interface Breakable {
        /** The stream broke: closes it and tells the owner, unless the owner is done with it; also after the peer's own end. */
        void fail(IOException failure);
    }

    private record Broken(Breakable target, IOException failure) {}

    /** Ends what a bug was met in. */
    static void failed(Breakable target, Throwable e) {
        LOG.error("a session failed and is closed", e);
        end(target, new IOException("internal error", e));
    }

    static void end(Breakable target, IOException failure) {
        try {
            target.fail(failure);
        } catch (RuntimeException | Error e) {
            LOG.error("a session failed while it was closed", e);
        }
    }

    /** Has it told of its end once the call under way has returned. */
    void endLater(Breakable target, IOException failure) {
        broken.addLast(new Broken(target, failure));
    }

    boolean hasEnds() {
        return !broken.isEmpty();
    }

    void tellEnds() {
        for (var next = broken.pollFirst(); next != null; next = broken.pollFirst()) {
            end(next.target(), next.failure());
        }
    }
}
