package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** SQL about statements that the client has prepared by the protocol, as some drivers use it. */
class PreparedNamesTest {
    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestProxy poolOf(int size) {
        return TestProxy.inFrontOf(postgres.address(), config -> config.withPool(PoolSettings.ofSize(size)));
    }

    private static void prepare(RawClient client, String name, String sql) throws IOException {
        client.send(new Parse(name, sql, List.of()), new Sync());
        assertTrue(RawClient.error(client.readUntilReady()).isEmpty());
    }

    private static List<BackendMessage> execute(RawClient client, String name) throws IOException {
        client.send(new Bind("", name, List.of(), List.of(), List.of()), new Execute("", 0), new Sync());
        return client.readUntilReady();
    }

    private static String code(List<BackendMessage> messages) {
        return RawClient.error(messages).map(error -> error.diagnostic().code()).orElse("none");
    }

    /** That the client has not kept its server. */
    private static void assertShares(RawClient one, RawClient two) throws IOException {
        assertEquals(
                RawClient.rows(one.query("SELECT pg_backend_pid()")),
                RawClient.rows(two.query("SELECT pg_backend_pid()")));
    }

    @Test
    void deallocateTakesTheClientsOwnNameOnly() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            prepare(one, "S_1", "SELECT 'one'");
            prepare(two, "S_1", "SELECT 'two'");
            assertEquals(List.of("SELECT 1", "DEALLOCATE"), RawClient.tags(one.query("SELECT 1; DEALLOCATE \"S_1\"")));
            assertEquals("26000", code(execute(one, "S_1")));
            assertEquals(List.of("two"), RawClient.rows(execute(two, "S_1")));
            prepare(one, "S_1", "SELECT 'again'");
            assertEquals(List.of("again"), RawClient.rows(execute(one, "S_1")));
            assertShares(one, two);
        }
    }

    @Test
    void deallocateFailsAsItDoesInPostgres() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw()) {
            prepare(one, "s", "SELECT 'one'");
            assertEquals("26000", code(one.query("DEALLOCATE other")));
            one.query("BEGIN");
            one.query("SELECT 1/0");
            assertEquals("25P02", code(one.query("DEALLOCATE s")));
            one.query("ROLLBACK");
            assertEquals(List.of("one"), RawClient.rows(execute(one, "s")));
            assertEquals("22012", code(one.query("SELECT 1/0; DEALLOCATE s")));
            assertEquals(List.of("one"), RawClient.rows(execute(one, "s")));
        }
    }

    @Test
    void deallocateAllAndDiscardAllTakeTheClientsNames() throws IOException {
        try (var proxy = poolOf(1);
                var one = proxy.raw();
                var two = proxy.raw()) {
            prepare(two, "s", "SELECT 'two'");
            for (var sql : List.of("DEALLOCATE ALL", "DISCARD ALL")) {
                prepare(one, "s", "SELECT 'one'");
                assertEquals(List.of(sql), RawClient.tags(one.query(sql)));
                assertEquals("26000", code(execute(one, "s")));
                assertEquals(List.of("two"), RawClient.rows(execute(two, "s")));
            }
            assertShares(one, two);
        }
    }

    @Test
    void executeBySqlFindsStatementsOfTheProtocolOnAnyServer() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw();
                var two = proxy.raw()) {
            prepare(one, "s", "SELECT 'one'");
            assertEquals(List.of("one"), RawClient.rows(one.query("EXECUTE s")));
            two.query("BEGIN"); // takes the server that has it
            assertEquals(List.of("one", "1"), RawClient.rows(one.query("EXECUTE s; SELECT 1")));
            assertEquals("none", code(one.query("EXPLAIN (COSTS OFF) EXECUTE s")));
            assertEquals("26000", code(one.query("EXECUTE other")));
            assertEquals("26000", code(two.query("EXECUTE s")));
            two.query("ROLLBACK");
        }
    }

    @Test
    void statementsPreparedBySqlAreTheServersOwn() throws IOException {
        try (var proxy = poolOf(2);
                var one = proxy.raw()) {
            prepare(one, "s", "SELECT 'protocol'");
            one.query("PREPARE t AS SELECT 'sql'");
            assertEquals(List.of("sql", "protocol"), RawClient.rows(one.query("EXECUTE t; EXECUTE s")));
            assertEquals(List.of("DEALLOCATE"), RawClient.tags(one.query("DEALLOCATE s")));
            assertEquals(List.of("sql"), RawClient.rows(one.query("EXECUTE t")));
            prepare(one, "s", "SELECT 'protocol'");
            assertEquals(List.of("DEALLOCATE ALL"), RawClient.tags(one.query("DEALLOCATE ALL")));
            assertEquals("26000", code(one.query("EXECUTE t")));
            assertEquals("26000", code(execute(one, "s")));
            prepare(one, "s", "SELECT 'protocol'");
            assertEquals(List.of("protocol"), RawClient.rows(execute(one, "s")));
        }
    }
}
