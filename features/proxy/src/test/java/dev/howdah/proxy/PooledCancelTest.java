package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.SeededRandom;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.testkit.VerifyScale;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage.CancelRequest;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cancel requests on the pooled endpoint reach the query they mean, or none. */
class PooledCancelTest {
    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static BackendKeyData logIn(RawClient client, ProtocolVersion version) throws IOException {
        return client.logIn(version, "app." + BRANCH, PASSWORD).stream()
                .filter(BackendKeyData.class::isInstance)
                .map(BackendKeyData.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static void cancel(TestProxy proxy, BackendKeyData key) throws IOException {
        try (var canceller = RawClient.connect(proxy.pooled())) {
            canceller.send(InitialCodec.encode(new CancelRequest(key.processId(), key.key())));
            canceller.readToTheEnd();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void keyOfEitherProtocolCancels(int minor) throws Exception {
        try (var proxy = TestProxy.inFrontOf(postgres.address());
                var client = RawClient.connect(proxy.pooled()).encrypted();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var key = logIn(client, minor == 0 ? ProtocolVersion.V3_0 : ProtocolVersion.V3_2);
            assertEquals(minor == 0 ? 4 : 32, key.key().size());
            var over = new AtomicBoolean();
            var cancelling = threads.submit(() -> {
                while (!over.get()) {
                    cancel(proxy, key);
                }
                return true;
            });
            var error = RawClient.error(client.query("SELECT pg_sleep(60)")).orElseThrow();
            over.set(true);
            assertEquals("57014", error.diagnostic().code());
            assertTrue(cancelling.get());
        }
    }

    private static void signal(String signal) throws Exception {
        var pid = Long.toString(postgres.server().pid());
        assertEquals(0, new ProcessBuilder("kill", "-" + signal, pid).start().waitFor());
    }

    @Test
    void cancelThatIsNotAnsweredIsGivenUpAfterTheTimeOfItsBranch() throws Exception {
        var settings = PoolSettings.ofSize(1).with(PoolSetting.CANCEL_WAIT_TIMEOUT, Duration.ofHours(1));
        try (var proxy = TestProxy.inFrontOf(postgres.address(), config -> config.withPool(settings));
                var client = RawClient.connect(proxy.pooled()).encrypted()) {
            var key = logIn(client, ProtocolVersion.V3_0);
            var pooler = proxy.proxy.pooler();
            pooler.set(BRANCH, "cancel_wait_timeout", "1");
            client.send(new Query("SELECT pg_sleep(60)"));
            Eventually.until(
                    PoolBed.SOON, "it runs", () -> !pooler.snapshot().servers().isEmpty());
            signal("STOP");
            try {
                cancel(proxy, key);
                for (var underWay : new int[] {1, 0}) {
                    Eventually.until(
                            PoolBed.SOON,
                            underWay + " cancel requests are under way",
                            () -> pooler.snapshot().pools().getFirst().clientsActiveCancel() == underWay);
                }
            } finally {
                signal("CONT");
            }
            assertEquals(
                    "57014",
                    RawClient.error(client.readUntilReady())
                            .orElseThrow()
                            .diagnostic()
                            .code());
        }
    }

    @Test
    void cancelNeverHitsTheNextClientsQuery() throws Exception {
        var random = SeededRandom.create();
        var rounds = VerifyScale.current().choose(400, 10_000);
        try (var proxy = TestProxy.inFrontOf(postgres.address(), config -> config.withPool(PoolSettings.ofSize(1)));
                var victim = RawClient.connect(proxy.pooled()).encrypted();
                var other = RawClient.connect(proxy.pooled()).encrypted();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var key = logIn(victim, ProtocolVersion.V3_0);
            logIn(other, ProtocolVersion.V3_0);
            var over = new AtomicBoolean();
            var others = threads.submit(() -> {
                var queries = 0;
                while (!over.get()) {
                    var answer = other.query("SELECT pg_sleep(0.0005)");
                    assertTrue(RawClient.error(answer).isEmpty(), () -> "seed %d: %s".formatted(random.seed(), answer));
                    queries++;
                }
                return queries;
            });
            var hits = 0;
            for (var i = 0; i < rounds; i++) {
                var wait = random.nextInt(2_000_000);
                Future<Boolean> cancelling = threads.submit(() -> {
                    LockSupport.parkNanos(wait);
                    cancel(proxy, key);
                    return true;
                });
                var error = RawClient.error(victim.query("SELECT pg_sleep(0.001)"));
                error.ifPresent(met -> assertEquals("57014", met.diagnostic().code()));
                hits += error.isPresent() ? 1 : 0;
                assertTrue(cancelling.get());
            }
            over.set(true);
            assertTrue(others.get() > 0);
            assertTrue(hits > 0 && hits < rounds, "%d of %d were hit, seed %d".formatted(hits, rounds, random.seed()));
        }
    }
}
