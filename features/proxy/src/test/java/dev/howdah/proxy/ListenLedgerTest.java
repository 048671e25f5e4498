package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.sql.ListenStatements;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ListenLedgerTest {
    private final ListenLedger ledger = new ListenLedger();
    private long round;

    /** One round of the simple protocol, each statement with the tag it is answered by; {@code ERROR} ends it. */
    private void round(char status, String... statementsAndTags) {
        for (var i = 0; i < statementsAndTags.length; i += 2) {
            var step = ListenStatements.read(statementsAndTags[i], true).orElseThrow();
            ledger.sent(round, i / 2, step.steps().getFirst());
        }
        for (var i = 1; i < statementsAndTags.length; i += 2) {
            if (statementsAndTags[i].equals("ERROR")) {
                ledger.failed(round, 0);
                break;
            }
            ledger.answered(round, i / 2, statementsAndTags[i]);
        }
        ledger.ready(round, (byte) status);
        round++;
    }

    private void listensTo(String... channels) {
        var all = Set.of(channels);
        assertEquals(all, ledger.wanted());
        all.forEach(channel -> assertTrue(ledger.listensOn(channel)));
    }

    @Test
    void listenAloneCountsAtOnce() {
        round('I', "LISTEN a", "UNLISTEN");
        listensTo("a");
        round('I', "UNLISTEN b", "UNLISTEN", "LISTEN c", "UNLISTEN");
        listensTo("a", "c");
        round('I', "UNLISTEN a", "UNLISTEN");
        listensTo("c");
        round('I', "UNLISTEN *", "UNLISTEN");
        assertTrue(ledger.isEmpty());
    }

    @Test
    void failureTakesItsWholeImplicitTransactionBack() {
        round('I', "LISTEN a", "UNLISTEN", "SELECT 1/0", "ERROR", "LISTEN b", "");
        assertTrue(ledger.isEmpty());
        round('I', "LISTEN a", "UNLISTEN", "COMMIT", "COMMIT", "LISTEN b", "UNLISTEN", "SELECT 1/0", "ERROR");
        listensTo("a");
    }

    @Test
    void nothingCountsBeforeTheTransactionCommits() {
        round('T', "BEGIN", "BEGIN", "LISTEN a", "UNLISTEN");
        assertEquals(Set.of("a"), ledger.wanted());
        assertTrue(ledger.isPending() && !ledger.listensOn("a"));
        round('I', "COMMIT", "COMMIT");
        listensTo("a");
        round('T', "BEGIN", "BEGIN", "UNLISTEN a", "UNLISTEN", "LISTEN b", "UNLISTEN");
        round('I', "ROLLBACK", "ROLLBACK");
        listensTo("a");
        round('T', "BEGIN", "BEGIN", "LISTEN b", "UNLISTEN");
        round('E', "SELECT 1/0", "ERROR");
        round('I', "COMMIT", "ROLLBACK");
        listensTo("a");
        round('T', "BEGIN", "BEGIN", "LISTEN b", "UNLISTEN");
        round('I', "COMMIT", "ERROR");
        listensTo("a");
        round('T', "BEGIN", "BEGIN", "LISTEN b", "UNLISTEN", "COMMIT AND CHAIN", "COMMIT", "LISTEN c", "UNLISTEN");
        assertTrue(ledger.listensOn("b"));
        round('I', "ROLLBACK", "ROLLBACK");
        listensTo("a", "b");
    }

    @Test
    void savepointsTakeBackWhatWasDoneSince() {
        round('T', "BEGIN", "BEGIN", "LISTEN a", "UNLISTEN", "SAVEPOINT s", "SAVEPOINT", "LISTEN b", "UNLISTEN");
        round('T', "ROLLBACK TO s", "ROLLBACK");
        round('T', "LISTEN c", "UNLISTEN", "SAVEPOINT t", "SAVEPOINT", "UNLISTEN a", "UNLISTEN");
        round('T', "RELEASE s", "RELEASE");
        round('I', "COMMIT", "COMMIT");
        listensTo("c");
    }

    @Test
    void savepointOfBeforeIsNotMissed() {
        round('T', "BEGIN", "BEGIN", "SAVEPOINT s", "SAVEPOINT", "LISTEN a", "UNLISTEN");
        round('T', "SAVEPOINT s", "SAVEPOINT", "LISTEN b", "UNLISTEN", "ROLLBACK TO s", "ROLLBACK");
        assertEquals(Set.of("a"), ledger.wanted());
        round('T', "RELEASE s", "RELEASE", "ROLLBACK TO s", "ROLLBACK");
        assertEquals(Set.of(), ledger.wanted());
        round('I', "COMMIT", "COMMIT");
        assertTrue(ledger.isEmpty());
    }

    @Test
    void transactionRevivedByASavepointCommits() {
        round('T', "BEGIN", "BEGIN", "LISTEN a", "UNLISTEN", "SAVEPOINT s", "SAVEPOINT");
        round('E', "SELECT 1/0", "ERROR");
        round('T', "ROLLBACK TO s", "ROLLBACK");
        round('I', "COMMIT", "COMMIT");
        listensTo("a");
    }

    @Test
    void pipelinedRoundsKeepTheirStepsApart() {
        ledger.sent(0, 0, new ListenStatements.Listen("a"));
        ledger.sent(1, 0, new ListenStatements.Listen("b"));
        ledger.failed(0, 0);
        ledger.ready(0, (byte) 'I');
        ledger.answered(1, 0, "UNLISTEN");
        ledger.ready(1, (byte) 'I');
        listensTo("b");
    }

    @Test
    void answerWithoutATagIsPassedOver() {
        ledger.sent(0, 0, new ListenStatements.Other());
        ledger.sent(0, 1, new ListenStatements.Listen("a"));
        ledger.answered(0, 1, "UNLISTEN");
        ledger.ready(0, (byte) 'I');
        listensTo("a");
    }
}
