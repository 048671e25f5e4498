package dev.howdah.proxy;

import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the two sides of one session are in their exchange. The protocol answers in order, so counting is enough: a <em>round</em> is everything
 * up to one Query, FunctionCall or Sync, and ends with one ReadyForQuery. Within a round each Execute and each statement of a Query has one
 * closing answer.
 */
final class Conversation {
    private long roundsSent;
    private long roundsAnswered;
    private int executesSent;
    private int answers;
    private boolean simpleRound;
    private boolean startedRound;
    private boolean copyIn;
    private boolean mayBegin;
    private byte status = 'I';
    private @Nullable ArrayDeque<Renamed> renamed;

    /** A command tag to be put in place of the server's. */
    private record Renamed(long round, int answer, String tag) {}

    /** Notes a message that goes to the server. */
    void sent(byte tag) {
        switch (tag) {
            case 'Q', 'F' -> {
                simpleRound = true;
                endRound();
            }
            case 'S' -> {
                simpleRound = false;
                endRound();
            }
            case 'E' -> {
                executesSent++;
                startedRound = true;
            }
            case 'c', 'f' -> copyEnds();
            case 'X', 'd', 'H' -> {}
            default -> startedRound = true;
        }
    }

    private void endRound() {
        roundsSent++;
        executesSent = 0;
        startedRound = false;
    }

    /**
     * A server in COPY FROM STDIN ignores every Sync until the copy ends, and what it has answered by then is everything before. So only the
     * round of the copy itself is open now; in the extended protocol the client sends another Sync to end it.
     */
    private void copyEnds() {
        if (copyIn) {
            copyIn = false;
            roundsSent = roundsAnswered + (simpleRound ? 1 : 0);
            startedRound = !simpleRound;
        }
    }

    /** Which round the next message belongs to. */
    long round() {
        return roundsSent;
    }

    /** So many Executes of that round have been sent. */
    int executes() {
        return executesSent;
    }

    /** Which round is being answered. */
    long answeredRound() {
        return roundsAnswered;
    }

    /** Which of its closing answers comes next. */
    int answer() {
        return answers;
    }

    /** Whether a message of the round has been sent. */
    boolean roundBegun() {
        return startedRound;
    }

    /** Whether every round before this one is answered. */
    boolean allAnswered() {
        return roundsAnswered >= roundsSent;
    }

    /**
     * An error of the server's, which ends a COPY.
     *
     * @param roundsSkipped so many rounds it skips for it
     */
    void failed(int roundsSkipped) {
        copyIn = false;
        roundsSent -= roundsSkipped;
    }

    /** What is sent now may begin a transaction block. */
    void mayBegin() {
        mayBegin = true;
    }

    /** Whether the client may be inside a transaction block, as far as it knows. */
    boolean mayBeInBlock() {
        return status != 'I' || mayBegin;
    }

    /** So many rounds have ended without an answer. */
    int roundsOpen() {
        return (int) Math.max(0, roundsSent - roundsAnswered);
    }

    /** The server is gone, and nothing will be answered by it. */
    void lost() {
        roundsAnswered = roundsSent;
        executesSent = 0;
        answers = 0;
        startedRound = false;
        copyIn = false;
        mayBegin = false;
        renamed = null;
        status = 'I';
    }

    /** Whether the server waits for COPY data. */
    boolean copyingIn() {
        return copyIn;
    }

    /** Has the server's command tag replaced that answers the n-th statement of the next Query, or the next Execute. */
    void rename(int statement, String tag) {
        if (renamed == null) {
            renamed = new ArrayDeque<>();
        }
        renamed.addLast(new Renamed(roundsSent, executesSent + statement, tag));
    }

    /** Whether the server's next command tag may have to be replaced; keeps the usual case free of work. */
    boolean mayRename() {
        return renamed != null;
    }

    /** Notes a closing answer of the server's; for a CommandComplete, the tag to use instead of its own. */
    Optional<String> answered() {
        var waiting = renamed == null ? null : renamed.peekFirst();
        var index = answers++;
        if (renamed != null && waiting != null && waiting.round() == roundsAnswered && waiting.answer() == index) {
            renamed.removeFirst();
            return Optional.of(waiting.tag());
        }
        return Optional.empty();
    }

    /** The server waits for COPY data. */
    void copyInBegan() {
        copyIn = true;
    }

    /** A ReadyForQuery. */
    void ready(byte transactionStatus) {
        status = transactionStatus;
        roundsAnswered++;
        answers = 0;
        copyIn = false;
        mayBegin = mayBegin && !idle();
        while (renamed != null && !renamed.isEmpty() && renamed.getFirst().round() < roundsAnswered) {
            renamed.removeFirst();
        }
        if (renamed != null && renamed.isEmpty()) {
            renamed = null;
        }
    }

    /** Whether the server owes nothing: every round is answered and none is begun. */
    boolean idle() {
        return roundsAnswered >= roundsSent && !startedRound;
    }

    /** Whether what the server says now is about the last round that was begun. */
    boolean isOnLastRound() {
        return roundsSent - roundsAnswered + (startedRound ? 1 : 0) <= 1;
    }

    /** The transaction status of the last ReadyForQuery. */
    byte status() {
        return status;
    }

    SessionSnapshot.State state() {
        if (!idle()) {
            return SessionSnapshot.State.ACTIVE;
        }
        return status == 'I' ? SessionSnapshot.State.IDLE : SessionSnapshot.State.IN_TRANSACTION;
    }
}
