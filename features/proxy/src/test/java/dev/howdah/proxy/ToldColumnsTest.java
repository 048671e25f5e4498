package dev.howdah.proxy;

import static dev.howdah.proxy.BothEndpoints.bind;
import static dev.howdah.proxy.BothEndpoints.execute;
import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that go by what they were told about a prepared statement, while its tables change. The direct endpoint says what is right. */
class ToldColumnsTest {
    private static final String CHANGED = "0A000";
    private static final String ALL = "SELECT * FROM told";

    private static TestPostgres postgres;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        proxy = TestProxy.inFrontOf(postgres.address(), config -> config.withPool(PoolSettings.ofSize(3)));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        postgres.close();
    }

    @BeforeEach
    void table() throws SQLException {
        postgres.execute("DROP TABLE IF EXISTS told");
        postgres.execute("CREATE TABLE told (a int)");
        postgres.execute("INSERT INTO told VALUES (7)");
        postgres.execute("GRANT ALL ON told TO app");
    }

    private static Parse parse(String name, String sql) {
        return new Parse(name, sql, List.of());
    }

    private static Describe statement(String name) {
        return new Describe(Target.STATEMENT, name);
    }

    private static Describe portal(String name) {
        return new Describe(Target.PORTAL, name);
    }

    @Test
    void serverThatHasNotSeenTheChangeSaysWhatOneThatHasWouldSay() throws Exception {
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", ALL), statement("s"), new Sync());
            both.same(bind("", "s"), execute(""), new Sync());
            both.move();
            postgres.execute("ALTER TABLE told ADD b text DEFAULT 'more'");
            for (var i = 0; i < 3; i++) {
                var answers = both.same(bind("", "s"), execute(""), new Sync());
                assertTrue(answers.getFirst().contains(CHANGED), answers.toString());
            }
            both.same(new Close(Target.STATEMENT, "s"), parse("s", ALL), statement("s"), new Sync());
            both.same(bind("", "s"), execute(""), new Sync());
            both.move();
            both.same(bind("", "s"), execute(""), new Sync());
        }
    }

    @Test
    void everyKindOfChangeCountsThatPostgresCounts() throws Exception {
        for (var change : List.of(
                "ALTER TABLE told ALTER a TYPE bigint",
                "ALTER TABLE told ALTER a TYPE text",
                "ALTER TABLE told RENAME a TO z",
                "ALTER TABLE told DROP a",
                "ALTER TABLE told ALTER a TYPE numeric(10, 2)",
                "ALTER TABLE told SET (fillfactor = 50)",
                "ALTER TABLE told ALTER a SET NOT NULL",
                "CREATE INDEX ON told (a)")) {
            table();
            try (var both = new BothEndpoints(proxy)) {
                both.same(parse("s", ALL), statement("s"), new Sync());
                both.move();
                postgres.execute(change);
                both.same(bind("", "s"), execute(""), new Sync());
            }
        }
        for (var modifier : List.of("varchar(10)", "varchar(20)", "numeric(8, 2)", "numeric(8, 3)")) {
            try (var both = new BothEndpoints(proxy)) {
                both.same(parse("s", "SELECT b FROM modified"), statement("s"), new Sync());
                table();
                both.move();
                postgres.execute("DROP TABLE IF EXISTS modified");
                postgres.execute("CREATE TABLE modified (b " + modifier + ")");
                postgres.execute("GRANT ALL ON modified TO app");
                both.same(bind("", "s"), execute(""), new Sync());
                both.same(parse("t", "SELECT b FROM modified"), statement("t"), new Sync());
                both.move();
                both.same(bind("", "t"), execute(""), new Sync());
                postgres.execute("ALTER TABLE modified ALTER b TYPE varchar(30)");
                both.move();
                both.same(bind("", "t"), execute(""), new Sync());
            }
        }
    }

    @Test
    void transactionsFailAsTheyDoDirectly() throws Exception {
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", ALL), statement("s"), parse("end", "ROLLBACK"), statement("end"), new Sync());
            both.move();
            postgres.execute("ALTER TABLE told ADD b int");
            both.same(new Query("BEGIN"), bind("", "s"), execute(""), new Sync());
            both.same(bind("", "s"), execute(""), new Sync());
            both.same(bind("", "end"), execute(""), new Sync());
            both.move();
            // Nothing tells a proxy that the first round fails when it sends the second.
            both.same(
                    new Query("BEGIN"),
                    new Query("SELECT 1 / 0"),
                    bind("", "s"),
                    execute(""),
                    new Sync(),
                    bind("", "end"),
                    execute(""),
                    new Sync());
        }
    }

    @Test
    void pipelinesAreSkippedUpToTheirSync() throws Exception {
        for (var splinters : List.of(false, true)) {
            table();
            try (var both = new BothEndpoints(proxy)) {
                both.same(parse("s", ALL), statement("s"), parse("plain", "SELECT 1"), new Sync());
                for (var changed : List.of(false, true)) {
                    both.move();
                    if (changed) {
                        postgres.execute("ALTER TABLE told ADD b int");
                    }
                    var messages = new FrontendMessage[] {
                        bind("", "plain"),
                        execute(""),
                        bind("p", "s"),
                        execute("p"),
                        bind("", "plain"),
                        execute(""),
                        new Sync(),
                        bind("", "s"),
                        new Sync(),
                        bind("", "s"),
                        new Flush(),
                        execute(""),
                        new Close(Target.PORTAL, ""),
                        new Sync(),
                        new Query("SELECT 3")
                    };
                    if (splinters) {
                        both.sameInSplinters(messages);
                    } else {
                        both.same(messages);
                    }
                }
            }
        }
    }

    @Test
    void longBindWaitsLikeAShortOne() throws Exception {
        var text = Optional.of(ByteString.ofUtf8("x".repeat(300_000)));
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", "SELECT a, length($1) FROM told"), statement("s"), new Sync());
            both.move();
            var bind = new Bind("", "s", List.of(), List.of(text), List.of());
            both.same(bind, execute(""), new Sync());
            both.move();
            postgres.execute("ALTER TABLE told ALTER a TYPE text");
            both.same(bind, execute(""), bind, execute(""), new Sync());
        }
    }

    /** As pgjdbc does: a portal is described once, and never again. */
    @Test
    void columnsOfAPortalAreRemembered() throws Exception {
        for (var portal : List.of("", "C_1")) {
            table();
            try (var both = new BothEndpoints(proxy)) {
                both.same(parse("s", ALL), bind(portal, "s"), portal(portal), execute(portal), new Sync());
                both.same(bind("", "s"), execute(""), new Sync());
                both.move();
                both.same(bind("", "s"), execute(""), new Sync());
                both.move();
                both.move();
                postgres.execute("ALTER TABLE told ADD b int");
                both.same(bind("", "s"), execute(""), new Sync());
                both.move();
                both.same(bind("", "s"), execute(""), new Sync());
            }
        }
    }

    @Test
    void parametersKeepTheTypesThatTheClientWasTold() throws Exception {
        postgres.execute("ALTER TABLE told ADD name text DEFAULT 'seven'");
        for (var type : List.of("bigint", "float8", "numeric")) {
            postgres.execute("ALTER TABLE told ALTER a TYPE int");
            try (var both = new BothEndpoints(proxy)) {
                both.same(parse("s", "SELECT name FROM told WHERE a = $1"), statement("s"), new Sync());
                both.same(parse("i", "INSERT INTO told (a) VALUES ($1)"), statement("i"), new Sync());
                var seven = Optional.of(
                        ByteString.of(ByteBuffer.allocate(4).putInt(7).array()));
                for (var changed : List.of(false, true, true, true)) {
                    both.move();
                    if (changed) {
                        postgres.execute("ALTER TABLE told ALTER a TYPE " + type);
                    }
                    for (var name : List.of("s", "i")) {
                        both.same(
                                new Query("BEGIN"),
                                new Bind("", name, List.of(1), List.of(seven), List.of()),
                                execute(""),
                                new Sync(),
                                new Query("ROLLBACK"));
                    }
                }
            }
        }
        try (var both = new BothEndpoints(proxy)) {
            postgres.execute("ALTER TABLE told ALTER a TYPE int");
            both.same(parse("s", "SELECT name FROM told WHERE a = $1"), statement("s"), new Sync());
            both.move();
            postgres.execute("ALTER TABLE told ALTER a TYPE text"); // has no operator for what the client knows
            var seven = Optional.of(ByteString.ofUtf8("7"));
            both.same(new Bind("", "s", List.of(), List.of(seven), List.of()), execute(""), new Sync());
        }
    }

    @Test
    void whatIsGoneOrForbiddenFailsAsItDoesDirectly() throws Exception {
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", ALL), statement("s"), new Sync());
            both.move();
            postgres.execute("ALTER TABLE told RENAME TO elsewhere");
            both.same(bind("", "s"), execute(""), new Sync());
            postgres.execute("ALTER TABLE elsewhere RENAME TO told");
            both.same(bind("", "s"), execute(""), new Sync());
        }
    }

    @Test
    void cursorsMayHaveOtherColumnsEachTime() throws Exception {
        try (var both = new BothEndpoints(proxy)) {
            both.same(
                    new Query("BEGIN; DECLARE c CURSOR FOR SELECT 1"),
                    parse("s", "/* all of it */ FETCH ALL FROM c"),
                    statement("s"),
                    bind("", "s"),
                    portal(""),
                    execute(""),
                    new Sync(),
                    new Query("COMMIT"));
            for (var i = 0; i < 3; i++) {
                both.move();
                both.same(
                        new Query("BEGIN; DECLARE c CURSOR FOR SELECT 'other', " + i),
                        bind("", "s"),
                        execute(""),
                        new Sync(),
                        new Query("COMMIT"));
            }
        }
    }

    @Test
    void namesInAnotherEncodingAreTheSameNames() throws Exception {
        postgres.execute("ALTER TABLE told RENAME a TO \"größe\"");
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", ALL), statement("s"), new Sync());
            both.same(new Query("SET client_encoding = 'LATIN1'"));
            for (var i = 0; i < 3; i++) {
                both.same(bind("", "s"), execute(""), new Sync());
                both.move();
            }
            postgres.execute("ALTER TABLE told ALTER \"größe\" TYPE text");
            both.move();
            both.same(bind("", "s"), execute(""), new Sync());
        }
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", ALL), statement("s"), new Sync());
            both.move();
            postgres.execute("ALTER TABLE told RENAME \"größe\" TO \"länge\"");
            both.same(bind("", "s"), execute(""), new Sync());
        }
    }

    @Test
    void widestTableIsReadToo() throws Exception {
        var columns = IntStream.range(0, 1599)
                .mapToObj(i -> "%s%04d int".formatted("c".repeat(59), i))
                .collect(Collectors.joining(", "));
        postgres.execute("CREATE TABLE wide (" + columns + ")");
        postgres.execute("GRANT ALL ON wide TO app");
        try (var both = new BothEndpoints(proxy)) {
            both.same(parse("s", "SELECT * FROM wide"), statement("s"), new Sync());
            both.move();
            both.same(bind("", "s"), execute(""), new Sync());
            both.move();
            both.move();
            postgres.execute("ALTER TABLE wide ALTER %s1598 TYPE text".formatted("c".repeat(59)));
            both.same(bind("", "s"), execute(""), new Sync());
            both.move();
            both.same(bind("", "s"), execute(""), new Sync());
        }
    }

    @Test
    void aRealDriverRecoversOnBothEndpoints() throws Exception {
        var outcomes = new ArrayList<List<String>>();
        for (var address : List.of(proxy.direct(), proxy.pooled())) {
            table();
            var outcome = new ArrayList<String>();
            try (var holder = proxy.connect(proxy.pooled(), "app." + BRANCH, PASSWORD);
                    var connection = proxy.connect(
                            address, "app." + BRANCH, PASSWORD, "prepareThreshold", "1", "autosave", "conservative");
                    var statement = connection.prepareStatement(ALL)) {
                for (var i = 0; i < 4; i++) {
                    outcome.add(shown(statement));
                }
                connection.setAutoCommit(false);
                for (var type : List.of("text", "int", "bigint")) {
                    TestProxy.execute(holder, "BEGIN");
                    postgres.execute("ALTER TABLE told ALTER a TYPE %s USING a::%s".formatted(type, type));
                    outcome.add(shown(statement));
                    outcome.add(shown(statement));
                    connection.commit();
                    TestProxy.execute(holder, "COMMIT");
                    outcome.add(shown(statement));
                    connection.commit();
                }
            }
            outcomes.add(outcome);
        }
        assertEquals(outcomes.getFirst(), outcomes.getLast());
        assertEquals("7 bigint", outcomes.getLast().getLast().replace("int8", "bigint"));
    }

    private static String shown(java.sql.PreparedStatement statement) throws SQLException {
        try (var rows = statement.executeQuery()) {
            rows.next();
            return rows.getString(1) + " " + rows.getMetaData().getColumnTypeName(1);
        }
    }
}
