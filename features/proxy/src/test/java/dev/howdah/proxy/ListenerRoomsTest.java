package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.error;
import static dev.howdah.proxy.PoolBed.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage.NotificationResponse;
import dev.howdah.wire.FrontendMessage.Query;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shared connections that listen count against their branch's budget, and take from it what harms least. */
class ListenerRoomsTest {
    private static final String NO_ROOM =
            "ERROR 53300 LISTEN is not possible now: no server connection of the branch is free for it (limit 1)";

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

    private static PoolBed bed(String... more) {
        var settings = new ArrayList<>(List.of("branch_connection_budget=4"));
        settings.addAll(List.of(more));
        return PoolBed.inFrontOf(postgres.address(), settings.toArray(String[]::new));
    }

    private static List<RawClient> inTransactions(PoolBed bed, int number) throws IOException {
        var clients = new ArrayList<RawClient>();
        for (var i = 0; i < number; i++) {
            clients.add(bed.client());
            clients.getLast().query("BEGIN");
        }
        return clients;
    }

    private static void close(List<RawClient> clients) throws IOException {
        PoolBed.close(clients.toArray(RawClient[]::new));
    }

    private static int connections() throws SQLException {
        return Integer.parseInt(postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"));
    }

    private static void assertHears(RawClient listener, RawClient other) throws IOException {
        other.query("NOTIFY news, 'now'");
        assertEquals("now", ((NotificationResponse) listener.read()).payload());
    }

    @Test
    void idleConnectionMakesRoomForOneThatListens() throws Exception {
        try (var bed = bed();
                var listener = bed.client()) {
            var clients = inTransactions(bed, 4);
            for (var client : clients) {
                client.query("COMMIT");
            }
            assertEquals(4, connections());
            assertEquals(List.of("LISTEN"), RawClient.tags(listener.query("LISTEN news")));
            assertEquals(4, connections());
            var pool = bed.pool();
            assertEquals(
                    List.of(3, 1, 1), List.of(pool.serversIdle(), pool.serversListening(), pool.clientsListening()));
            var shown = bed.pooler.snapshot().servers().stream()
                    .filter(server -> server.state() == PoolerSnapshot.ServerState.LISTENING)
                    .toList();
            assertEquals(1, shown.size());
            assertEquals(
                    Integer.toString(shown.getFirst().processId()),
                    postgres.queryOne("SELECT pid FROM pg_stat_activity WHERE application_name = 'howdah listener'"));
            assertHears(listener, clients.getFirst());
            close(clients);
        }
    }

    @Test
    void connectionThatIsGivenBackGoesToListenerBeforeClientsThatWait() throws Exception {
        try (var bed = bed();
                var listener = bed.client();
                var other = bed.client()) {
            listener.query("BEGIN");
            var clients = inTransactions(bed, 3);
            other.send(new Query("SELECT 'late'"));
            bed.awaitWaiting(1);
            listener.send(new Query("LISTEN news"));
            clients.getFirst().query("SELECT pg_sleep(0.1)");
            clients.getFirst().query("COMMIT");
            assertEquals(List.of("LISTEN"), RawClient.tags(listener.readUntilReady()));
            assertEquals(4, connections());
            assertEquals(1, bed.pool().clientsWaiting());
            listener.query("COMMIT");
            assertEquals("late", one(other.readUntilReady()));
            assertHears(listener, other);
            close(clients);
        }
    }

    @Test
    void listenThatFindsNoRoomInTimeFailsAndItsSessionGoesOn() throws Exception {
        try (var bed = bed("query_wait_timeout=0.3");
                var listener = bed.client()) {
            listener.query("BEGIN");
            var clients = inTransactions(bed, 3);
            assertEquals(NO_ROOM, error(listener.query("LISTEN news")));
            listener.query("ROLLBACK");
            assertEquals("1", one(listener.query("SELECT 1")));
            clients.getFirst().query("COMMIT");
            assertEquals(List.of("LISTEN", "LISTEN"), RawClient.tags(listener.query("LISTEN news; LISTEN more")));
            close(clients);
        }
    }

    @Test
    void noMoreThanAQuarterOfTheBudgetListens() throws Exception {
        try (var bed = bed();
                var first = bed.client();
                var second = bed.clientOf("app", "second")) {
            assertEquals(List.of("LISTEN"), RawClient.tags(first.query("LISTEN news")));
            assertEquals(NO_ROOM, error(second.query("LISTEN news; LISTEN more")));
            assertEquals("1", one(second.query("SELECT 1")));
            first.query("UNLISTEN *");
            Eventually.until(
                    PoolBed.SOON,
                    "there is room again",
                    () -> RawClient.tags(second.query("LISTEN news")).equals(List.of("LISTEN")));
            assertTrue(connections() <= 4);
        }
    }
}
