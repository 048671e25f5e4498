package dev.howdah.control;

import static dev.howdah.control.TestControl.ALICE;
import static dev.howdah.control.TestControl.LIMIT;
import static dev.howdah.control.TestControl.execute;
import static dev.howdah.control.TestControl.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.SqlState;
import dev.howdah.testkit.Eventually;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class BranchesTest {
    private static TestControl test;

    @BeforeAll
    static void start() throws InterruptedException {
        test = TestControl.start();
    }

    @AfterAll
    static void stop() {
        test.close();
    }

    @AfterEach
    void makeTheServerAvailable() {
        test.servers.available = true;
        test.servers.failure = Optional.empty();
    }

    private static Branches branches() {
        return test.control().branches();
    }

    @Test
    void aReadyBranchHasTheDefaultRoleWithExactlyItsRights() throws Exception {
        var branch = test.readyBranch("rights");

        assertEquals("f t t t t t t", test.postgres.queryOne("""
                        SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolcanlogin, rolreplication, rolbypassrls)
                        FROM pg_roles WHERE rolname = 'postgres'"""));
        assertEquals(
                "",
                test.postgres.queryOne("SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = 'postgres'"));
        assertEquals(
                String.join(",", RoleStatements.PREDEFINED.stream().sorted().toList()), test.postgres.queryOne("""
                        SELECT string_agg(g.rolname, ',' ORDER BY g.rolname COLLATE "C") FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                        WHERE m.member = 'postgres'::regrole AND m.admin_option"""));
        assertTrue(test.clusters.made.contains(branch.id() + " in a,b,c"));
    }

    @Test
    void theDefaultDatabaseIsTheDefaultRolesAndPlatformAndTemplateAreClosed() throws Exception {
        test.readyBranch("databases");
        try (var owner = test.connect("postgres", "postgres")) {
            execute(owner, "CREATE TABLE made_by_owner (id int)");
            execute(owner, "CREATE ROLE plain LOGIN");
            execute(owner, "SELECT count(*) FROM pg_stat_statements");
        }
        test.connect("plain", "postgres").close(); // a role made by plain SQL works at once
        for (var closed : new String[] {"howdah_platform", "template1", "howdah_control"}) {
            var refusal = assertThrows(SQLException.class, () -> test.connect("plain", closed));
            assertEquals("42501", refusal.getSQLState(), closed);
        }
        assertTrue(test.schema.platforms.get() > 0);
    }

    @Test
    void aNewDatabaseHasItsDoorWithinASecondWhateverItWasCopiedFrom() throws Exception {
        test.readyBranch("doors");
        try (var owner = test.connect("postgres", "postgres")) {
            execute(owner, "CREATE DATABASE from_default");
            execute(owner, "CREATE DATABASE \"fro'm \"\"zero\" TEMPLATE template0");
        }
        for (var database : new String[] {"from_default", "fro'm \"zero"}) {
            Eventually.until(Duration.ofSeconds(5), "the door is in " + database, () -> hasDoor(database));
        }
    }

    private static boolean hasDoor(String database) throws SQLException {
        try (var session = test.connect("howdah_admin", database)) {
            return ServerSql.exists(session, "SELECT 1 FROM pg_namespace WHERE nspname = 'door'");
        }
    }

    @Test
    void whatTheOwnerSetsForTheDatabaseDoesNotReachThePlatformsSessions() throws Exception {
        var branch = test.readyBranch("settings");
        try (var owner = test.connect("postgres", "postgres")) {
            execute(owner, "CREATE DATABASE trapped");
            execute(owner, "ALTER DATABASE trapped SET role = 'postgres'");
            execute(owner, "ALTER DATABASE trapped SET search_path = public");
            execute(owner, "ALTER DATABASE trapped SET default_transaction_read_only = on");
            execute(owner, "ALTER DATABASE trapped SET statement_timeout = 1");
        }
        try (var threads = new PlatformThreads("test-")) {
            var sessions = new BranchSessions(test.servers, BranchSessions::overJdbc, Duration.ofSeconds(7), threads);
            var seen = sessions.onPrimary(branch.id(), "trapped", session -> ServerSql.string(session, """
                    SELECT concat_ws('|', current_user, current_setting('search_path'),
                        current_setting('transaction_read_only'), current_setting('statement_timeout'))"""));

            assertEquals(Optional.of("howdah_admin|pg_catalog, pg_temp|off|7s"), seen);
        }
    }

    @Test
    void theProxysObjectsCanBeInstalledAgainAndAgain() throws Exception {
        var branch = test.readyBranch("proxied");
        try (var threads = new PlatformThreads("test-")) {
            var sessions = new BranchSessions(test.servers, BranchSessions::overJdbc, Duration.ofSeconds(10), threads);
            var setup = new BranchSetup(sessions, BranchSchema.ofProxy());
            setup.run(branch.id());
            setup.run(branch.id());
        }
        assertEquals("f", test.postgres.queryOne("SELECT rolsuper FROM pg_roles WHERE rolname = 'howdah_proxy'"));
        test.connect("howdah_proxy", "howdah_platform").close();
        try (var owner = test.connect("postgres", "postgres")) {
            execute(owner, "CREATE DATABASE made_after");
        }
    }

    @Test
    void aNewerProgramBringsReadyBranchesUpToDateOnce() throws Exception {
        test.readyBranch("older");
        test.postgres.execute("ALTER ROLE postgres NOREPLICATION");
        test.postgres.execute("GRANT CONNECT ON DATABASE template1 TO PUBLIC");
        try (var owner = test.connect("howdah_admin", "postgres")) {
            execute(owner, "DROP EXTENSION IF EXISTS pg_stat_statements"); // the customer's decision
        }
        test.schema.version = "2";
        var before = test.schema.platforms.get();

        test.restart();

        Eventually.until(LIMIT, "the platform's objects are renewed", () -> test.schema.platforms.get() > before);
        Eventually.until(
                LIMIT,
                "the default role has its rights",
                () -> test.postgres
                        .queryOne("SELECT rolreplication FROM pg_roles WHERE rolname = 'postgres'")
                        .equals("t"));
        Eventually.until(LIMIT, "it is noted", () -> test.postgres.queryOne("""
                                SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'howdah_platform'""").startsWith("howdah setup "));
        assertTrue(test.postgres
                .queryFirst("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")
                .isEmpty());
        var after = settledPlatforms();

        test.restart();
        try (var owner = test.connect("postgres", "postgres")) {
            execute(owner, "CREATE DATABASE after_the_update TEMPLATE template0");
        }
        Eventually.until(LIMIT, "a round is over", () -> hasDoor("after_the_update"));

        assertEquals(after, test.schema.platforms.get());
        try (var session = test.connect("howdah_admin", "postgres")) {
            execute(session, "CREATE EXTENSION pg_stat_statements WITH SCHEMA public");
        }
    }

    /** All branches of this test live on one server and see each other's mark; those that began together all finish. */
    private static int settledPlatforms() throws SQLException {
        try (var owner = test.connect("postgres", "postgres")) {
            execute(owner, "CREATE DATABASE before_the_count TEMPLATE template0");
        }
        Eventually.until(LIMIT, "a round is over", () -> hasDoor("before_the_count"));
        return test.schema.platforms.get();
    }

    @Test
    void aBranchBeingMadeIsFinishedByTheNextJob() throws Exception {
        test.servers.available = false;
        var project = test.control().projects().create(ALICE, "durable");
        var branch = branches().create(ALICE, project.id().value(), "dev", BranchKind.DEVELOPMENT);
        Eventually.until(
                LIMIT,
                "its progress is shown",
                () -> branches().find(branch.id()).reason().contains("10 %"));
        assertEquals(BranchState.CREATING, branches().find(branch.id()).state());
        refused(SqlState.CANNOT_CONNECT_NOW, () -> branches().awaitReady(branch.id(), Duration.ofMillis(50)));
        refused(SqlState.CANNOT_CONNECT_NOW, () -> test.control().roles().resetDefault(ALICE, branch.id()));

        test.restart();
        test.servers.available = true;

        assertEquals(
                BranchState.READY, branches().awaitReady(branch.id(), LIMIT).state());
        assertTrue(test.clusters.made.contains(branch.id() + " in a"));
    }

    @Test
    void aBranchWhoseInstanceFailsSaysWhyAndRecovers() throws Exception {
        test.servers.available = false;
        test.servers.failure = Optional.of("no space left on device");
        var project = test.control().projects().create(ALICE, "full");
        var branch = branches().create(ALICE, project.name(), "dev", BranchKind.DEVELOPMENT);
        Eventually.until(
                LIMIT, "it has failed", () -> branches().find(branch.id()).state() == BranchState.FAILED);
        assertTrue(branches().find(branch.id()).reason().contains("no space left on device"));

        makeTheServerAvailable();

        assertEquals("", branches().awaitReady(branch.id(), LIMIT).reason());
    }

    @Test
    void mainAndTheLastProductionBranchNeedTheirNameToBeDeleted() throws Exception {
        test.control().projects().create(ALICE, "careful");
        branches().create(ALICE, "careful", "live", BranchKind.PRODUCTION);
        branches().create(ALICE, "careful", "dev", BranchKind.DEVELOPMENT);

        refused(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, () -> delete("main", ""));
        refused(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, () -> delete("main", "live"));
        delete("main", "main");
        refused(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, () -> delete("live", ""));
        delete("dev", "");
        delete("live", "live");

        Eventually.until(
                LIMIT,
                "all are gone",
                () -> branches().list("careful", PageRequest.FIRST).items().isEmpty());
        branches().create(ALICE, "careful", "main", BranchKind.DEVELOPMENT);
    }

    private static void delete(String name, String confirmation) {
        branches().delete(ALICE, "careful", name, Optional.of(confirmation).filter(c -> !c.isEmpty()));
    }

    @Test
    void namesFollowTheRuleAndAreUniquePerProject() {
        test.control().projects().create(ALICE, "one");
        test.control().projects().create(ALICE, "two");
        branches().create(ALICE, "one", "experimental", BranchKind.DEVELOPMENT);
        branches().create(ALICE, "two", "experimental", BranchKind.DEVELOPMENT);

        refused(
                SqlState.DUPLICATE_OBJECT,
                () -> branches().create(ALICE, "one", "experimental", BranchKind.PRODUCTION));
        refused(SqlState.INVALID_NAME, () -> branches().create(ALICE, "one", "x'; --", BranchKind.DEVELOPMENT));
        refused(SqlState.UNDEFINED_OBJECT, () -> branches().create(ALICE, "three", "x", BranchKind.DEVELOPMENT));
        refused(SqlState.UNDEFINED_OBJECT, () -> branches().create(ALICE, "hd_00000000", "x", BranchKind.DEVELOPMENT));
        refused(SqlState.UNDEFINED_OBJECT, () -> branches().find("two", "ex\0perimental"));
        var first = branches().find("one", "experimental");
        refused(
                SqlState.UNDEFINED_OBJECT,
                () -> branches().find("two", first.id().value()));
        refused(
                SqlState.DUPLICATE_OBJECT,
                () -> branches().create(ALICE, "two", first.id().value(), BranchKind.DEVELOPMENT));
        assertFalse(branches().find("one", first.id().value()).name().isEmpty());
    }
}
