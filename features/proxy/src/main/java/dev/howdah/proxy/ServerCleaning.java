package dev.howdah.proxy;

import dev.howdah.proxy.io.EventLoop;
import java.time.Duration;

/**
 * Takes everything out of a session that clients have left in it, so that its server connection need not be closed for that. The connection owes
 * nothing when it begins; a transaction may be open.
 */
final class ServerCleaning {
    /** A server that takes longer has more to do than opening a new connection costs. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private ServerCleaning() {}

    /** Exactly one is run, unless the connection is closed by somebody else: {@code done} when the session is as it began. */
    static void begin(EventLoop loop, ServerLink link, boolean inTransaction, Runnable done, Runnable failed) {
        if (inTransaction) {
            // DISCARD ALL cannot share a Query with anything.
            ask(loop, link, "ROLLBACK", () -> begin(loop, link, false, done, failed), failed);
        } else {
            ask(loop, link, "DISCARD ALL", done, failed);
        }
    }

    private static void ask(EventLoop loop, ServerLink link, String sql, Runnable done, Runnable failed) {
        Exchange.begin(loop, link.connection(), sql, LIMIT, new Exchange.Outcome() {
            @Override
            public void answered(Exchange.Answer answer) {
                (answer.error().isEmpty() && answer.status() == 'I' ? done : failed).run();
            }

            @Override
            public void lost() {
                failed.run();
            }
        });
    }
}
