package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.one;
import static dev.howdah.proxy.TestProxy.BRANCH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.FrontendMessage.Query;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Limits hold, and can be changed while clients are there. */
class PoolLimitsTest {
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

    @Test
    void clientsBeyondTheLimitAreRefusedUntilOneGoes() throws IOException {
        try (var bed = bed("max_client_conn=2");
                var one = bed.client()) {
            try (var two = bed.client()) {
                assertEquals("1", one(two.query("SELECT 1")));
                assertEquals("FATAL 53300 no more connections allowed (max_client_conn)", bed.refusal("app"));
                bed.pooler.set("max_client_conn", "3");
                assertEquals("", bed.refusal("app"));
                bed.pooler.set("max_client_conn", "2");
            }
            Eventually.until(
                    PoolBed.SOON, "there is room", () -> bed.refusal("app").isEmpty());
            assertEquals("1", one(one.query("SELECT 1")));
        }
    }

    @Test
    void clientsOfOneDatabaseAndOfOneRoleAreLimited() throws IOException {
        try (var bed = bed("max_db_client_connections=1", "max_user_client_connections=2");
                var one = bed.client()) {
            assertEquals("1", one(one.query("SELECT 1")));
            assertEquals(
                    "FATAL 53300 client connections exceeded (max_db_client_connections)", bed.refusal("postgres"));
            try (var two = bed.clientOf("app", "second")) {
                bed.pooler.set("max_db_client_connections", "0");
                assertEquals(
                        "FATAL 53300 client connections exceeded (max_user_client_connections)", bed.refusal("app"));
                assertEquals("", bed.refusal("postgres"));
                assertEquals("1", one(two.query("SELECT 1")));
            }
        }
    }

    @Test
    void poolGrowsAtOnceAndShrinksAsServersComeFree() throws IOException {
        try (var bed = bed("default_pool_size=1")) {
            var clients = new ArrayList<RawClient>();
            for (var i = 0; i < 4; i++) {
                var client = bed.client();
                clients.add(client);
                client.send(new Query("BEGIN"));
            }
            clients.getFirst().readUntilReady();
            bed.awaitWaiting(3);
            bed.pooler.set("default_pool_size", "4");
            for (var client : clients.subList(1, 4)) {
                client.readUntilReady();
            }
            assertEquals(4, bed.servers());
            bed.pooler.set("default_pool_size", "2");
            assertEquals(4, bed.servers());
            for (var client : clients) {
                client.query("COMMIT");
            }
            bed.awaitServers(2);
            for (var client : clients) {
                assertEquals("1", one(client.query("SELECT 1")));
            }
            assertEquals(2, bed.servers());
            PoolBed.close(clients.toArray(RawClient[]::new));
        }
    }

    @Test
    void budgetShrinksAmongIdleServersToo() throws IOException {
        try (var bed = bed();
                var one = bed.client();
                var two = bed.clientOf("app", "second")) {
            one.query("SELECT 1");
            two.query("SELECT 1");
            assertEquals(2, bed.servers());
            bed.pooler.set("branch_connection_budget", "1");
            bed.awaitServers(1);
            assertEquals("1", one(one.query("SELECT 1")));
            assertEquals("2", one(two.query("SELECT 2")));
        }
    }

    @Test
    void reserveIsForClientsThatHaveWaited() throws IOException {
        try (var bed = bed("default_pool_size=1", "reserve_pool_size=1", "reserve_pool_timeout=0.2");
                var one = bed.client();
                var two = bed.client();
                var three = bed.client()) {
            one.query("BEGIN");
            assertEquals("2", one(two.query("SELECT 2")));
            two.query("BEGIN");
            three.send(new Query("SELECT 3"));
            bed.awaitWaiting(1);
            assertEquals(2, bed.servers());
            one.query("COMMIT");
            assertEquals("3", one(three.readUntilReady()));
            two.query("COMMIT");
            bed.awaitServers(1);
        }
    }

    @Test
    void clientsThatKeepTheirServerAreLimitedOverAllPoolsOfTheBranch() throws IOException {
        try (var bed = bed("max_pinned_per_branch=1");
                var two = bed.clientOf("app", "second")) {
            try (var one = bed.client()) {
                assertEquals("", PoolBed.error(one.query("CREATE TEMP TABLE mine ()")));
                assertTrue(PoolBed.error(two.query("CREATE TEMP TABLE mine ()")).startsWith("ERROR 53300"));
                assertEquals("1", one(two.query("SELECT 1")));
            }
            Eventually.until(
                    PoolBed.SOON,
                    "the place is free",
                    () -> PoolBed.error(two.query("CREATE TEMP TABLE mine ()")).isEmpty());
        }
    }

    @Test
    void settingOfOneBranchLeavesOthersAlone() throws IOException {
        try (var bed = bed("default_pool_size=2")) {
            var other = new BranchId("zzzzzzzzzzzz");
            bed.pooler.set(other, "default_pool_size", "1");
            bed.pooler.set(BRANCH, "max_client_conn", "1");
            try (var one = bed.client()) {
                assertEquals("1", one(one.query("SELECT 1")));
                assertEquals("FATAL 53300 no more connections allowed (max_client_conn)", bed.refusal("app"));
            }
            assertEquals(2, bed.pooler.settings(BRANCH).defaultPoolSize());
            assertEquals(1, bed.pooler.settings(other).defaultPoolSize());
            bed.pooler.set("default_pool_size", "7");
            assertEquals(7, bed.pooler.settings(BRANCH).defaultPoolSize());
            assertEquals(1, bed.pooler.settings(other).defaultPoolSize());
            bed.pooler.reload(other);
            assertEquals(1, bed.pooler.settings(BRANCH).maxClientConnections());
        }
    }

    @Test
    void reloadOfOneBranchForgetsWhatWasSetForItAlone() throws IOException {
        try (var directory = TestDirectory.create()) {
            var file = directory.path().resolve("pooler.conf");
            Files.writeString(file, "default_pool_size = 3");
            try (var bed = PoolBed.inFrontOf(postgres.address(), PoolSettings.read(file))) {
                bed.pooler.set("min_pool_size", "1");
                bed.pooler.set(BRANCH, "min_pool_size", "2");
                bed.pooler.set(BRANCH, "default_pool_size", "9");
                Files.writeString(file, "default_pool_size = 4");
                bed.pooler.reload(BRANCH);
                assertEquals(4, bed.pooler.settings(BRANCH).defaultPoolSize());
                assertEquals(1, bed.pooler.settings(BRANCH).minPoolSize());
                assertEquals(1, bed.pooler.settings().minPoolSize());
                bed.pooler.reload();
                assertEquals(0, bed.pooler.settings(BRANCH).minPoolSize());
                assertEquals(4, bed.pooler.settings().defaultPoolSize());
            }
        }
    }

    @Test
    void settingsAreRefusedWithTheirNameAndWhatIsAllowed() {
        try (var bed = bed()) {
            var unknown = assertThrows(PlatformException.class, () -> bed.pooler.set("pool_mode", "session"));
            assertEquals(SqlState.UNDEFINED_OBJECT, unknown.state());
            var wrong = assertThrows(PlatformException.class, () -> bed.pooler.set("default_pool_size", "many"));
            assertEquals(SqlState.INVALID_PARAMETER_VALUE, wrong.state());
            assertTrue(wrong.message().contains("default_pool_size"));
            bed.pooler.set("default_pool_size", "3");
            assertEquals(3, bed.pooler.settings().defaultPoolSize());
            bed.pooler.reload();
            assertEquals(20, bed.pooler.settings().defaultPoolSize());
        }
    }

    @Test
    void snapshotShowsWhatIsThere() throws IOException {
        try (var bed = bed("default_pool_size=1");
                var one = bed.client("application_name", "shown");
                var two = bed.client()) {
            one.query("BEGIN");
            two.send(new Query("SELECT 2"));
            bed.awaitWaiting(1);
            var seen = bed.pooler.snapshot(BRANCH);
            var pool = seen.pools().getFirst();
            assertEquals(List.of(1, 1, 1), List.of(pool.clientsActive(), pool.clientsWaiting(), pool.serversActive()));
            var server = seen.servers().getFirst();
            assertEquals(PoolerSnapshot.ServerState.ACTIVE, server.state());
            var client = seen.clients().stream()
                    .filter(each -> each.server().isPresent())
                    .findFirst()
                    .orElseThrow();
            assertEquals("shown", client.applicationName());
            assertEquals(server.id(), client.server().orElseThrow());
            assertEquals(client.id(), server.client().orElseThrow());
            assertTrue(client.port() > 0);
            assertEquals(1, seen.databases().getFirst().connections());
            assertEquals(2, seen.users().getFirst().clientConnections());
            assertEquals(2, seen.lists().usedClients());
            one.query("COMMIT");
            assertEquals("2", one(two.readUntilReady()));
            var statistics = bed.pool().statistics();
            assertEquals(3, statistics.serverAssignments());
            assertTrue(statistics.waitNanos() > 0 && statistics.transactionNanos() > 0 && statistics.queryNanos() > 0);
        }
    }
}
