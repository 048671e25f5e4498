package dev.howdah.proxy;

import static dev.howdah.proxy.BothEndpoints.bind;
import static dev.howdah.proxy.BothEndpoints.execute;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.SeededRandom;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.testkit.VerifyScale;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.CopyData;
import dev.howdah.wire.FrontendMessage.CopyDone;
import dev.howdah.wire.FrontendMessage.CopyFail;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.FunctionCall;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The corners of the protocol: what the direct endpoint answers the pooled one answers too, message by message. */
class PooledProtocolTest {
    private static TestPostgres postgres;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("CREATE TABLE numbers (n int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)");
        postgres.execute("GRANT ALL ON numbers TO app");
        proxy = TestProxy.inFrontOf(postgres.address(), config -> config.withPool(PoolSettings.ofSize(4)));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        postgres.close();
    }

    private static Parse parse(String name, String sql) {
        return new Parse(name, sql, List.of());
    }

    private static Describe statement(String name) {
        return new Describe(Target.STATEMENT, name);
    }

    @Test
    void hundredMessagesWithSeveralSyncsAndAnErrorInTheMiddle() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            var messages = new ArrayList<FrontendMessage>();
            for (var i = 0; i < 20; i++) {
                messages.add(parse("s" + i, "SELECT %d, $1::text".formatted(i)));
                messages.add(
                        new Bind("", "s" + i, List.of(), List.of(Optional.of(ByteString.ofUtf8("v" + i))), List.of()));
                messages.add(new Describe(Target.PORTAL, ""));
                messages.add(execute(""));
                if (i == 11) {
                    messages.add(parse("", "SELECT 1/0"));
                    messages.add(bind("", ""));
                    messages.add(execute(""));
                }
                if (i % 5 == 4) {
                    messages.add(new Sync());
                }
            }
            for (var i = 0; i < 20; i++) {
                messages.add(bind("", "s" + i));
            }
            messages.add(new Sync());
            both.same(messages.toArray(FrontendMessage[]::new));
            both.move();
            both.same(
                    new Close(Target.STATEMENT, "s3"),
                    parse("s12", "SELECT 12"),
                    bind("", "s12"),
                    execute(""),
                    new Sync());
        }
    }

    @Test
    void statementsOutliveTheirServer() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("mine", "SELECT n, n::text AS t FROM numbers WHERE n = $1"), new Sync());
            for (var i = 0; i < 4; i++) {
                both.move();
                both.same(statement("mine"), new Sync());
                both.move();
                both.same(
                        new Bind("p", "mine", List.of(), List.of(Optional.of(ByteString.ofUtf8("1"))), List.of(1)),
                        new Describe(Target.PORTAL, "p"),
                        execute("p"),
                        new Sync());
            }
            both.same(statement("nothing"), new Sync());
            both.same(parse("mine", "SELECT 2"), new Sync());
            both.same(new Close(Target.STATEMENT, "nothing"), new Close(Target.STATEMENT, "mine"), new Sync());
            both.move();
            both.same(bind("", "mine"), execute(""), new Sync());
            both.same(parse("mine", "SELECT 3"), bind("", "mine"), execute(""), new Sync());
        }
    }

    @Test
    void statementClosedWhileItsPortalIsOpen() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(
                    parse("s", "SELECT g FROM generate_series(1, 5) g"),
                    bind("p", "s"),
                    new Execute("p", 2),
                    new Close(Target.STATEMENT, "s"),
                    new Execute("p", 2),
                    new Sync());
            both.same(bind("p", "s"), new Sync());
        }
    }

    @Test
    void portalIsSuspendedByItsRowLimit() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(
                    parse("", "SELECT g FROM generate_series(1, 5) g"),
                    bind("p", ""),
                    new Execute("p", 2),
                    new Execute("p", 2),
                    new Execute("p", 2),
                    new Execute("p", 2),
                    new Sync());
            both.same(new Execute("p", 2), new Sync());
            both.same(new Query("BEGIN"));
            both.same(
                    parse("", "SELECT g FROM generate_series(1, 5) g"), bind("p", ""), new Execute("p", 2), new Sync());
            both.same(new Execute("p", 2), new Sync());
            both.same(new Close(Target.PORTAL, "p"), new Execute("p", 2), new Sync());
            both.same(new Query("COMMIT"));
        }
    }

    @Test
    void copyEndsWhereItEnds() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            var lines = new CopyData(ByteString.ofUtf8("1\n2\n"));
            var wrong = new CopyData(ByteString.ofUtf8("none\n"));
            both.same(new Query("COPY numbers FROM STDIN"), lines, new CopyFail("no more"));
            both.same(new Query("COPY numbers FROM STDIN"), lines, wrong, lines, new CopyDone());
            both.same(new Query("COPY (SELECT 1) TO STDOUT; SELECT 2"));
            for (var end : List.of(new CopyDone(), new CopyFail("not"), wrong)) {
                both.same(
                        new Query("BEGIN"),
                        parse("", "COPY numbers FROM STDIN"),
                        bind("", ""),
                        execute(""),
                        lines,
                        end,
                        new Sync(),
                        new Query("ROLLBACK"));
            }
            both.same(parse("", "COPY (VALUES (1), (2)) TO STDOUT"), bind("", ""), execute(""), new Sync());
            both.same(new Query("SELECT count(*) FROM numbers"));
        }
    }

    @Test
    void implicitTransactionEndsWithItsSync() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            var insert = List.of(parse("i", "INSERT INTO numbers VALUES (777)"), bind("", "i"), execute(""));
            both.same(
                    insert.get(0),
                    insert.get(1),
                    insert.get(2),
                    parse("", "SELECT 1/0"),
                    bind("", ""),
                    execute(""),
                    new Sync());
            both.same(new Query("SELECT count(*) FROM numbers WHERE n = 777"));
            both.same(parse("b", "BEGIN"), bind("", "b"), execute(""), insert.get(1), execute(""), new Sync());
            both.same(insert.get(1), execute(""), new Sync());
            both.same(new Query("COMMIT"));
            both.same(new Query("SELECT count(*) FROM numbers WHERE n = 777"));
        }
    }

    @Test
    void functionsAreCalled() throws IOException, SQLException {
        var lower = Integer.parseInt(postgres.queryOne("SELECT 'lower(text)'::regprocedure::oid::text"));
        try (var both = new BothEndpoints(proxy)) {
            both.same(new FunctionCall(lower, List.of(), List.of(Optional.of(ByteString.ofUtf8("ABC"))), 0));
            both.same(new FunctionCall(lower, List.of(), List.of(), 0), new Query("SELECT 1"));
            both.same(new FunctionCall(1, List.of(), List.of(), 0));
            both.same(new Query("SELECT 1"));
        }
    }

    @Test
    void noticesPassInTheirPlace() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(
                    new Query(
                            "DO $$ BEGIN FOR i IN 1..5000 LOOP RAISE NOTICE 'notice % %', i, repeat('x', 100); END LOOP; END $$"),
                    new Query("DROP TABLE IF EXISTS nothing_like_that; SELECT 1; ROLLBACK"));
        }
    }

    @Test
    void preparedTransactionIsCommittedLater() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(
                    new Query("BEGIN"),
                    new Query("SELECT 1"),
                    new Query("PREPARE TRANSACTION 'x y'"),
                    new Query("COMMIT PREPARED 'x y'"),
                    new Query("ROLLBACK PREPARED 'x y'"));
        }
    }

    @Test
    void emptyTextsAndSyncsAlone() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(new Sync(), new Sync(), new Query(""), new Query(" ; "), new Query("-- nothing"));
            both.same(
                    parse("", ""),
                    statement(""),
                    bind("", ""),
                    new Describe(Target.PORTAL, ""),
                    execute(""),
                    new Sync());
            both.same(new Flush(), new Sync(), new CopyDone(), new CopyFail("what"), new Query("SELECT 1"));
        }
    }

    @Test
    void discardAllLeavesNoStatement() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", "SELECT 1"), new Sync(), new Query("SET lock_timeout = 5"), new Query("DISCARD ALL"));
            both.move();
            both.same(bind("", "s"), execute(""), new Sync());
            both.same(new Query("SHOW lock_timeout"));
            both.same(parse("s", "SELECT 2"), new Sync(), new Query("DEALLOCATE ALL"));
            both.move();
            both.same(bind("", "s"), new Sync());
        }
    }

    @Test
    void aSettingThatIsBoundAndNotExecutedIsNotMade() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(new Query("SET DateStyle = German"));
            both.move();
            both.same(parse("", "SET DateStyle = SQL"), bind("p", ""), new Sync());
            both.move();
            both.same(new Query("SHOW DateStyle"));
            both.same(
                    parse("", "SET DateStyle = SQL"),
                    bind("", ""),
                    parse("one", "SELECT 1"),
                    bind("p", "one"),
                    execute("p"),
                    new Sync());
            both.move();
            both.same(new Query("SHOW DateStyle"));
            both.same(parse("", "SET DateStyle = SQL"), bind("", ""), execute(""), new Sync());
            both.move();
            both.same(new Query("SHOW DateStyle"));
        }
    }

    @Test
    void aPortalIsClosedInAFailedTransaction() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("a", "SELECT 1"), new Sync());
            both.same(new Query("BEGIN"), new Query("SELECT 1/0"));
            both.same(bind("", "a"), new Sync());
            both.same(new Close(Target.PORTAL, ""), new Sync());
            both.same(new Describe(Target.PORTAL, ""), new Sync());
            both.same(new Query("ROLLBACK"));
        }
    }

    @Test
    void messagesMayComeByteByByte() throws IOException {
        try (var both = new BothEndpoints(proxy)) {
            for (var i = 0; i < 3; i++) {
                both.sameInSplinters(
                        parse("s" + i, "SELECT $1::int + 1"),
                        statement("s" + i),
                        new Bind("p", "s" + i, List.of(), List.of(Optional.of(ByteString.ofUtf8("41"))), List.of()),
                        new Describe(Target.PORTAL, "p"),
                        execute("p"),
                        new Close(Target.PORTAL, "p"),
                        new Sync(),
                        new Query("SELECT 'simple'; SELECT 2"),
                        new Query("COPY numbers FROM STDIN"),
                        new CopyData(ByteString.ofUtf8("31\n32\n")),
                        new CopyFail("enough"),
                        new Query("SELECT 3"));
                both.move();
            }
        }
    }

    /**
     * Sends what comes to its mind; see {@link #round}. One difference is known, which these seeds do not meet: in a failed transaction a statement
     * that its server does not have yet cannot be described.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void randomConversationsAreTheSame(long seed) throws IOException {
        var random = SeededRandom.of(Long.getLong("howdah.seed", seed));
        for (var client = 0; client < VerifyScale.current().choose(1, 10); client++) {
            var history = new ArrayList<String>();
            try (var both = new BothEndpoints(proxy)) {
                for (var i = 0; i < 60; i++) {
                    if (random.nextInt(3) == 0) {
                        both.move();
                        history.add("moved");
                    }
                    var messages = round(random);
                    history.add("sent " + messages);
                    try {
                        history.addAll(both.same(messages.toArray(FrontendMessage[]::new)));
                    } catch (AssertionError | IOException e) {
                        throw new AssertionError(
                                "seed %d, client %d:%n%s".formatted(random.seed(), client, String.join("\n", history)),
                                e);
                    }
                }
            }
        }
    }

    private static List<FrontendMessage> round(RandomGenerator random) {
        var messages = new ArrayList<FrontendMessage>();
        for (var rounds = random.nextInt(3); rounds >= 0; rounds--) {
            if (random.nextInt(3) == 0) {
                messages.add(new Query(simple(random)));
            } else {
                var open = messages.size();
                for (var i = random.nextInt(7); i >= 0; i--) {
                    messages.addAll(extended(random));
                }
                messages.add(new Sync());
                leaveOthersPortal(messages.subList(open, messages.size()));
            }
        }
        return messages;
    }

    /**
     * The unnamed portal is executed by the round that binds it only: PostgreSQL 18.6 crashes (SIGSEGV) when, in a failed transaction, a client
     * executes the portal that a simple query has left there, such as that of EXECUTE with a name that does not exist.
     */
    private static void leaveOthersPortal(List<FrontendMessage> round) {
        var isBound = false;
        for (var i = 0; i < round.size(); i++) {
            isBound |= round.get(i) instanceof Bind bind && bind.portal().isEmpty();
            if (!isBound
                    && round.get(i) instanceof Execute execute
                    && execute.portal().isEmpty()) {
                round.set(i, new Execute("p", execute.rowLimit()));
            }
        }
    }

    private static String simple(RandomGenerator random) {
        return one(
                random,
                "BEGIN",
                "COMMIT",
                "ROLLBACK",
                "SAVEPOINT a",
                "ROLLBACK TO a",
                "SELECT 1; SELECT 'two'",
                "SELECT 1/0",
                "",
                "nonsense",
                "SET DateStyle = German",
                "SHOW DateStyle",
                "RESET DateStyle",
                "SET LOCAL lock_timeout = 7",
                "SET lock_timeout = '%d'".formatted(random.nextInt(100)),
                "SHOW lock_timeout",
                "BEGIN; SET work_mem = '%dMB'; COMMIT".formatted(1 + random.nextInt(9)),
                "BEGIN; SET work_mem = '1MB'; ROLLBACK",
                "SHOW work_mem",
                "PREPARE sql AS SELECT 'sql'",
                "EXECUTE sql",
                "DEALLOCATE sql",
                "DEALLOCATE ALL",
                "DISCARD ALL",
                "LISTEN a",
                "UNLISTEN *",
                "SELECT count(*) FROM generate_series(1, 1000)");
    }

    /** An unnamed statement is bound in the round that parses it: on the pooled endpoint it lives no longer than to its Execute. */
    private static List<FrontendMessage> extended(RandomGenerator random) {
        var statement = one(random, "a", "b", "c");
        var portal = one(random, "", "", "p");
        var target = random.nextBoolean() ? Target.STATEMENT : Target.PORTAL;
        return switch (random.nextInt(10)) {
            case 0, 1 -> List.of(parse(statement, prepared(random)));
            case 2 -> List.of(parse("", prepared(random)), bind(portal, ""));
            case 3, 4, 5 -> List.of(bind(portal, statement));
            case 6 -> List.of(new Describe(Target.PORTAL, random.nextBoolean() ? "" : "p"));
            case 7, 8 -> List.of(new Execute(portal, random.nextInt(4)));
            default -> List.of(new Close(target, random.nextBoolean() ? statement : portal));
        };
    }

    private static String prepared(RandomGenerator random) {
        return one(
                random,
                "SELECT 1",
                "SELECT 'a', g FROM generate_series(1, 7) g",
                "SELECT 1/0",
                "nonsense",
                "",
                "BEGIN",
                "COMMIT",
                "ROLLBACK",
                "SET DateStyle = SQL",
                "SHOW DateStyle",
                "SHOW lock_timeout",
                "LISTEN a");
    }

    private static String one(RandomGenerator random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    @Test
    void flushIsAnsweredAndKeepsTheServer() throws IOException {
        var narrow = TestProxy.inFrontOf(postgres.address(), config -> config.withPool(PoolSettings.ofSize(1)));
        try (narrow;
                var one = RawClient.connect(narrow.pooled()).encrypted();
                var two = RawClient.connect(narrow.pooled()).encrypted()) {
            for (var client : List.of(one, two)) {
                client.logIn(dev.howdah.wire.ProtocolVersion.V3_0, "app." + TestProxy.BRANCH, TestProxy.PASSWORD);
            }
            one.send(parse("", "SELECT 'flushed'"), bind("", ""), execute(""), new Flush());
            assertEquals("ParseComplete[]", one.read().toString());
            assertEquals("BindComplete[]", one.read().toString());
            assertTrue(one.read().toString().startsWith("DataRow"));
            assertTrue(one.read().toString().startsWith("CommandComplete"));
            two.send(new Query("SELECT 'two'"));
            one.send(parse("", "SELECT 'more'"), bind("", ""), execute(""), new Sync());
            assertEquals(List.of("more"), RawClient.rows(one.readUntilReady()));
            assertEquals(List.of("two"), RawClient.rows(two.readUntilReady()));
        }
    }
}
