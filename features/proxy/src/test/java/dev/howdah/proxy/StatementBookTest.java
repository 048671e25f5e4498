package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.ClientStatements.Named;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The maps of prepared statements: the loop's, a client's and a server's. */
class StatementBookTest {
    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Statement use(StatementBook book, String sql, long reading) {
        var bytes = bytes(sql);
        return book.use(bytes, 0, bytes.limit(), reading);
    }

    @Test
    void sameTextUnderTheSameSettingsIsOneStatement() {
        var book = new StatementBook(7);
        var one = use(book, "SELECT 1", 0);
        assertSame(one, use(book, "SELECT 1", 0));
        assertNotSame(one, use(book, "SELECT 1", 1));
        assertNotSame(one, use(book, "SELECT 2", 0));
        assertEquals(3, book.size());
    }

    @Test
    void unusedStatementsAreKeptUpToTheirLimits() {
        var book = new StatementBook(7, 3, 20);
        for (var i = 0; i < 5; i++) {
            book.release(use(book, "s" + i, 0));
        }
        assertEquals(3, book.size());
        var kept = use(book, "s4", 0);
        assertSame(kept, use(book, "s4", 0));
        book.release(use(book, "a text of more than twenty bytes", 0));
        assertEquals(1, book.size());
        assertSame(kept, use(book, "s4", 0));
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void findsWhatIsThereAndNothingElse(long seed) {
        var random = random(seed);
        var book = new StatementBook(0, 0, 0);
        var names = new ClientStatements(book);
        Map<String, Statement> expected = new HashMap<>();
        for (var step = 0; step < 20_000; step++) {
            var name = "n" + random.nextInt(200);
            var bytes = bytes(name);
            var named = names.find(bytes, 0, bytes.limit());
            assertSame(expected.get(name), named == null ? null : named.statement(), "seed " + seed + " step " + step);
            if (named == null) {
                var made = names.name(bytes, 0, bytes.limit());
                names.set(made, use(book, "text " + random.nextInt(50), 0));
                expected.put(name, statement(made));
            } else if (random.nextBoolean()) {
                close(book, names, named);
                expected.remove(name);
            }
            assertEquals(expected.values().stream().distinct().count(), book.size(), "seed " + seed + " step " + step);
        }
        names.close();
        assertEquals(0, book.size());
    }

    private static Statement statement(Named named) {
        var statement = named.statement();
        if (statement == null) {
            throw new AssertionError("it stands for nothing");
        }
        return statement;
    }

    private static void close(StatementBook book, ClientStatements names, Named named) {
        var statement = statement(named);
        names.set(named, null);
        book.release(statement);
        named.pending++;
        names.settle(named);
    }

    @Test
    void namesAreToldApartByTheirFirst63Bytes() {
        var book = new StatementBook(7);
        var names = new ClientStatements(book);
        var name = bytes("x".repeat(63) + "one");
        names.set(names.name(name, 0, name.limit()), use(book, "SELECT 1", 0));
        var other = bytes("x".repeat(63) + "two");
        assertTrue(names.find(other, 0, other.limit()) != null);
        assertNull(names.find(other, 0, 62));
    }

    @Test
    void oneClientHasNoMoreThanItsLimits() {
        var book = new StatementBook(7);
        var names = new ClientStatements(book);
        assertFalse(names.hasRoomFor((int) ClientStatements.BYTES_MAX + 1));
        for (var i = 0; i < ClientStatements.NAMES_MAX; i++) {
            assertTrue(names.hasRoomFor(8));
            var name = bytes("n" + i);
            names.set(names.name(name, 0, name.limit()), use(book, "SELECT " + i, 0));
        }
        assertFalse(names.hasRoomFor(8));
        names.forgetAll();
        assertTrue(names.isEmpty());
        assertTrue(names.hasRoomFor(8));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void serversCopiesGoInTheOrderOfTheirUse(long seed) {
        var random = random(seed);
        var book = new StatementBook(7);
        var copies = new ServerCopies();
        var order = new ArrayDeque<Statement>();
        for (var step = 0; step < 20_000; step++) {
            var statement = use(book, "text " + random.nextInt(60), 0);
            var copy = copies.of(statement);
            if (copy.present()) {
                copies.touch(copy);
                order.remove(statement);
            } else {
                copies.present(copy, true);
            }
            order.addLast(statement);
            if (copies.present() > 20) {
                var oldest = copies.oldest();
                assertSame(order.removeFirst(), oldest == null ? null : oldest.statement, "seed " + seed);
                if (oldest != null) {
                    copies.present(oldest, false);
                    oldest.pending++;
                    copies.settle(oldest);
                }
            }
            assertEquals(order.size(), copies.present(), "seed " + seed + " step " + step);
        }
        copies.forgetAll();
        assertEquals(0, copies.present());
    }
}
