package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ExchangeTest {
    private static TestPostgres postgres;

    @BeforeAll
    static void start() {
        postgres = TestPostgres.start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static TestServerSession session() throws Exception {
        return TestServerSession.open(postgres, "howdah_admin");
    }

    @Test
    void rowsOfAllStatementsAreCollected() throws Exception {
        try (var session = session()) {
            var answer = session.ask("SELECT 1, NULL; SELECT 'a' UNION ALL SELECT 'b'");
            assertEquals(
                    List.of(
                            List.of(Optional.of("1"), Optional.empty()),
                            List.of(Optional.of("a")),
                            List.of(Optional.of("b"))),
                    answer.rows());
            assertTrue(answer.error().isEmpty());
            assertEquals('I', answer.status());
        }
    }

    @Test
    void reportsAndErrorsAndTheTransactionAreTold() throws Exception {
        try (var session = session()) {
            var answer = session.ask("BEGIN; SET timezone TO 'Asia/Tokyo'");
            assertEquals(Map.of("TimeZone", "Asia/Tokyo"), answer.reported());
            assertEquals('T', answer.status());
            var failed = session.ask("SELECT 1/0");
            assertEquals("22012", failed.error().orElseThrow().code());
            assertEquals('E', failed.status());
            assertEquals('I', session.ask("ROLLBACK").status());
        }
    }

    @Test
    void noticesAreIgnoredAndNotificationsKept() throws Exception {
        try (var session = session()) {
            session.ask("LISTEN here");
            var answer = session.ask("DO $$ BEGIN RAISE NOTICE 'x'; END $$; NOTIFY here, 'there'");
            assertEquals('A', answer.notifications().get(0));
            assertTrue(answer.error().isEmpty());
        }
    }

    @Test
    void serverThatTakesTooLongOrSaysTooMuchIsLost() throws Exception {
        try (var session = session()) {
            assertThrows(IOException.class, () -> session.ask("SELECT pg_sleep(60)", Duration.ofMillis(50)));
        }
        try (var session = session()) {
            assertThrows(IOException.class, () -> session.ask("SELECT generate_series(1, 2000)"));
        }
        try (var session = session()) {
            assertThrows(IOException.class, () -> session.ask("SELECT repeat('a', 2000000)"));
        }
    }

    @Test
    void serverThatEndsIsLost() throws Exception {
        try (var session = session()) {
            assertThrows(IOException.class, () -> session.ask("SELECT pg_terminate_backend(pg_backend_pid())"));
        }
    }
}
