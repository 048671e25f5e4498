package dev.howdah.proxy;

/** What of the server's answers is not for the pooled client that has it, and whether the server may serve somebody else as far as that goes. */
final class PoolingState {
    private boolean unnamedWaits;
    private int roundsToSwallow;
    private boolean restoring;
    private boolean restoreFailed;

    /** Whether a server did not take over the settings. */
    boolean restoreFailed() {
        return restoreFailed;
    }

    /** A server is the client's. */
    void attached() {
        unnamedWaits = false;
        roundsToSwallow = 0;
        restoring = false;
    }

    boolean isClean() {
        return !unnamedWaits && roundsToSwallow == 0;
    }

    /** Whether what the client sends next depends on an answer that is still to come. */
    boolean waits() {
        return restoring;
    }

    /** A Query goes to the server. */
    void queried() {
        unnamedWaits = false;
    }

    /** A Parse of the unnamed statement goes to the server. Some drivers parse and describe in one round and execute in the next. */
    void parsedUnnamed() {
        unnamedWaits = true;
    }

    void executed() {
        unnamedWaits = false;
    }

    /**
     * An error of the server's: what was under way has not happened.
     *
     * @param inLastRound whether the client had not begun anything else since
     */
    void failed(boolean inLastRound) {
        unnamedWaits = unnamedWaits && !inLastRound;
    }

    /**
     * The answer to a statement of the proxy's own comes next.
     *
     * @param first whether the client's own messages must wait for it
     */
    void swallowRound(boolean first) {
        roundsToSwallow++;
        restoring = restoring || first;
    }

    /** Whether the server's next message is not for the client. */
    boolean swallowing() {
        return roundsToSwallow > 0;
    }

    /** Takes such a message. */
    void swallow(byte tag) {
        restoreFailed = restoreFailed || tag == 'E';
        if (tag == 'Z') {
            roundsToSwallow--;
            restoring = restoring && roundsToSwallow > 0;
        }
    }
}
