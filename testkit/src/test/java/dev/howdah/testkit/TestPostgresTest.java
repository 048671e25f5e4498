package dev.howdah.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TestPostgresTest {
    @Test
    void aTestCanBeEveryRoleItAskedFor() throws Exception {
        try (var postgres = TestPostgres.start(TestPostgres.Options.DEFAULT
                        .withRoles("app", "odd \"name\"")
                        .withPlatform());
                var app = postgres.connect("app", "postgres");
                var odd = postgres.connect("odd \"name\"", "postgres");
                var owner = postgres.connect("postgres", "postgres")) {
            assertEquals(
                    "app",
                    app.createStatement()
                            .executeQuery("SELECT 1")
                            .getStatement()
                            .getConnection()
                            .getMetaData()
                            .getUserName());
            assertTrue(odd.isValid(1));
            owner.createStatement().execute("CREATE TABLE mine ()");
            assertThrows(SQLException.class, () -> postgres.connect("app", "howdah_platform"));
        }
    }

    @Test
    void closeLeavesNoProcessAndNoFile() throws Exception {
        var postgres = TestPostgres.start();
        var directory = postgres.dataDirectory().resolveSibling(".").normalize();
        var processes = ProcessHandle.of(postgres.server().pid())
                .orElseThrow()
                .descendants()
                .toList();
        assertFalse(processes.isEmpty());

        postgres.close();

        assertFalse(Files.exists(directory));
        Eventually.until(
                Duration.ofSeconds(5),
                "all processes have ended",
                () -> processes.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void committedRowsSurviveTheDeathOfAllProcesses() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.execute("CREATE TABLE kept AS SELECT 42 AS answer");

            postgres.killEverything();
            postgres.startAgain();

            assertEquals("42", postgres.queryOne("SELECT answer FROM kept"));
        }
    }

    @Test
    void aStandbyStreamsAndIsPromoted() throws Exception {
        try (var primary = TestPostgres.start();
                var standby = TestPostgres.standbyOf(primary)) {
            primary.execute("CREATE TABLE streamed AS SELECT 7 AS number");
            Eventually.until(
                    Duration.ofSeconds(10),
                    "the row is on the standby",
                    () -> standby.queryOne("SELECT number FROM streamed").equals("7"));
            assertThrows(SQLException.class, () -> standby.execute("DELETE FROM streamed"));

            standby.server().promote(Duration.ofSeconds(20));

            standby.execute("DELETE FROM streamed");
            standby.server().promote(Duration.ofSeconds(1)); // of a primary: nothing to do
            assertEquals("f", standby.queryOne("SELECT pg_is_in_recovery()"));
        }
    }

    @Test
    void randomNumbersComeBackWithTheirSeed() {
        var first = SeededRandom.create();
        assertEquals(first.nextLong(), SeededRandom.of(first.seed()).nextLong());
    }

    @Test
    void waitingForWhatNeverHappensNamesIt() {
        var failure = assertThrows(
                AssertionError.class, () -> Eventually.until(Duration.ofMillis(20), "pigs fly", () -> false));
        assertTrue(failure.toString().contains("pigs fly"));
    }

    @Test
    void theClockMovesOnlyWhenTold() {
        var clock = new TestClock();
        var start = clock.instant();
        assertEquals(start, clock.instant());
        clock.advance(Duration.ofHours(1));
        assertEquals(start.plusSeconds(3600), clock.instant());
    }
}
