package dev.howdah.cli;

import java.io.PrintWriter;

/**
 * How far long work has come: one line that changes on a terminal, plain lines elsewhere. Whoever opens it closes it, so that the
 * cursor ends on a line of its own. For one thread.
 */
public final class Progress implements AutoCloseable {
    private static final String TO_LINE_START_AND_CLEAR = "\r\u001b[K";

    private final PrintWriter error;
    private final boolean terminal;
    private String shown = "";

    Progress(PrintWriter error, boolean terminal) {
        this.error = error;
        this.terminal = terminal;
    }

    /** Says what is going on now. Saying the same twice shows it once. */
    public void say(String message) {
        if (message.isEmpty() || message.equals(shown)) {
            return;
        }
        shown = message;
        if (terminal) {
            error.print(TO_LINE_START_AND_CLEAR + message);
        } else {
            error.println(message);
        }
        error.flush();
    }

    @Override
    public void close() {
        if (terminal && !shown.isEmpty()) {
            error.print(TO_LINE_START_AND_CLEAR);
            error.flush();
        }
    }
}
