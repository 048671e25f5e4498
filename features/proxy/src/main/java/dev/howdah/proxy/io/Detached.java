package dev.howdah.proxy.io;

import java.io.IOException;

/**
 * A stream between two loops: given up by one and not taken by another yet, with what had arrived and was not delivered, and what was not sent.
 * Belongs to whoever holds it, who takes it or closes it, once.
 */
public interface Detached {
    /**
     * Makes it a connection of a loop whose engine is of the same kind; on that loop's thread. Nothing is told before this returns, and reading
     * is not paused. When it fails nothing has changed: what is detached is still to be closed.
     */
    Connection attach(EventLoop loop, ConnectionHandler handler) throws IOException;

    /** On any thread. */
    void close();
}
