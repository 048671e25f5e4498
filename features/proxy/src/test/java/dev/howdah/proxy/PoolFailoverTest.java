package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.one;
import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.wire.FrontendMessage.Query;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Clients outlive their servers. */
class PoolFailoverTest {
    private static final int IDLE = 50;
    private static final int WAITING = 20;

    @Test
    void idleClientsNoticeNothingOfACrashAndWaitingOnesAreServedAfterIt() throws Exception {
        try (var postgres = TestProxy.preparedServer();
                var bed = PoolBed.inFrontOf(postgres.address(), "default_pool_size=2");
                var a = bed.client();
                var b = bed.client()) {
            a.query("BEGIN");
            b.query("BEGIN");
            var idle = new ArrayList<RawClient>();
            for (var i = 0; i < IDLE; i++) {
                idle.add(bed.client());
            }
            var waiting = new ArrayList<RawClient>();
            for (var i = 0; i < WAITING; i++) {
                var client = bed.client();
                waiting.add(client);
                client.send(new Query("SELECT %d".formatted(i)));
            }
            bed.awaitWaiting(WAITING);
            postgres.killEverything();
            Eventually.until(PoolBed.SOON, "the lost ones are gone", () -> bed.servers() == 0);
            assertEquals(WAITING, bed.pool().clientsWaiting());
            postgres.startAgain();
            for (var i = 0; i < WAITING; i++) {
                assertEquals(Integer.toString(i), one(waiting.get(i).readUntilReady()));
            }
            for (var client : idle) {
                assertEquals("7", one(client.query("SELECT 7")));
            }
            PoolBed.close(idle.toArray(RawClient[]::new));
            PoolBed.close(waiting.toArray(RawClient[]::new));
        }
    }

    @Test
    void newPrimaryIsUsedFromTheNextTransactionOn() throws Exception {
        try (var first = TestProxy.preparedServer();
                var second = TestProxy.preparedServer();
                var bed = PoolBed.inFrontOf(first.address());
                var busy = bed.client();
                var idle = bed.client()) {
            first.execute("CREATE TABLE which AS SELECT 'first' AS name; GRANT SELECT ON which TO app");
            second.execute("CREATE TABLE which AS SELECT 'second' AS name; GRANT SELECT ON which TO app");
            busy.query("BEGIN");
            assertEquals("first", one(busy.query("SELECT name FROM which")));
            assertEquals("first", one(idle.query("SELECT name FROM which")));
            bed.proxy.coordination.show(TestCoordination.view(
                    BRANCH,
                    TestCoordination.Instance.stopped(first.address()),
                    TestCoordination.Instance.primary(second.address())));
            Eventually.until(PoolBed.SOON, "the idle one is closed", () -> bed.servers() == 1);
            assertEquals("second", one(idle.query("SELECT name FROM which")));
            assertEquals("first", one(busy.query("SELECT name FROM which")));
            busy.query("COMMIT");
            assertEquals("second", one(busy.query("SELECT name FROM which")));
            Eventually.until(
                    PoolBed.SOON,
                    "nobody is on the old one",
                    () -> first.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")
                            .equals("0"));
        }
    }

    @Test
    void roleDroppedAndCreatedAgainIsAnother() throws Exception {
        try (var postgres = TestProxy.preparedServer();
                var bed = PoolBed.inFrontOf(postgres.address())) {
            postgres.execute("CREATE ROLE passing LOGIN PASSWORD '" + PASSWORD + "'");
            try (var old = bed.clientOf("passing", "postgres")) {
                var backend = one(old.query("SELECT pg_backend_pid()"));
                postgres.execute("DROP ROLE passing");
                postgres.execute("CREATE ROLE passing LOGIN PASSWORD '" + PASSWORD + "'");
                bed.proxy.proxy.invalidate(BRANCH, "passing");
                try (var next = bed.clientOf("passing", "postgres")) {
                    assertTrue(PoolBed.error(old.readUntilReady())
                            .startsWith("FATAL 57P01 terminating connection because role \"passing\" was dropped"));
                    assertEquals("passing", one(next.query("SELECT current_user")));
                    Eventually.until(
                            PoolBed.SOON,
                            "the old connection is closed",
                            () -> postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE pid = " + backend)
                                    .equals("0"));
                }
            }
        }
    }
}
