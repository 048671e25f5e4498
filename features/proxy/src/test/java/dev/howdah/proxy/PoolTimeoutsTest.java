package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.error;
import static dev.howdah.proxy.PoolBed.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.FrontendMessage.Query;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What lasts too long is ended, with PgBouncer's words; what does not, is not. */
class PoolTimeoutsTest {
    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static PoolBed bed(String... settings) {
        return PoolBed.inFrontOf(postgres.address(), settings);
    }

    private static String next(RawClient client) throws IOException {
        return error(List.<BackendMessage>of(client.read()));
    }

    private static void awaitNothingRuns() {
        Eventually.until(
                PoolBed.SOON,
                "the server does nothing for it any more",
                () -> postgres.queryOne(
                                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle'")
                        .equals("0"));
    }

    @Test
    void queryThatRunsTooLongIsEndedWithItsClient() throws IOException {
        try (var bed = bed("query_timeout=0.3", "default_pool_size=1");
                var client = bed.client()) {
            assertEquals("1", one(client.query("SELECT 1 FROM pg_sleep(0.05)")));
            assertEquals("FATAL 57014 query timeout", error(client.query("SELECT pg_sleep(60)")));
            assertTrue(client.isClosed());
            awaitNothingRuns();
        }
    }

    @Test
    void queryTimeoutAlsoHoldsForOneThatWaits() throws IOException {
        try (var bed = bed("query_timeout=0.3", "default_pool_size=1");
                var one = bed.client();
                var two = bed.client()) {
            one.query("BEGIN");
            assertEquals("FATAL 57014 query_timeout", error(two.query("SELECT 1")));
            assertEquals("1", one(one.query("SELECT 1")));
        }
    }

    @Test
    void idleTransactionIsEndedAndRolledBack() throws IOException, SQLException {
        try (var bed = bed("idle_transaction_timeout=0.3", "default_pool_size=1");
                var client = bed.client();
                var other = bed.client()) {
            client.query("BEGIN");
            client.query("CREATE TABLE of_an_idle_transaction ()");
            assertEquals("FATAL 57014 idle transaction timeout", next(client));
            assertEquals(
                    "0", one(other.query("SELECT count(*) FROM pg_class WHERE relname = 'of_an_idle_transaction'")));
            assertEquals("1", one(other.query("SELECT 1 FROM pg_sleep(0.5)")));
        }
    }

    @Test
    void transactionMayNotLastHoweverBusyItIs() throws IOException {
        try (var bed = bed("transaction_timeout=0.5", "default_pool_size=1");
                var client = bed.client()) {
            client.query("BEGIN");
            var said = "";
            for (var i = 0; i < 1_000 && said.isEmpty(); i++) {
                said = error(client.query("SELECT pg_sleep(0.02)"));
            }
            assertEquals("FATAL 57014 transaction timeout", said);
            awaitNothingRuns();
        }
    }

    @Test
    void idleClientIsClosedButNotOneInATransaction() throws IOException {
        try (var bed = bed("client_idle_timeout=0.4");
                var busy = bed.client();
                var idle = bed.client()) {
            busy.query("BEGIN");
            idle.query("SELECT 1");
            assertEquals("FATAL 57014 client_idle_timeout", next(idle));
            assertEquals("1", one(busy.query("SELECT 1")));
        }
    }

    @Test
    void waitForAFreeServerHasALimitThatCanBeChanged() throws IOException {
        try (var bed = bed("default_pool_size=1");
                var one = bed.client();
                var two = bed.client()) {
            one.query("BEGIN");
            two.send(new Query("SELECT 1"));
            bed.awaitWaiting(1);
            bed.pooler.set("query_wait_timeout", "200ms");
            assertEquals("FATAL 57014 query_wait_timeout", next(two));
            one.query("COMMIT");
        }
    }

    @Test
    void missingPrimaryIsAnotherWaitThanThatForAFreeServer() throws IOException {
        try (var bed = PoolBed.inFrontOf(
                        postgres.address(), Duration.ofSeconds(2), "query_wait_timeout=0.2", "default_pool_size=2");
                var client = bed.client()) {
            assertEquals("1", one(client.query("SELECT 1")));
            var view = bed.proxy.coordination.view(TestProxy.BRANCH).orElseThrow();
            bed.proxy.coordination.show(
                    TestCoordination.view(TestProxy.BRANCH, TestCoordination.Instance.stopped(postgres.address())));
            bed.awaitServers(0);
            assertTrue(error(client.query("SELECT 1")).startsWith("FATAL 08006 connection retry timeout"));
            bed.proxy.coordination.show(view);
        }
    }

    @Test
    void unusedServersGoAndTheLeastNumberStays() throws IOException {
        try (var bed = bed("server_idle_timeout=0.3", "min_pool_size=2");
                var one = bed.client();
                var two = bed.client();
                var three = bed.client()) {
            for (var client : List.of(one, two, three)) {
                client.query("BEGIN");
            }
            assertEquals(3, bed.servers());
            for (var client : List.of(one, two, three)) {
                client.query("COMMIT");
            }
            bed.awaitServers(2);
            bed.pooler.set("min_pool_size", "4");
            bed.awaitServers(4);
            bed.pooler.set("min_pool_size", "0");
            bed.awaitServers(0);
        }
    }

    @Test
    void oldServersAreReplacedOnceTheyAreFree() throws IOException {
        try (var bed = bed("server_lifetime=0.4", "default_pool_size=1");
                var client = bed.client()) {
            client.query("BEGIN");
            var first = one(client.query("SELECT pg_backend_pid()"));
            client.query("SELECT pg_sleep(0.5)");
            assertEquals(first, one(client.query("SELECT pg_backend_pid()")));
            client.query("COMMIT");
            assertFalse(first.equals(one(client.query("SELECT pg_backend_pid()"))));
        }
    }
}
