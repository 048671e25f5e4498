package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Branches on several loops: each on its own, all of them served at once, seen together and steered one by one. */
class PooledLoopsTest {
    private static final int LOOPS = 3;
    private static final Optional<String> ALL = Optional.empty();
    /** One per loop, in the loops' order. */
    private static final List<BranchId> BRANCHES =
            IntStream.range(0, LOOPS).mapToObj(PooledLoopsTest::branchOf).toList();

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        postgres.execute("GRANT pg_monitor, pg_signal_backend TO postgres");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static BranchId branchOf(int loop) {
        return IntStream.range(0, 1000)
                .mapToObj(i -> new BranchId("branch%06d".formatted(i)))
                .filter(branch -> Loops.number(branch, LOOPS) == loop)
                .findFirst()
                .orElseThrow();
    }

    private static TestProxy withBranches(TestProxy proxy) {
        for (var branch : BRANCHES) {
            proxy.coordination.show(
                    TestCoordination.view(branch, TestCoordination.Instance.primary(postgres.address())));
        }
        return proxy;
    }

    private static PoolBed bed(String... settings) {
        var bed = PoolBed.inFrontOf(postgres.address(), settings);
        var _ = withBranches(bed.proxy);
        return bed;
    }

    private static RawClient client(PoolBed bed, BranchId branch) throws IOException {
        var client = RawClient.connect(bed.proxy.pooled());
        client.send(RawClient.startup(ProtocolVersion.V3_0, "app." + branch));
        var answer = client.readUntilReady();
        if (!PoolBed.error(answer).isEmpty()) {
            client.close();
            throw new RefusedException(PoolBed.error(answer));
        }
        return client;
    }

    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        final String error;

        RefusedException(String error) {
            super(error);
            this.error = error;
        }
    }

    private static List<RawClient> clientOfEach(PoolBed bed) throws IOException {
        var clients = new ArrayList<RawClient>();
        for (var branch : BRANCHES) {
            clients.add(client(bed, branch));
        }
        return clients;
    }

    private static void close(List<RawClient> clients) throws IOException {
        PoolBed.close(clients.toArray(RawClient[]::new));
    }

    @Test
    void branchesAreSpreadOverTheLoops() {
        var random = new Random(1);
        var counts = new int[LOOPS];
        for (var i = 0; i < 3000; i++) {
            counts[Loops.number(BranchId.random(random), LOOPS)]++;
        }
        for (var count : counts) {
            assertTrue(count > 850 && count < 1150, Arrays.toString(counts));
        }
    }

    /** Wherever its clients have come in: most of them have come to another loop. */
    @Test
    void aBranchKeepsItsOwnLoopBusyAndNoOther() throws Exception {
        try (var bed = bed()) {
            var clients = clientOfEach(bed);
            for (var loop = 0; loop < LOOPS; loop++) {
                try (var one = client(bed, BRANCHES.get(loop));
                        var two = client(bed, BRANCHES.get(loop));
                        var three = client(bed, BRANCHES.get(loop))) {
                    var before = cpuNanos();
                    for (var i = 0; i < 1500; i++) {
                        for (var client : List.of(one, two, three)) {
                            assertEquals("1", one(client.query("SELECT 1")));
                        }
                    }
                    var after = cpuNanos();
                    for (var other = 0; other < LOOPS; other++) {
                        var spent = after[other] - before[other];
                        var own = after[loop] - before[loop];
                        assertTrue(
                                other == loop || spent * 5 < own,
                                "loop %d of %d: %d of %d ns".formatted(other, loop, spent, own));
                    }
                }
            }
            close(clients);
        }
    }

    /** What each loop's thread has used of a processor. */
    private static long[] cpuNanos() {
        var threads = ManagementFactory.getThreadMXBean();
        var spent = new long[LOOPS];
        for (var thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("proxy-loop-")) {
                var loop = Integer.parseInt(thread.getName().substring("proxy-loop-".length()));
                spent[loop] += threads.getThreadCpuTime(thread.threadId());
            }
        }
        return spent;
    }

    @Test
    void allLoopsAreSeenAtOnceAndEachBranchAlone() throws Exception {
        try (var bed = bed()) {
            var clients = clientOfEach(bed);
            for (var client : clients) {
                client.query("BEGIN");
            }
            var all = bed.pooler.snapshot();
            assertEquals(
                    Set.copyOf(BRANCHES),
                    all.pools().stream().map(PoolerSnapshot.Pool::branch).collect(Collectors.toSet()));
            assertEquals(LOOPS, all.clients().size());
            assertEquals(
                    LOOPS,
                    all.servers().stream()
                            .map(PoolerSnapshot.Server::id)
                            .distinct()
                            .count());
            assertEquals(LOOPS, all.databases().size());
            assertEquals(new PoolerSnapshot.Lists(LOOPS, LOOPS, LOOPS, LOOPS, 0, 0, LOOPS), all.lists());
            assertEquals(all.lists(), bed.pooler.summary().lists());
            for (var branch : BRANCHES) {
                var one = bed.pooler.snapshot(branch);
                assertEquals(
                        List.of(branch),
                        one.clients().stream()
                                .map(PoolerSnapshot.Client::branch)
                                .toList());
                assertEquals(
                        List.of(branch),
                        one.servers().stream()
                                .map(PoolerSnapshot.Server::branch)
                                .toList());
                assertEquals(
                        List.of(branch),
                        one.pools().stream().map(PoolerSnapshot.Pool::branch).toList());
                assertEquals(
                        all.servers().stream()
                                .filter(server -> server.branch().equals(branch))
                                .toList()
                                .getFirst()
                                .id(),
                        one.servers().getFirst().id());
            }
            assertTrue(ProxyMetrics.of(bed.pooler.summary(), bed.pooler.settings(), bed.proxy.proxy.counters()).stream()
                    .filter(family -> family.name().equals("howdah_pool_servers_max"))
                    .anyMatch(family -> family.samples().size() == LOOPS));
            close(clients);
        }
    }

    @Test
    void commandsReachTheirBranchWhereverItLives() throws Exception {
        try (var bed = bed()) {
            var clients = clientOfEach(bed);
            for (var i = 0; i < LOOPS; i++) {
                var branch = BRANCHES.get(i);
                var busy = clients.get(i);
                busy.query("BEGIN");
                var paused = bed.pooler.pause(branch, ALL).toCompletableFuture();
                assertThrows(PlatformException.class, () -> bed.pooler.pause(branch, ALL));
                for (var other : clients) {
                    assertEquals("1", one(other.query("SELECT 1")));
                }
                assertFalse(paused.isDone());
                busy.query("COMMIT");
                paused.get(PoolBed.SOON.toSeconds(), TimeUnit.SECONDS);
                busy.send(new Query("SELECT 'late'"));
                bed.pooler.resume(branch, ALL);
                assertEquals("late", one(busy.readUntilReady()));
                assertThrows(PlatformException.class, () -> bed.pooler.resume(branch, ALL));
            }
            var backends = new ArrayList<String>();
            for (var client : clients) {
                backends.add(one(client.query("SELECT pg_backend_pid()")));
            }
            bed.pooler.reconnect(BRANCHES.get(1), ALL);
            for (var i = 0; i < LOOPS; i++) {
                assertEquals(i != 1, backends.get(i).equals(one(clients.get(i).query("SELECT pg_backend_pid()"))));
            }
            bed.pooler.kill(BRANCHES.get(2), ALL);
            assertEquals(
                    "FATAL 57P01 admin forced disconnect",
                    PoolBed.error(clients.get(2).readUntilReady()));
            var id = bed.pooler.snapshot(BRANCHES.get(0)).clients().getFirst().id();
            assertFalse(bed.pooler.killClient(BRANCHES.get(1), id));
            assertTrue(bed.pooler.killClient(BRANCHES.get(0), id));
            assertEquals(
                    "FATAL 57P01 admin forced disconnect",
                    PoolBed.error(clients.get(0).readUntilReady()));
            assertEquals("1", one(clients.get(1).query("SELECT 1")));
            close(clients);
        }
    }

    @Test
    void settingsHoldOnAllLoopsAtOnce() throws Exception {
        try (var bed = bed()) {
            var clients = clientOfEach(bed);
            bed.pooler.set("default_pool_size", "7");
            bed.pooler.set(BRANCHES.get(1), "default_pool_size", "3");
            assertEquals(
                    List.of(7, 3, 7),
                    BRANCHES.stream()
                            .map(branch -> bed.pooler
                                    .snapshot(branch)
                                    .pools()
                                    .getFirst()
                                    .poolSize())
                            .toList());
            assertThrows(PlatformException.class, () -> bed.pooler.set("default_pool_size", "none"));
            close(clients);
        }
    }

    @Test
    void consolesOfAllBranchesShowAndSteerTheirOwn() throws Exception {
        try (var proxy = withBranches(TestProxy.inFrontOf(postgres.address()))) {
            for (var round = 0; round < LOOPS; round++) { // so that each console comes in by each loop
                for (var branch : BRANCHES) {
                    try (var client = proxy.connect(proxy.pooled(), "postgres." + branch, TestProxy.PASSWORD);
                            var console = proxy.connect(
                                    proxy.pooled(),
                                    "howdah",
                                    "postgres." + branch,
                                    TestProxy.PASSWORD,
                                    new String[0])) {
                        assertEquals("1", TestProxy.queryOne(client, "SELECT 1"));
                        assertEquals(1, rows(console, "SHOW CLIENTS"));
                        assertEquals(1, rows(console, "SHOW POOLS"));
                        assertTrue(rows(console, "SHOW SERVERS") >= 1);
                        TestProxy.execute(console, "PAUSE");
                        TestProxy.execute(console, "RESUME");
                        TestProxy.execute(console, "SET default_pool_size = 5");
                        TestProxy.execute(console, "RELOAD");
                        assertEquals("1", TestProxy.queryOne(client, "SELECT 1"));
                    }
                }
            }
        }
    }

    private static int rows(Connection console, String command) throws SQLException {
        try (var statement = console.createStatement();
                var rows = statement.executeQuery(command)) {
            var count = 0;
            while (rows.next()) {
                count++;
            }
            return count;
        }
    }

    /** Clients of all branches at once, twice, so that none who has gone is still counted. */
    @Test
    void theLimitOfAllClientsIsExactOverAllLoops() throws Exception {
        var limit = 10;
        try (var bed = bed("max_client_conn=" + limit);
                var threads = Executors.newFixedThreadPool(3 * LOOPS)) {
            for (var round = 0; round < 3; round++) {
                var coming = new ArrayList<Future<RawClient>>();
                for (var i = 0; i < 36; i++) {
                    var branch = BRANCHES.get(i % LOOPS);
                    coming.add(threads.submit(() -> client(bed, branch)));
                }
                var let = new ArrayList<RawClient>();
                var refusals = new HashSet<String>();
                for (var each : coming) {
                    try {
                        let.add(each.get(PoolBed.SOON.toSeconds(), TimeUnit.SECONDS));
                    } catch (ExecutionException e) {
                        refusals.add(e.getCause() instanceof RefusedException refused ? refused.error : e.toString());
                    }
                }
                assertEquals(limit, let.size());
                assertEquals(Set.of("FATAL 53300 no more connections allowed (max_client_conn)"), refusals);
                assertEquals(limit, bed.pooler.summary().lists().usedClients());
                close(let);
                Eventually.until(
                        PoolBed.SOON,
                        "all have gone",
                        () -> bed.pooler.summary().lists().usedClients() == 0);
            }
        }
    }
}
