package dev.howdah.proxy;

import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the server of a client what is in its session when {@link SessionState} cannot know, and cleans it of what must not stay. Until the answer is
 * there the server is the check's and not the relay's. A client that goes leaves its server to the check, which gives it back to the pool when it is
 * clean.
 */
final class SessionCheck {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final ClientSession session;
    private final Loan loan;
    private final SessionState state;
    private final Keeper keeper;
    private @Nullable PooledServer underWay;
    private boolean left;

    /** Who had the server, and may get it back. Called later, never from within a call. */
    interface Keeper {
        /** Nothing is left in the server that somebody else must not see. */
        void released();

        /** The client needs it, and has it again. */
        void kept();

        /** The server is of no use any more. */
        void lost();
    }

    SessionCheck(ClientSession session, Loan loan, SessionState state, Keeper keeper) {
        this.session = session;
        this.loan = loan;
        this.state = state;
        this.keeper = keeper;
    }

    boolean underWay() {
        return underWay != null;
    }

    /** The server owes nothing and no transaction is open. */
    void ask(PooledServer server, Consumer<Exchange.Answer> whileKept) {
        begin(server);
        server.whenQuiet(() -> run(server, state.question(), answer -> {
            if (!left) {
                whileKept.accept(answer);
            }
            SessionProbe.read(answer)
                    .ifPresentOrElse(
                            probe -> found(server, state.answered(probe)), () -> unanswered(server, answer.status()));
        }));
    }

    private void run(PooledServer server, String sql, Consumer<Exchange.Answer> then) {
        Exchange.begin(session.loop(), server.link.connection(), sql, LIMIT, new Exchange.Outcome() {
            @Override
            public void answered(Exchange.Answer answer) {
                then.accept(answer);
            }

            @Override
            public void lost() {
                if (left || !session.ended()) { // a session that was ended has dealt with its server
                    SessionCheck.this.lost(server);
                }
            }
        });
    }

    /** The server has been lost while no cancel had yet been heard of. */
    void abandon() {
        underWay = null;
    }

    private void begin(PooledServer server) {
        underWay = server;
        // A simple Query takes the unnamed statement away.
        server.record(session.context().statements()).hasUnnamed = false;
    }

    private void found(PooledServer server, SessionState.Verdict verdict) {
        server.settings = state.left();
        switch (verdict) {
            case RELEASE -> released(server);
            case KEEP -> kept(server);
            case CLEAN -> clean(server, false);
        }
    }

    /** The client keeps the server, since nobody knows what is in it; but not in a transaction of ours that something has cut off. */
    private void unanswered(PooledServer server, byte transactionStatus) {
        if (transactionStatus != 'I') {
            run(server, "ROLLBACK", answer -> {
                if (answer.status() == 'I') {
                    unanswered(server, answer.status());
                } else {
                    lost(server);
                }
            });
            return;
        }
        state.unanswered();
        kept(server);
    }

    private void kept(PooledServer server) {
        if (left) {
            leave(server, false);
            return;
        }
        underWay = null;
        keeper.kept();
    }

    private void released(PooledServer server) {
        underWay = null;
        if (left) {
            loan.pool().release(server);
        } else {
            keeper.released();
        }
    }

    private void lost(PooledServer server) {
        underWay = null;
        if (left) {
            loan.pool().forget(server);
        } else {
            keeper.lost();
        }
    }

    /** The client goes while its server is being asked. */
    void leave() {
        left = true;
        loan.handOver();
    }

    /** The client goes, and leaves something in a server that owes nothing. */
    void leave(PooledServer server, boolean inTransaction) {
        leave();
        if (state.cleanable()) {
            clean(server, inTransaction);
        } else {
            loan.pool().forget(server);
        }
    }

    private void clean(PooledServer server, boolean inTransaction) {
        begin(server);
        ServerCleaning.begin(session.loop(), server.link, inTransaction, () -> cleaned(server), () -> lost(server));
    }

    private void cleaned(PooledServer server) {
        server.record(session.context().statements()).copies.forgetAll();
        server.settings = PooledSettings.NONE;
        loan.pool().statistics().cleaned++;
        state.forget();
        released(server);
    }
}
