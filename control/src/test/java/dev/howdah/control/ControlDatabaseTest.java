package dev.howdah.control;

import static dev.howdah.control.TestControl.ALICE;
import static dev.howdah.control.TestControl.LIMIT;
import static dev.howdah.control.TestControl.execute;
import static dev.howdah.control.TestControl.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.postgres.StopMode;
import dev.howdah.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

final class ControlDatabaseTest {
    @Test
    void whileTheControlDatabaseIsAwayCallsSaySoAndAllGoesOnAfterwards() throws Exception {
        try (var test = TestControl.start()) {
            var control = test.control();
            var branch = new BranchId("abcdefghijkl");
            var token = control.tokens().create(ALICE, "known", Optional.empty(), Access.READ);
            control.tokens().authenticate(token.secret(), "");
            var unknown = token.secret().replaceFirst(".$", "_");
            test.postgres.stop(StopMode.IMMEDIATE);

            var refusal = refused(
                    SqlState.CANNOT_CONNECT_NOW, () -> control.projects().find("x"));
            assertTrue(refusal.message().startsWith("the control database cannot be reached: "));
            assertTrue(refusal.hint().isPresent());
            assertEquals(
                    "known", control.tokens().authenticate(token.secret(), "").name());
            refused(
                    SqlState.INVALID_AUTHORIZATION_SPECIFICATION,
                    () -> control.tokens().authenticate(unknown, ""));
            for (var i = 1; i <= 7; i++) { // five are kept
                control.events().offer(branch, BranchEvent.Severity.INFO, "test", "number " + i);
            }

            test.postgres.startAgain();
            Eventually.until(
                    LIMIT,
                    "the newest events are written",
                    () -> control.events()
                                    .list(Optional.of(branch), PageRequest.FIRST)
                                    .items()
                                    .size()
                            == 5);
            assertEquals(
                    "number 7",
                    control.events()
                            .list(Optional.of(branch), PageRequest.FIRST)
                            .items()
                            .getFirst()
                            .message());
            assertEquals(2, control.events().dropped());
            control.projects().create(ALICE, "after");
            assertEquals(Optional.empty(), control.audit().verify());
        }
    }

    @Test
    void aSchemaOfANewerProgramIsRefusedAndLeftAlone() throws Exception {
        try (var test = TestControl.start()) {
            try (var session = test.connect("howdah_admin", ControlDatabase.NAME)) {
                execute(session, """
                        INSERT INTO flyway_schema_history
                            (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
                        VALUES (99, '9000', 'from the future', 'SQL', 'V9000__from_the_future.sql', 1, 'x', 1, true)""");
            }
            try (var older = test.startControl()) {
                var refusal = refused(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, () -> older.awaitOpen(LIMIT));

                assertTrue(refusal.message().contains("newer Howdah"), refusal.message());
                assertTrue(refusal.message().contains("9000"));
                assertFalse(older.isOpen());
                refused(
                        SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                        () -> older.projects().find("x"));
            }
        }
    }

    @Test
    void aJobThatStartsBeforeItsDatabaseWaitsForIt() throws Exception {
        try (var test = TestControl.start()) {
            test.postgres.stop(StopMode.FAST);
            try (var early = test.startControl()) {
                refused(SqlState.CANNOT_CONNECT_NOW, () -> early.awaitOpen(Duration.ofMillis(50)));
                refused(SqlState.CANNOT_CONNECT_NOW, () -> early.ensureFirstProject());

                test.postgres.startAgain();
                early.awaitOpen(LIMIT);

                assertEquals("default", early.ensureFirstProject().name());
            }
        }
    }

    @Test
    void onceItIsKnownToBeAwayCallsAreRefusedAtOnceAndItIsNoticedWhenItIsBack() throws Exception {
        try (var test = TestControl.start()) {
            var control = test.control();
            test.postgres.stop(StopMode.IMMEDIATE);
            refused(SqlState.CANNOT_CONNECT_NOW, () -> control.projects().find("x"));

            var start = System.nanoTime();
            for (var i = 0; i < 50; i++) {
                refused(SqlState.CANNOT_CONNECT_NOW, () -> control.projects().find("x"));
            }
            var taken = Duration.ofNanos(System.nanoTime() - start);

            assertTrue(taken.compareTo(Duration.ofSeconds(1)) < 0, "50 refusals took " + taken);
            assertTrue(control.isOpen());
            test.postgres.startAgain();
            Eventually.until(LIMIT, "it is used again", () -> isReachable(control));
        }
    }

    private static boolean isReachable(ControlPlane control) {
        try {
            control.ensureFirstProject();
            return true;
        } catch (PlatformException e) {
            assertEquals(SqlState.CANNOT_CONNECT_NOW, e.state());
            return false;
        }
    }

    @Test
    void closingWhileItsDatabaseIsAwayLeavesNoThreadWithAnUncaughtFailure() throws Exception {
        var uncaught = new ConcurrentLinkedQueue<String>();
        var before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> uncaught.add(thread + ": " + failure));
        try (var test = TestControl.start()) {
            test.readyBranch("busy");
            test.postgres.stop(StopMode.IMMEDIATE);
            var calls = new ArrayList<Thread>();
            for (var i = 0; i < 8; i++) {
                calls.add(Thread.ofVirtual().name("call-" + i).start(() -> callUntilClosed(test.control())));
            }
            test.control().close();
            for (var call : calls) {
                call.interrupt();
                call.join();
            }
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        assertEquals(List.of(), List.copyOf(uncaught));
    }

    private static void callUntilClosed(ControlPlane control) {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                control.projects().find("x");
            } catch (PlatformException e) {
                assertTrue(e.state() == SqlState.CANNOT_CONNECT_NOW
                        || e.state() == SqlState.TRANSACTION_RESOLUTION_UNKNOWN);
            }
        }
    }
}
