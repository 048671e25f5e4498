package dev.howdah.postgres;

/** PostgreSQL's three ways to stop, mildest first. */
public enum StopMode {
    /** Waits until every client has gone by itself. */
    SMART(Signals.TERM),
    /** Ends the sessions, rolls their transactions back and writes a checkpoint. */
    FAST(Signals.INT),
    /** Ends at once without a checkpoint; the next start recovers from WAL. */
    IMMEDIATE(Signals.QUIT);

    private final int signal;

    StopMode(int signal) {
        this.signal = signal;
    }

    int signal() {
        return signal;
    }
}
