package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.SeededRandom;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.testkit.VerifyScale;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Two hundred clients do everything at random over ten server connections: transactions, named statements, settings, errors, cancels, COPY, and
 * going away in the middle of any of these. Each compares all it is told with a model of its own.
 */
class PooledChaosTest {
    private static final int CLIENTS = 200;
    private static final int SERVERS = 10;
    private static final Duration TIME =
            Duration.ofSeconds(VerifyScale.current().choose(45, 600));
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    @Test
    void everyClientSeesOnlyItsOwn() throws Exception {
        var seed = SeededRandom.create().seed();
        try (var postgres = prepared();
                var proxy = TestProxy.inFrontOf(
                        postgres.address(),
                        config -> config.withOpenForBenchmarks().withPool(PoolSettings.ofSize(SERVERS)))) {
            var clients = new ArrayList<ChaosClient>();
            for (var i = 0; i < CLIENTS; i++) {
                clients.add(new ChaosClient(proxy.pooled(), TestProxy.BRANCH, i, seed));
            }
            runAll(postgres, clients);
            for (var client : clients) {
                client.leave();
            }
            System.out.printf(
                    "%d clients did %d things in %s%n",
                    CLIENTS, clients.stream().mapToInt(ChaosClient::turns).sum(), TIME);
            rowsAreWhatTheModelsSay(postgres, clients);
            serversAreCleanAndFew(postgres);
        }
    }

    private static TestPostgres prepared() throws SQLException {
        var postgres = TestProxy.preparedServer();
        postgres.execute("CREATE TABLE chaos (client int, row int, PRIMARY KEY (client, row))");
        postgres.execute("GRANT ALL ON chaos TO app");
        postgres.execute("""
                CREATE FUNCTION chaos_hidden(n int) RETURNS void LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM set_config('work_mem', '7777kB', false);
                    PERFORM set_config('howdah.mark', 'hidden', false);
                    PERFORM pg_advisory_lock(1000000 + n);
                    PERFORM pg_advisory_lock(1000000 + n);
                END $$
                """);
        return postgres;
    }

    private static void runAll(TestPostgres postgres, List<ChaosClient> clients) throws Exception {
        var until = System.nanoTime() + TIME.toNanos();
        var over = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<Boolean>>();
            for (var client : clients) {
                Callable<Boolean> life = () -> {
                    while (!over.get() && System.nanoTime() - until < 0) {
                        client.turn();
                    }
                    return true;
                };
                running.add(threads.submit(life));
            }
            try {
                while (running.stream().anyMatch(life -> !life.isDone())) {
                    assertTrue(connections(postgres) <= SERVERS, "more server connections than the pool may have");
                    if (running.stream().anyMatch(life -> life.state() == Future.State.FAILED)) {
                        break;
                    }
                    LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
                }
            } finally {
                over.set(true);
            }
            for (var life : running) {
                get(life);
            }
        }
    }

    private static void get(Future<Boolean> life) throws InterruptedException {
        try {
            life.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static int connections(TestPostgres postgres) throws SQLException {
        return Integer.parseInt(postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"));
    }

    private static void rowsAreWhatTheModelsSay(TestPostgres postgres, List<ChaosClient> clients) throws SQLException {
        for (var i = 0; i < clients.size(); i++) {
            var model = clients.get(i);
            var found =
                    postgres.queryOne("SELECT coalesce(string_agg(row::text, ','), '') FROM chaos WHERE client = " + i);
            var rows = new TreeSet<>(
                    found.isEmpty()
                            ? List.<Integer>of()
                            : Arrays.stream(found.split(","))
                                    .map(Integer::valueOf)
                                    .toList());
            assertTrue(rows.containsAll(model.committed()), "client %d has lost rows".formatted(i));
            rows.removeAll(model.committed());
            rows.removeAll(model.unsure());
            assertEquals(List.of(), List.copyOf(rows), "client %d has rows it never committed".formatted(i));
        }
    }

    private static void serversAreCleanAndFew(TestPostgres postgres) throws SQLException {
        assertTrue(connections(postgres) <= SERVERS, "more server connections than the pool may have");
        Eventually.until(
                Duration.ofSeconds(20),
                "every server connection is idle and holds no lock",
                () -> postgres.queryOne("""
                                SELECT (SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle')
                                     + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
                                     + (SELECT count(*) FROM pg_prepared_xacts)
                                """).equals("0"));
    }
}
