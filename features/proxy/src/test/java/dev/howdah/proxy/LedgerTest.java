package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.Ledger.Kind;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private final StatementBook book = new StatementBook(7);
    private final ServerCopies copies = new ServerCopies();
    private final ClientStatements names = new ClientStatements(book);
    private final Ledger ledger = new Ledger(book, copies);
    private final Statement statement = book.use(ByteBuffer.wrap(new byte[] {'x', 0}), 0, 2, 0);
    private final ClientStatements.Named named = names.name(ByteBuffer.wrap(new byte[] {'n'}), 0, 1);
    private final ServerCopies.Copy copy = copies.of(statement);

    @BeforeEach
    void begin() {
        ledger.begin(names);
    }

    private void parse() {
        names.set(named, statement);
        copies.present(copy, true);
        ledger.changed(Kind.PARSE, named, copy, null, 0);
    }

    private boolean isKnown() {
        return names.find(ByteBuffer.wrap(new byte[] {'n'}), 0, 1) != null;
    }

    @Test
    void ownAnswersAreNotTheClients() {
        ledger.changed(Kind.OWN_PARSE, null, copy, null, 0);
        ledger.sent(Kind.BIND);
        ledger.sent(Kind.SYNC);
        assertFalse(ledger.answered((byte) '1'));
        assertTrue(ledger.answered((byte) '2'));
        assertTrue(ledger.answered((byte) 'Z'));
        assertTrue(ledger.isEmpty());
    }

    @Test
    void failedParseMakesNothing() {
        parse();
        ledger.sent(Kind.BIND);
        ledger.sent(Kind.SYNC);
        assertEquals(0, ledger.failed());
        assertFalse(isKnown());
        assertFalse(copy.present());
        assertFalse(ledger.skipping());
        assertTrue(ledger.answered((byte) 'Z'));
        assertTrue(ledger.isEmpty());
    }

    @Test
    void skippedCloseClosesNothing() {
        parse();
        assertTrue(ledger.answered((byte) '1'));
        ledger.sent(Kind.BIND);
        names.set(named, null);
        ledger.changed(Kind.KNOWN_CLOSE, named, null, statement, 0);
        ledger.failed();
        assertTrue(isKnown());
        assertEquals(statement, named.statement());
        assertTrue(ledger.skipping());
        ledger.sent(Kind.SYNC);
        assertFalse(ledger.skipping());
    }

    @Test
    void closeAndParseOfOneNameAreTakenBackInTheirOrder() {
        parse();
        assertTrue(ledger.answered((byte) '1'));
        ledger.sent(Kind.BIND);
        names.set(named, null);
        ledger.changed(Kind.KNOWN_CLOSE, named, null, statement, 0);
        var second = book.use(ByteBuffer.wrap(new byte[] {'y', 0}), 0, 2, 0);
        names.set(named, second);
        ledger.changed(Kind.KNOWN_PARSE, named, null, null, 0);
        ledger.failed();
        assertEquals(statement, named.statement());
        names.close();
    }

    @Test
    void proxyAnswersWhenItIsItsTurn() {
        ledger.sent(Kind.BIND);
        names.set(named, statement);
        ledger.changed(Kind.KNOWN_PARSE, named, null, null, 0);
        assertFalse(ledger.isDue());
        assertTrue(ledger.answered((byte) '2'));
        assertTrue(ledger.isDue());
        ledger.answeredDue();
        assertNull(ledger.front());
        assertTrue(isKnown());
    }

    @Test
    void queriesThatTheServerSkipsAreCounted() {
        ledger.sent(Kind.BIND);
        ledger.sent(Kind.QUERY);
        ledger.sent(Kind.CALL);
        ledger.sent(Kind.SYNC);
        assertEquals(2, ledger.failed());
        assertTrue(ledger.answered((byte) 'Z'));
        assertTrue(ledger.isEmpty());
    }

    @Test
    void growsAndKeepsItsOrder() {
        for (var i = 0; i < 1000; i++) {
            ledger.sent(Kind.BIND);
            ledger.sent(Kind.EXECUTE);
            if (i % 3 == 0) {
                assertTrue(ledger.answered((byte) '2'));
                assertTrue(ledger.answered((byte) 'C'));
            }
        }
        ledger.sent(Kind.SYNC);
        for (var i = 334; i < 1000; i++) {
            var front = ledger.front();
            assertEquals(Kind.BIND, front == null ? null : front.kind);
            assertTrue(ledger.answered((byte) '2'));
            assertTrue(ledger.answered((byte) 's'));
        }
        assertTrue(ledger.answered((byte) 'Z'));
        assertTrue(ledger.isEmpty());
    }

    @Test
    void whatChangesNamesInOneRoundIsOpenToTheNext() {
        parse();
        assertFalse(ledger.isOpenBefore(0));
        ledger.sent(Kind.SYNC);
        assertTrue(ledger.isOpenBefore(1));
        ledger.answered((byte) '1');
        assertFalse(ledger.isOpenBefore(1));
    }

    @Test
    void whatIsAnsweredAboutACopyIsToldToTheName() {
        parse();
        ledger.sent(Kind.DESCRIBE, named, copy);
        ledger.sent(Kind.SYNC);
        assertNull(ledger.describing());
        assertTrue(ledger.answered((byte) '1'));
        assertEquals(copy, ledger.describing());
        var description = new Description(new byte[2], 1, 0);
        copy.description = description;
        assertTrue(ledger.answered((byte) 't'));
        assertTrue(ledger.answered((byte) 'T'));
        assertEquals(description, named.told);
        assertTrue(ledger.answered((byte) 'Z'));
        ledger.changed(Kind.OWN_PARSE, null, copy, null, 1);
        ledger.changed(Kind.OWN_DESCRIBE, null, copy, null, 1);
        assertFalse(ledger.answered((byte) '1'));
        assertNull(copy.description, "nothing has been said of the new one");
        assertFalse(ledger.answered((byte) 't'));
        assertFalse(ledger.answered((byte) 'n'));
        assertEquals(0, copy.pending);
        assertEquals(description, named.told, "what the proxy asks for itself nobody is told");
    }

    @Test
    void describeThatIsSkippedTellsNothing() {
        parse();
        assertTrue(ledger.answered((byte) '1'));
        copy.description = new Description(new byte[2], 1, 0);
        ledger.sent(Kind.BIND, named, copy);
        ledger.sent(Kind.DESCRIBE_PORTAL, named, copy);
        ledger.failed();
        assertNull(named.told);
    }

    @Test
    void bindThatHasBeenRefusedSinceIsNotAnswered() {
        parse();
        assertTrue(ledger.answered((byte) '1'));
        ledger.sent(Kind.BIND, named, copy);
        ledger.sent(Kind.REFUSAL);
        ledger.sent(Kind.EXECUTE);
        assertFalse(ledger.answered((byte) '2'));
        var front = ledger.front();
        assertEquals(Kind.REFUSAL, front == null ? null : front.kind);
        ledger.failed();
        assertTrue(ledger.isEmpty());
        assertTrue(ledger.skipping());
    }
}
