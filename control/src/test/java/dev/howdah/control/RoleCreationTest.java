package dev.howdah.control;

import static dev.howdah.control.TestControl.ALICE;
import static dev.howdah.control.TestControl.LIMIT;
import static dev.howdah.control.TestControl.execute;
import static dev.howdah.control.TestControl.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.SqlState;
import dev.howdah.testkit.Eventually;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Roles whose making was cut short between the two databases. */
final class RoleCreationTest {
    private static TestControl test;
    private static BranchId branch;

    @BeforeAll
    static void start() throws InterruptedException {
        test = TestControl.start();
        branch = test.readyBranch("halves").id();
    }

    @AfterAll
    static void stop() {
        test.close();
    }

    private static Roles roles() {
        return test.control().roles();
    }

    /** What a job leaves in the control database that ends right after the first step. */
    private static void intent(String id, String name, String purpose) throws SQLException {
        try (var session = test.connect("howdah_admin", ControlDatabase.NAME)) {
            execute(session, """
                    INSERT INTO branch_role (id, branch, name, label, purpose, created_at, creating)
                    VALUES ('%s', '%s', '%s', 'x', '%s', now() - interval '1 hour', true)""".formatted(id, branch, name, purpose));
        }
    }

    private static void onServer(String id, String name) throws SQLException {
        test.postgres.execute("CREATE ROLE %s LOGIN PASSWORD 'lost'".formatted(name));
        test.postgres.execute("COMMENT ON ROLE %s IS 'made by Howdah as %s'".formatted(name, id));
    }

    private static boolean existsOnServer(String role) throws SQLException {
        return test.postgres
                .queryFirst("SELECT 1 FROM pg_roles WHERE rolname = '%s'".formatted(role))
                .isPresent();
    }

    private static long intents() throws SQLException {
        try (var session = test.connect("howdah_admin", ControlDatabase.NAME)) {
            return Long.parseLong(ServerSql.string(session, "SELECT count(*) FROM branch_role WHERE creating")
                    .orElseThrow());
        }
    }

    @Test
    void aRoleThatWasMadeWhenTheJobEndedIsTakenAwayAndItsNameIsFree() throws Exception {
        onServer("role_aaaaaaaaaaaa", "half");
        intent("role_aaaaaaaaaaaa", "half", "");

        Eventually.until(LIMIT, "it is gone", () -> !existsOnServer("half"));
        Eventually.until(LIMIT, "its intent is gone", () -> intents() == 0);

        assertTrue(roles().create(ALICE, branch, NewRole.named("half")).role().ready());
        assertEquals(Optional.empty(), test.control().audit().verify());
    }

    @Test
    void anIntentWhoseRoleWasNeverMadeIsForgottenAndSomebodyElsesRoleIsLeftAlone() throws Exception {
        test.postgres.execute("CREATE ROLE theirs LOGIN");
        intent("role_bbbbbbbbbbbb", "theirs", "");
        intent("role_cccccccccccc", "nobodys", "");

        Eventually.until(LIMIT, "the intents are gone", () -> intents() == 0);

        assertTrue(existsOnServer("theirs"));
        assertFalse(roles().find(branch, "theirs").managed());
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().find(branch, "nobodys"));
    }

    @Test
    void aHalfMadeRoleThatSomethingRefersToIsKeptAndCanBeReset() throws Exception {
        onServer("role_dddddddddddd", "wanted");
        test.postgres.execute("CREATE SCHEMA wanted_schema AUTHORIZATION wanted");
        intent("role_dddddddddddd", "wanted", "");

        Eventually.until(LIMIT, "it has become a role", () -> intents() == 0);

        assertTrue(roles().find(branch, "wanted").managed());
        roles().reset(ALICE, branch, "wanted");
        roles().delete(ALICE, branch, "wanted", Optional.of("postgres"));
    }

    @Test
    void aHalfMadeTemporaryRoleDoesNotStandInTheWayOfTheNext() throws Exception {
        onServer("role_eeeeeeeeeeee", "env_x_000000");
        intent("role_eeeeeeeeeeee", "env_x_000000", "env:x");

        var made = roles().temporary(ALICE, branch, "env:x", Optional.empty());

        assertTrue(made.role().ready());
        assertFalse(existsOnServer("env_x_000000"));
    }

    @Test
    void theIntentIsKnownBeforeTheServerIsAskedAndAFailureLeavesNothing() throws Exception {
        try (var blocker = test.connect("howdah_admin", "postgres");
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            blocker.setAutoCommit(false);
            execute(blocker, "LOCK TABLE pg_authid IN SHARE MODE");
            var made = threads.submit(() -> roles().create(ALICE, branch, NewRole.named("waiting")));
            Eventually.until(LIMIT, "the intent is there", () -> intents() == 1);

            assertFalse(roles().find(branch, "waiting").ready());
            refused(SqlState.DUPLICATE_OBJECT, () -> roles().create(ALICE, branch, NewRole.named("waiting")));
            blocker.rollback();

            assertTrue(made.get().role().ready());
        }
        test.postgres.execute("CREATE ROLE in_the_way");
        refused(SqlState.DUPLICATE_OBJECT, () -> roles().create(ALICE, branch, NewRole.named("in_the_way")));
        test.postgres.execute("DROP ROLE in_the_way");
        assertEquals(0, intents());
        roles().create(ALICE, branch, NewRole.named("in_the_way"));
    }

    @Test
    void anIntentThatIsStillFreshIsLeftToItsMaker() throws Exception {
        try (var session = test.connect("howdah_admin", ControlDatabase.NAME)) {
            execute(session, """
                    INSERT INTO branch_role (id, branch, name, label, created_at, creating)
                    VALUES ('role_ffffffffffff', '%s', 'fresh', 'x', '%s', true)""".formatted(branch, test.clock.instant()));
        }
        refused(SqlState.OBJECT_IN_USE, () -> roles().delete(ALICE, branch, "fresh", Optional.empty()));
        assertFalse(roles().find(branch, "fresh").ready());

        test.clock.advance(Duration.ofSeconds(11));

        Eventually.until(LIMIT, "it is forgotten", () -> intents() == 0);
    }
}
