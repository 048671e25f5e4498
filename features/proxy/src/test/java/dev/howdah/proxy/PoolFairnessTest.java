package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.FrontendMessage.Query;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many databases and roles share one branch's budget of server connections. */
class PoolFairnessTest {
    private static final int OTHERS = 10;
    private static final Duration LONG = Duration.ofSeconds(60);

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("CREATE DATABASE greedy OWNER app");
        for (var i = 0; i < OTHERS; i++) {
            postgres.execute("CREATE DATABASE other%d OWNER app".formatted(i));
        }
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static int backends() throws SQLException {
        return Integer.parseInt(
                postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename IN ('app', 'postgres')"));
    }

    /** Looks at the server all the time; the greatest number of the pools' connections that it has seen. */
    private static Callable<Integer> watch(AtomicBoolean over) {
        return () -> {
            var most = 0;
            try (var connection = postgres.connect("howdah_admin", "postgres");
                    var count = connection.prepareStatement(
                            "SELECT count(*) FROM pg_stat_activity WHERE usename IN ('app', 'postgres')")) {
                while (!over.get()) {
                    try (var rows = count.executeQuery()) {
                        rows.next();
                        most = Math.max(most, rows.getInt(1));
                    }
                }
            }
            return most;
        };
    }

    /** Queries one behind the other until somebody says that it is enough; how many there were. */
    private static Callable<Integer> goOn(RawClient client, AtomicBoolean over) {
        return () -> {
            var served = 0;
            while (!over.get()) {
                one(client.query("SELECT pg_sleep(0.005)"));
                served++;
            }
            return served;
        };
    }

    private static Callable<Integer> ask(RawClient client, int times) {
        return () -> {
            for (var i = 0; i < times; i++) {
                assertEquals("7", one(client.query("SELECT 7 FROM pg_sleep(0.005)")));
            }
            return times;
        };
    }

    @Test
    void greedyDatabaseDoesNotStarveTenOthers() throws Exception {
        try (var bed = PoolBed.inFrontOf(postgres.address(), "branch_connection_budget=6", "default_pool_size=20");
                var threads =
                        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            var over = new AtomicBoolean();
            var clients = new ArrayList<RawClient>();
            var greedy = new ArrayList<Future<Integer>>();
            for (var i = 0; i < 200; i++) {
                var client = bed.clientOf("app", "greedy");
                clients.add(client);
                greedy.add(threads.submit(goOn(client, over)));
            }
            Eventually.until(
                    LONG,
                    "the greedy one has all",
                    () -> backends() == 6 && bed.pool().clientsWaiting() > 150);
            var most = threads.submit(watch(over));
            var before = assignments(bed);
            var others = new ArrayList<Future<Integer>>();
            for (var i = 0; i < OTHERS; i++) {
                var database = "other" + i;
                others.add(threads.submit(() -> {
                    try (var client = bed.clientOf("app", database)) {
                        return ask(client, 20).call();
                    }
                }));
            }
            for (var other : others) {
                assertEquals(20, other.get());
            }
            var all = assignments(bed) - before;
            over.set(true);
            assertTrue(all <= 10 * OTHERS * 20, "the greedy one was served far more: " + all);
            var served = 0;
            for (var each : greedy) {
                served += each.get();
            }
            assertTrue(served > 0, "the greedy database is served too");
            assertTrue(most.get() <= 6, "the budget is exceeded: " + most.get());
            assertTrue(taken(bed) <= 2L * (served + 200), "connections taken: " + taken(bed));
            PoolBed.close(clients.toArray(RawClient[]::new));
        }
    }

    private static long taken(PoolBed bed) {
        return bed.pooler.snapshot().pools().stream()
                .mapToLong(pool -> pool.statistics().taken())
                .sum();
    }

    @Test
    void twoDatabasesThatWantAllEndUpWithHalfEachAndThenNothingMoves() throws Exception {
        try (var bed = PoolBed.inFrontOf(postgres.address(), "branch_connection_budget=6");
                var threads =
                        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            var over = new AtomicBoolean();
            var clients = new ArrayList<RawClient>();
            var work = new ArrayList<Future<Integer>>();
            for (var database : List.of("greedy", "other1")) {
                for (var i = 0; i < 12; i++) {
                    var client = bed.clientOf("app", database);
                    clients.add(client);
                    work.add(threads.submit(goOn(client, over)));
                }
                Eventually.until(
                        LONG,
                        "it has some",
                        () -> bed.pooler.snapshot().pools().stream()
                                .anyMatch(pool -> pool.database().equals(database) && pool.serversActive() > 0));
            }
            Eventually.until(
                    LONG,
                    "half each",
                    () -> bed.pooler.snapshot().databases().stream().allMatch(database -> database.connections() == 3));
            var moved = taken(bed);
            var assigned = assignments(bed);
            Eventually.until(LONG, "a thousand more", () -> assignments(bed) > assigned + 1_000);
            assertEquals(moved, taken(bed));
            over.set(true);
            for (var each : work) {
                assertTrue(each.get() > 0);
            }
            PoolBed.close(clients.toArray(RawClient[]::new));
        }
    }

    private static long assignments(PoolBed bed) {
        return bed.pooler.snapshot().pools().stream()
                .mapToLong(pool -> pool.statistics().serverAssignments())
                .sum();
    }

    @Test
    void idleConnectionOfAnotherDatabaseMakesRoomAndIsTakenOnce() throws Exception {
        try (var bed = PoolBed.inFrontOf(postgres.address(), "branch_connection_budget=1");
                var a = bed.clientOf("app", "greedy");
                var b = bed.clientOf("app", "other0")) {
            assertEquals("1", one(a.query("SELECT 1")));
            assertEquals("2", one(b.query("SELECT 2")));
            assertEquals("3", one(a.query("SELECT 3")));
            assertEquals(1, backends());
        }
    }

    @Test
    void transactionIsNeverTaken() throws Exception {
        try (var bed = PoolBed.inFrontOf(postgres.address(), "branch_connection_budget=1");
                var a = bed.clientOf("app", "greedy")) {
            a.query("BEGIN");
            assertEquals("1", one(a.query("SELECT 1")));
            try (var b = RawClient.connect(bed.proxy.pooled())) {
                b.send(RawClient.startup(
                        dev.howdah.wire.ProtocolVersion.V3_0, "app." + TestProxy.BRANCH, "database", "other0"));
                Eventually.until(
                        PoolBed.SOON,
                        "it waits",
                        () -> bed.pooler.snapshot().pools().stream().anyMatch(pool -> pool.clientsWaiting() == 1));
                assertEquals("2", one(a.query("SELECT 2")));
                a.query("COMMIT");
                assertEquals("", PoolBed.error(b.readUntilReady()));
                assertEquals("3", one(b.query("SELECT 3")));
            }
        }
    }

    @Test
    void databaseAndRoleHaveLimitsOfTheirOwn() throws Exception {
        try (var bed = PoolBed.inFrontOf(postgres.address(), "max_db_connections=2", "max_user_connections=3");
                var a = bed.clientOf("app", "greedy");
                var b = bed.clientOf("app", "greedy");
                var c = bed.clientOf("app", "greedy");
                var d = bed.clientOf("app", "other0");
                var e = bed.clientOf("app", "other0")) {
            for (var client : List.of(a, b)) {
                client.query("BEGIN");
            }
            c.send(new Query("SELECT 'c'"));
            d.query("BEGIN");
            e.send(new Query("SELECT 'e'"));
            Eventually.until(
                    PoolBed.SOON,
                    "two wait",
                    () -> bed.pooler.snapshot().pools().stream()
                                    .mapToInt(PoolerSnapshot.Pool::clientsWaiting)
                                    .sum()
                            == 2);
            assertEquals(3, backends());
            a.query("COMMIT");
            assertEquals("c", one(c.readUntilReady()));
            b.query("COMMIT");
            assertEquals("e", one(e.readUntilReady()));
            assertTrue(backends() <= 3);
        }
    }

    @Test
    void rolesOfOneDatabaseTakeTurns() throws Exception {
        try (var bed = PoolBed.inFrontOf(postgres.address(), "max_db_connections=2");
                var threads =
                        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            var over = new AtomicBoolean();
            var clients = new ArrayList<RawClient>();
            var work = new ArrayList<Future<Integer>>();
            for (var i = 0; i < 20; i++) {
                var client = bed.clientOf("app", "postgres");
                clients.add(client);
                work.add(threads.submit(goOn(client, over)));
            }
            Eventually.until(PoolBed.SOON, "many wait", () -> bed.pool().clientsWaiting() > 10);
            try (var other = bed.clientOf("postgres", "postgres")) {
                assertEquals(20, ask(other, 20).call());
            }
            over.set(true);
            var served = 0;
            for (var each : work) {
                served += each.get();
            }
            assertTrue(served > 0);
            PoolBed.close(clients.toArray(RawClient[]::new));
        }
    }

    @Test
    void clientsOfOnePoolAreServedInTheOrderOfTheirComing() throws IOException {
        try (var bed = PoolBed.inFrontOf(postgres.address(), "default_pool_size=1");
                var first = bed.client()) {
            first.query("BEGIN");
            var waiting = new ArrayList<RawClient>();
            for (var i = 0; i < 5; i++) {
                var client = bed.client();
                waiting.add(client);
                client.send(new Query("SELECT nextval('turns')"));
                bed.awaitWaiting(i + 1);
            }
            first.query("CREATE SEQUENCE turns");
            first.query("COMMIT");
            for (var i = 0; i < 5; i++) {
                assertEquals(Integer.toString(i + 1), one(waiting.get(i).readUntilReady()));
            }
            first.query("DROP SEQUENCE turns");
            PoolBed.close(waiting.toArray(RawClient[]::new));
        }
    }
}
