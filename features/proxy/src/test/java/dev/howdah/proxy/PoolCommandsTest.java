package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.one;
import static dev.howdah.proxy.TestProxy.BRANCH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.FrontendMessage.Query;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** PAUSE, RESUME, RECONNECT and their like mean what they mean in PgBouncer. */
class PoolCommandsTest {
    private static final Optional<String> ALL = Optional.empty();

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("CREATE DATABASE second OWNER app");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static PoolBed bed(String... settings) {
        return PoolBed.inFrontOf(postgres.address(), settings);
    }

    private static void await(CompletionStage<Void> done) throws Exception {
        done.toCompletableFuture().get(PoolBed.SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private static boolean isDone(CompletionStage<Void> done) {
        return done.toCompletableFuture().isDone();
    }

    @Test
    void pauseLetsTransactionsEndAndHoldsNewOnes() throws Exception {
        try (var bed = bed();
                var busy = bed.client();
                var idle = bed.client()) {
            idle.query("SELECT 1");
            busy.query("BEGIN");
            var paused = bed.pooler.pause(BRANCH, ALL);
            idle.send(new Query("SELECT 'late'"));
            bed.awaitWaiting(1);
            assertEquals("1", one(busy.query("SELECT 1")));
            assertFalse(isDone(paused));
            busy.query("COMMIT");
            await(paused);
            assertEquals("0", postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"));
            assertEquals(
                    PoolerSnapshot.State.PAUSED, bed.pooler.snapshot().states().get(BRANCH));
            assertThrows(PlatformException.class, () -> bed.pooler.pause(BRANCH, ALL));
            bed.pooler.resume(BRANCH, ALL);
            assertEquals("late", one(idle.readUntilReady()));
            assertThrows(PlatformException.class, () -> bed.pooler.resume(BRANCH, ALL));
        }
    }

    @Test
    void pauseOfOneDatabaseOrBranchLeavesOthersAlone() throws Exception {
        try (var bed = bed();
                var one = bed.client();
                var two = bed.clientOf("app", "second")) {
            one.query("SELECT 1");
            two.query("SELECT 1");
            await(bed.pooler.pause(new BranchId("zzzzzzzzzzzz"), ALL));
            await(bed.pooler.pause(BRANCH, Optional.of("second")));
            assertEquals("1", one(one.query("SELECT 1")));
            two.send(new Query("SELECT 2"));
            Eventually.until(
                    PoolBed.SOON,
                    "it waits",
                    () -> bed.pooler.snapshot().pools().stream().anyMatch(pool -> pool.clientsWaiting() == 1));
            assertThrows(PlatformException.class, () -> bed.pooler.resume(BRANCH, Optional.of("postgres")));
            bed.pooler.resume(BRANCH, Optional.of("second"));
            assertEquals("2", one(two.readUntilReady()));
        }
    }

    @Test
    void reconnectReplacesServersAsTheyComeFree() throws Exception {
        try (var bed = bed();
                var busy = bed.client();
                var idle = bed.client()) {
            busy.query("BEGIN");
            var ofBusy = one(busy.query("SELECT pg_backend_pid()"));
            var ofIdle = one(idle.query("SELECT pg_backend_pid()"));
            bed.pooler.reconnect(BRANCH, ALL);
            var closed = bed.pooler.waitClose(BRANCH, ALL);
            assertEquals(ofBusy, one(busy.query("SELECT pg_backend_pid()")));
            assertFalse(ofIdle.equals(one(idle.query("SELECT pg_backend_pid()"))));
            assertFalse(isDone(closed));
            busy.query("COMMIT");
            await(closed);
            assertFalse(ofBusy.equals(one(busy.query("SELECT pg_backend_pid()"))));
        }
    }

    @Test
    void disabledDatabaseTakesNoNewClients() throws IOException {
        try (var bed = bed();
                var known = bed.client()) {
            bed.pooler.disable(BRANCH, "postgres");
            assertEquals("FATAL 55000 database does not allow connections: postgres", bed.refusal("app"));
            assertEquals("", bed.refusal("app", "database", "second"));
            assertEquals("1", one(known.query("SELECT 1")));
            bed.pooler.enable(BRANCH, "postgres");
            assertEquals("", bed.refusal("app"));
        }
    }

    @Test
    void killClosesClientsAndServersAndPauses() throws Exception {
        try (var bed = bed();
                var busy = bed.client();
                var idle = bed.client();
                var elsewhere = bed.clientOf("app", "second")) {
            busy.query("BEGIN");
            busy.send(new Query("SELECT pg_sleep(60)"));
            idle.query("SELECT 1");
            bed.pooler.kill(BRANCH, Optional.of("postgres"));
            assertEquals("FATAL 57P01 admin forced disconnect", PoolBed.error(idle.readUntilReady()));
            assertEquals("FATAL 57P01 admin forced disconnect", PoolBed.error(busy.readUntilReady()));
            Eventually.until(
                    PoolBed.SOON,
                    "its servers are gone",
                    () -> postgres.queryOne(
                                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND datname = 'postgres'")
                            .equals("0"));
            assertEquals("1", one(elsewhere.query("SELECT 1")));
            bed.pooler.resume(BRANCH, Optional.of("postgres"));
            assertEquals("", bed.refusal("app"));
        }
    }

    @Test
    void oneClientCanBeKilled() throws IOException {
        try (var bed = bed();
                var one = bed.client()) {
            var id = bed.pooler.snapshot().clients().getFirst().id();
            assertFalse(bed.pooler.killClient(BRANCH, id + 1));
            assertTrue(bed.pooler.killClient(BRANCH, id));
            assertEquals("FATAL 57P01 admin forced disconnect", PoolBed.error(one.readUntilReady()));
        }
    }
}
