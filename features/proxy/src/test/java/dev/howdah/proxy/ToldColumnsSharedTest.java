package dev.howdah.proxy;

import static dev.howdah.proxy.BothEndpoints.bind;
import static dev.howdah.proxy.BothEndpoints.execute;
import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.BindComplete;
import dev.howdah.wire.BackendMessage.ParameterDescription;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** As {@link ToldColumnsTest}, for clients that share servers and what is prepared there. */
class ToldColumnsSharedTest {
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

    private static RawClient raw() throws IOException {
        var client = RawClient.connect(proxy.pooled()).encrypted();
        client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD);
        return client;
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

    /** In one piece, as drivers send it. */
    private static List<BackendMessage> round(RawClient client, FrontendMessage... messages) throws IOException {
        client.send(ByteBuffer.wrap(BothEndpoints.bytes(messages)));
        client.send(new Sync());
        return client.readUntilReady();
    }

    private static List<BackendMessage> prepare(RawClient client, String name) throws IOException {
        return round(client, parse(name, ALL), statement(name));
    }

    private static List<BackendMessage> run(RawClient client, String name) throws IOException {
        return round(client, bind("", name), execute(""));
    }

    private static String code(List<BackendMessage> messages) {
        return RawClient.error(messages).map(error -> error.diagnostic().code()).orElse("none");
    }

    /** What the server knows of its copies: their number, and when each was made. */
    private static String copies(RawClient client) throws IOException {
        return RawClient.rows(client.query(
                        "SELECT array_agg((name, prepare_time) ORDER BY name)::text FROM pg_prepared_statements"))
                .getFirst();
    }

    @Test
    void statementIsAskedForOnceOnEachServer() throws Exception {
        try (var one = raw();
                var other = raw();
                var holder = raw()) {
            prepare(one, "s");
            holder.query("BEGIN");
            assertEquals(List.of("7"), RawClient.rows(run(one, "s")));
            var copies = copies(one);
            prepare(other, "mine");
            assertEquals(List.of("7"), RawClient.rows(run(other, "mine")));
            assertEquals(List.of("7"), RawClient.rows(run(one, "s")));
            assertEquals(copies, copies(one));
            holder.query("COMMIT");
        }
    }

    @Test
    void copyThatAnotherClientHadDescribedTellsByItself() throws Exception {
        try (var one = raw();
                var other = raw();
                var holder = raw()) {
            prepare(one, "s");
            holder.query("BEGIN");
            postgres.execute("ALTER TABLE told ADD b int");
            prepare(other, "mine");
            var copies = copies(one);
            assertEquals(CHANGED, code(run(one, "s")));
            assertEquals(copies, copies(one)); // it did not take a new one to know
            assertEquals("none", code(run(other, "mine")));
            assertEquals(CHANGED, code(run(one, "s")));
            round(one, new Close(Target.STATEMENT, "s"));
            prepare(one, "s");
            assertEquals("none", code(run(one, "s")));
            assertEquals(copies, copies(one));
            holder.query("COMMIT");
        }
    }

    @Test
    void copyThatNobodyHadDescribedIsAskedFor() throws Exception {
        try (var one = raw();
                var other = raw();
                var holder = raw()) {
            prepare(one, "s");
            holder.query("BEGIN");
            postgres.execute("ALTER TABLE told ADD b int");
            round(other, parse("mine", ALL));
            assertEquals(CHANGED, code(run(one, "s")));
            assertEquals("none", code(run(other, "mine")));
            holder.query("COMMIT");
        }
    }

    @Test
    void clientThatKnowsTheNewColumnsMeetsACopyFromBefore() throws Exception {
        for (var described : List.of(true, false)) {
            table();
            try (var before = raw();
                    var after = raw();
                    var holder = raw()) {
                // The server that is used first has the copy from before, and is taken away until the end.
                round(before, parse("s", ALL), described ? statement("s") : new Flush());
                holder.query("BEGIN");
                postgres.execute("ALTER TABLE told ADD b int");
                prepare(after, "mine");
                var server = RawClient.rows(after.query("SELECT pg_backend_pid()"));
                after.query("BEGIN");
                holder.query("COMMIT");
                after.query("COMMIT");
                holder.query("BEGIN");
                after.query("BEGIN");
                assertTrue(!server.equals(RawClient.rows(after.query("SELECT pg_backend_pid()"))));
                assertEquals("none", code(run(after, "mine")));
                after.query("COMMIT");
                holder.query("COMMIT");
            }
        }
    }

    @Test
    void whoDescribesAgainGoesByTheNewColumns() throws Exception {
        try (var one = raw();
                var holder = raw()) {
            prepare(one, "s");
            holder.query("BEGIN");
            postgres.execute("ALTER TABLE told ADD b int");
            assertEquals(CHANGED, code(run(one, "s")));
            var described = round(one, statement("s"));
            assertEquals(2, ((RowDescription) described.get(1)).fields().size());
            assertEquals("none", code(run(one, "s")));
            postgres.execute("ALTER TABLE told ADD c int");
            // Describes and runs it in one round, on a server that prepares it for this.
            holder.query("COMMIT");
            holder.query("BEGIN");
            assertEquals("none", code(round(one, statement("s"), bind("", "s"), execute(""))));
            assertEquals("none", code(run(one, "s")));
            holder.query("COMMIT");
        }
    }

    @Test
    void whoDescribesEachPortalNoticesNothing() throws Exception {
        try (var one = raw();
                var holder = raw()) {
            prepare(one, "s");
            for (var columns = 2; columns < 6; columns++) {
                holder.query(columns % 2 == 0 ? "BEGIN" : "COMMIT");
                postgres.execute("ALTER TABLE told ADD c%d int".formatted(columns));
                var block = columns > 3;
                if (block) {
                    holder.query("ROLLBACK");
                    holder.query("BEGIN");
                    one.query("DEALLOCATE s");
                    prepare(one, "s");
                    one.query("BEGIN");
                }
                var portal = columns % 2 == 0 ? "" : "p";
                var answers = round(one, bind(portal, "s"), portal(portal), execute(portal));
                assertEquals("none", code(answers));
                assertEquals(columns, ((RowDescription) answers.get(1)).fields().size());
                one.query("COMMIT");
            }
        }
    }

    /** A copy from before the change tells of its parameters before it fails. */
    @Test
    void whoPreparesAfterTheChangeIsToldTheNewTypesOnce() throws Exception {
        try (var before = raw();
                var after = raw()) {
            var sql = "SELECT * FROM told WHERE a = $1";
            round(before, parse("s", sql), statement("s"));
            postgres.execute("ALTER TABLE told ALTER a TYPE bigint");
            var answers = round(after, parse("s", sql), statement("s"));
            assertEquals(
                    List.of("ParseComplete", "ParameterDescription", "RowDescription", "ReadyForQuery"),
                    answers.stream()
                            .map(each -> each.getClass().getSimpleName())
                            .toList());
            assertEquals(new ParameterDescription(List.of(20)), answers.get(1));
            postgres.execute("ALTER TABLE told ALTER a TYPE int");
            after.query("BEGIN");
            // Nothing can be done anew here: the types are told, and the error behind them.
            assertEquals(
                    List.of("ParameterDescription", "ErrorResponse", "ReadyForQuery"),
                    round(after, statement("s")).stream()
                            .map(each -> each.getClass().getSimpleName())
                            .toList());
            after.query("ROLLBACK");
        }
    }

    /** The repeated round, too, gives a parameter's bytes the meaning that the client gave them. */
    @Test
    void repeatedRoundKeepsTheTypesOfItsParameters() throws Exception {
        try (var one = raw()) {
            round(one, parse("s", "SELECT * FROM told WHERE a = $1"), statement("s"));
            postgres.execute("ALTER TABLE told ALTER a TYPE bigint");
            var seven =
                    Optional.of(ByteString.of(ByteBuffer.allocate(4).putInt(7).array()));
            for (var i = 0; i < 3; i++) {
                var answers =
                        round(one, new Bind("", "s", List.of(1), List.of(seven), List.of()), portal(""), execute(""));
                assertEquals(List.of("7"), RawClient.rows(answers), answers.toString());
            }
        }
    }

    /** The error may come when only the Bind has been sent, so that nobody knows yet whether the client asks for the columns. */
    @Test
    void bindThatComesAloneIsDecidedByWhatComesNext() throws Exception {
        try (var one = raw()) {
            prepare(one, "s");
            for (var described : List.of(true, false)) {
                postgres.execute("ALTER TABLE told ADD %s int".formatted(described ? "b" : "c"));
                one.send(bind("", "s"));
                one.send(new Flush());
                assertEquals(new BindComplete(), one.read());
                if (described) {
                    assertEquals("none", code(round(one, portal(""), execute(""))));
                    assertEquals("none", code(run(one, "s")));
                } else {
                    var answers = round(one, execute(""));
                    var error = RawClient.error(answers).orElseThrow().diagnostic();
                    assertEquals(CHANGED, error.code());
                    assertEquals(Optional.of("RevalidateCachedQuery"), error.routine());
                }
            }
        }
    }
}
