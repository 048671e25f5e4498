package dev.howdah.control;

import static dev.howdah.control.TestControl.ALICE;
import static dev.howdah.control.TestControl.LIMIT;
import static dev.howdah.control.TestControl.execute;
import static dev.howdah.control.TestControl.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.testkit.Eventually;
import dev.howdah.wire.ScramVerifier;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RolesTest {
    private static TestControl test;
    private static BranchId branch;

    @BeforeAll
    static void start() throws InterruptedException {
        test = TestControl.start();
        branch = test.readyBranch("roles").id();
    }

    @AfterAll
    static void stop() {
        test.close();
    }

    private static Roles roles() {
        return test.control().roles();
    }

    private static RoleWithPassword create(String name, String... inherited) {
        return roles().create(ALICE, branch, NewRole.named(name, inherited));
    }

    private static RoleWithPassword expiring(String name) {
        var ttl = Duration.ofHours(1);
        return roles().create(ALICE, branch, new NewRole(Optional.of(name), List.of(), false, ttl, Optional.empty()));
    }

    private static ScramVerifier verifier(String role) throws SQLException {
        return ScramVerifier.parse(test.postgres.queryOne(
                        "SELECT rolpassword FROM pg_authid WHERE rolname = '%s'".formatted(role)))
                .orElseThrow();
    }

    private static boolean existsOnServer(String role) throws SQLException {
        return test.postgres
                .queryFirst("SELECT 1 FROM pg_roles WHERE rolname = '%s'".formatted(role))
                .isPresent();
    }

    private static boolean isOpen(Connection connection) {
        try {
            execute(connection, "SELECT 1");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    @Test
    void resettingTheDefaultRoleGivesAPasswordOnceAndEndsItsSessions() throws Exception {
        var first = roles().resetDefault(ALICE, branch);
        assertTrue(first.password().matches("howdah_pw_[0-9A-Za-z]{32}"));
        assertTrue(verifier("postgres").matches(first.password()));
        try (var session = test.connect("postgres", "postgres")) {
            execute(session, "SELECT 1");
            test.proxy.closed.clear();

            var second = roles().resetDefault(ALICE, branch);

            assertFalse(isOpen(session));
            assertEquals(List.of("postgres." + branch), test.proxy.closed);
            assertTrue(test.proxy.invalidated.contains("postgres." + branch));
            assertTrue(verifier("postgres").matches(second.password()));
            assertFalse(verifier("postgres").matches(first.password()));
        }
    }

    @Test
    void passwordsAreNowhereInTheControlDatabaseAndNotInToString() throws Exception {
        var made = create("secretive");

        assertFalse(made.toString().contains(made.password()));
        try (var session = test.connect("howdah_admin", ControlDatabase.NAME)) {
            for (var table :
                    ServerSql.strings(session, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")) {
                var rows =
                        String.join("\n", ServerSql.strings(session, "SELECT t::text FROM public.\"" + table + "\" t"));
                assertFalse(rows.contains(made.password()), table);
            }
        }
        assertEquals(
                "0", test.postgres.queryOne("SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%SCRAM-SHA%'"));
    }

    @Test
    void aRoleHasTheRightsItInheritsAndNoOthers() throws Exception {
        create("reader", "pg_read_all_data", "pg_read_all_data");
        var strong = roles().create(
                        ALICE,
                        branch,
                        new NewRole(
                                Optional.of("strong"),
                                List.of("postgres"),
                                true,
                                Duration.ZERO,
                                Optional.of("The strong one")));

        assertEquals("f f f t t f f", attributes("reader"));
        assertEquals("pg_read_all_data", memberships("reader"));
        assertEquals("f f f t t t f", attributes("strong"));
        assertEquals("postgres", memberships("strong"));
        assertEquals("The strong one", strong.role().label());
        assertEquals("strong." + branch, strong.role().username());
        assertTrue(strong.role().ready());
    }

    private static String attributes(String role) throws SQLException {
        return test.postgres.queryOne("""
                SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolcanlogin, rolreplication, rolbypassrls)
                FROM pg_roles WHERE rolname = '%s'""".formatted(role));
    }

    private static String memberships(String role) throws SQLException {
        return test.postgres.queryOne("""
                SELECT string_agg(roleid::regrole::text, ',') FROM pg_auth_members WHERE member = '%s'::regrole""".formatted(role));
    }

    @Test
    void rightsThatCannotBeInheritedAreRefused() {
        for (var wrong :
                List.of("howdah_admin", "pg_write_server_files", "pg_execute_server_program", "roles\"; --", "")) {
            refused(SqlState.INVALID_PARAMETER_VALUE, () -> create("ambitious", wrong));
        }
        refused(
                SqlState.INVALID_PARAMETER_VALUE,
                () -> roles().create(
                                ALICE,
                                branch,
                                new NewRole(
                                        Optional.of("ambitious"),
                                        List.of("pg_monitor"),
                                        true,
                                        Duration.ZERO,
                                        Optional.empty())));
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().find(branch, "ambitious"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Upper",
                "a b",
                "x\" SUPERUSER; --",
                "x'; DROP ROLE postgres; --",
                "r\u00f6le",
                "a\u0000b",
                "a\nb",
                "a|replica",
                "1digit",
                "a234567890123456789012345678901234567890123456789012345678901234"
            })
    void namesOutsideTheRuleAreRefused(String name) {
        refused(SqlState.INVALID_NAME, () -> create(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"howdah_admin", "HOWDAH_x", "howdah_", "pg_monitor", "Pg_x", "public", "none", "PUBLIC", "NoNe"})
    void reservedNamesAreRefused(String name) {
        refused(SqlState.RESERVED_NAME, () -> create(name));
    }

    @Test
    void namesThatNeedQuotingInSqlWork() {
        for (var name : List.of("select", "a.b-c_d", "user", "current_user", "x.y.")) {
            create(name);
            assertEquals(name, roles().find(branch, name + "." + branch).name());
            roles().delete(ALICE, branch, name, Optional.empty());
        }
    }

    @Test
    void aGeneratedNameIsUsedWhereNoneIsGiven() {
        var wanted = new NewRole(Optional.empty(), List.of(), false, Duration.ZERO, Optional.empty());
        var role = roles().create(ALICE, branch, wanted).role();

        assertTrue(role.name().matches("role_[a-z0-9]{8}"));
        assertEquals(role.name(), role.label());
    }

    @Test
    void ofTwoCreatesWithOneNameAtTheSameTimeOneIsRefused() throws Exception {
        var outcomes = new ArrayList<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<String> create = () -> {
                try {
                    return create("twin").role().name();
                } catch (PlatformException e) {
                    return e.state().name();
                }
            };
            for (var outcome : threads.invokeAll(List.of(create, create, create))) {
                outcomes.add(outcome.get());
            }
        }
        outcomes.sort(null);

        assertEquals(List.of("DUPLICATE_OBJECT", "DUPLICATE_OBJECT", "twin"), outcomes);
    }

    @Test
    void aRoleMadeBySqlIsShownAndLeftAlone() throws Exception {
        test.postgres.execute("CREATE ROLE \"by \"\"SQL\" LOGIN PASSWORD 'x'");

        var shown = roles().find(branch, "by \"SQL");
        assertFalse(shown.managed());
        assertTrue(shown.ready());
        assertTrue(roles().list(branch, PageRequest.largest()).items().contains(shown));
        refused(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, () -> roles().reset(ALICE, branch, "by \"SQL"));
        refused(SqlState.DUPLICATE_OBJECT, () -> {
            test.postgres.execute("CREATE ROLE taken");
            create("taken");
        });
        for (var platform : List.of("howdah_admin", "howdah_replicator", "pg_monitor")) {
            refused(SqlState.UNDEFINED_OBJECT, () -> roles().find(branch, platform));
            refused(SqlState.UNDEFINED_OBJECT, () -> roles().delete(ALICE, branch, platform, Optional.empty()));
        }
    }

    @Test
    void rolesAreListedByNameInPages() {
        create("page_a");
        create("page_b");
        var all = roles().list(branch, PageRequest.largest()).items();
        var first = roles().list(branch, new PageRequest(1, Optional.empty()));
        var second = roles().list(branch, new PageRequest(200, first.nextCursor()));

        assertEquals(all.getFirst(), first.items().getFirst());
        assertEquals(all.subList(1, all.size()), second.items());
        assertTrue(all.stream().anyMatch(role -> role.isDefault() && role.name().equals("postgres")));
        assertTrue(all.stream().noneMatch(role -> role.name().startsWith("howdah_")));
    }

    @Test
    void resettingARoleReplacesItsPasswordAndEndsItsSessions() throws Exception {
        var made = create("changing");
        try (var session = test.connect("changing", "postgres")) {
            var reset = roles().reset(ALICE, branch, made.role().id());

            assertNotEquals(made.password(), reset.password());
            assertTrue(verifier("changing").matches(reset.password()));
            assertFalse(isOpen(session));
        }
    }

    @Test
    void renamingChangesTheLabelOnly() {
        create("labelled");

        var renamed = roles().rename(ALICE, branch, "labelled", "Nightly \"job\" \u2713");

        assertEquals("labelled", renamed.name());
        assertEquals("Nightly \"job\" \u2713", renamed.label());
        refused(SqlState.INVALID_NAME, () -> roles().rename(ALICE, branch, "labelled", " "));
        refused(SqlState.INVALID_NAME, () -> roles().rename(ALICE, branch, "labelled", "a\0b"));
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().rename(ALICE, branch, "nobody", "x"));
    }

    @Test
    void aRoleThatOwnsSomethingIsDeletedOnlyWithASuccessor() throws Exception {
        test.postgres.execute("CREATE DATABASE \"second \"\"db\"");
        create("owner", "postgres");
        try (var here = test.connect("owner", "postgres");
                var there = test.connect("owner", "second \"db")) {
            execute(here, "CREATE SCHEMA owned_here CREATE TABLE kept (id int)");
            test.postgres.execute("GRANT CREATE ON DATABASE \"second \"\"db\" TO owner");
            execute(there, "CREATE SCHEMA owned_there CREATE TABLE kept (id int)");
        }
        test.postgres.execute("ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT SELECT ON TABLES TO reader_of_owner"
                .replace("reader_of_owner", "postgres"));

        var refusal = refused(
                SqlState.DEPENDENT_OBJECTS_STILL_EXIST, () -> roles().delete(ALICE, branch, "owner", Optional.empty()));
        assertTrue(
                refusal.message().startsWith("Role is still referenced and cannot be dropped.\n"), refusal.message());
        assertTrue(refusal.message().contains("owned_here"), refusal.message());
        test.connect("owner", "postgres").close(); // nothing has changed

        refused(SqlState.UNDEFINED_OBJECT, () -> roles().delete(ALICE, branch, "owner", Optional.of("nobody")));
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().delete(ALICE, branch, "owner", Optional.of("howdah_admin")));
        refused(SqlState.INVALID_PARAMETER_VALUE, () -> roles().delete(ALICE, branch, "owner", Optional.of("owner")));

        roles().delete(ALICE, branch, "owner", Optional.of("postgres." + branch));

        assertFalse(existsOnServer("owner"));
        assertEquals(
                "postgres",
                test.postgres.queryOne(
                        "SELECT relowner::regrole FROM pg_class WHERE oid = 'owned_here.kept'::regclass"));
        try (var there = test.connect("howdah_admin", "second \"db")) {
            assertEquals(
                    List.of("postgres"),
                    ServerSql.strings(
                            there, "SELECT relowner::regrole FROM pg_class WHERE oid = 'owned_there.kept'::regclass"));
        }
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().find(branch, "owner"));
    }

    @Test
    void deletingARoleEndsItsSessions() throws Exception {
        create("leaving");
        try (var session = test.connect("leaving", "postgres")) {
            roles().delete(ALICE, branch, "leaving", Optional.empty());

            assertFalse(isOpen(session));
        }
        create("leaving"); // its name is free again
    }

    @Test
    void theDefaultRoleIsNotDeletedAndDoesNotExpire() {
        refused(
                SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                () -> roles().delete(ALICE, branch, "postgres", Optional.of("reader")));
        refused(
                SqlState.INVALID_PARAMETER_VALUE,
                () -> roles().renew(ALICE, branch, "postgres", Optional.of(Duration.ofHours(1))));
    }

    @Test
    void reassigningLeavesTheRoleWithNothing() throws Exception {
        create("giver", "postgres");
        create("taker");
        try (var session = test.connect("giver", "postgres")) {
            execute(session, "CREATE SCHEMA gift");
        }

        roles().reassign(ALICE, branch, "giver", "taker");

        assertEquals(
                "taker", test.postgres.queryOne("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'gift'"));
        roles().delete(ALICE, branch, "giver", Optional.empty());
    }

    @Test
    void aTimeToLiveOutsideItsBoundsIsRefused() {
        for (var wrong : List.of(Duration.ofMillis(500), Duration.ofSeconds(-1), Duration.ofDays(3651))) {
            refused(
                    SqlState.INVALID_PARAMETER_VALUE,
                    () -> roles().create(
                                    ALICE,
                                    branch,
                                    new NewRole(Optional.of("brief"), List.of(), false, wrong, Optional.empty())));
        }
    }

    @Test
    void anExpiredRoleCannotLogInAndIsDropped() throws Exception {
        var end = expiring("brief").role().expiresAt().orElseThrow();
        assertEquals(
                "t",
                test.postgres.queryOne(
                        "SELECT rolvaliduntil = '%s' FROM pg_roles WHERE rolname = 'brief'".formatted(end)));
        try (var session = test.connect("brief", "postgres")) {
            test.clock.advance(Duration.ofHours(1));

            Eventually.until(LIMIT, "it is dropped", () -> !existsOnServer("brief"));
            assertFalse(isOpen(session));
        }
        Eventually.until(
                LIMIT,
                "it is not listed",
                () -> roles().list(branch, PageRequest.largest()).items().stream()
                        .noneMatch(role -> role.name().equals("brief")));
        assertTrue(test.proxy.closed.contains("brief." + branch));
    }

    @Test
    void anExpiredRoleThatOnlyHasGrantsIsDroppedToo() throws Exception {
        expiring("granted");
        test.postgres.execute("CREATE TABLE granted_table (id int)");
        test.postgres.execute("GRANT SELECT ON granted_table TO granted");

        test.clock.advance(Duration.ofHours(1));

        Eventually.until(LIMIT, "it is dropped", () -> !existsOnServer("granted"));
    }

    @Test
    void anExpiredRoleThatOwnsSomethingStaysDisabledSaysWhyAndCanBeRenewed() throws Exception {
        expiring("keeper");
        test.postgres.execute("CREATE SCHEMA kept_schema AUTHORIZATION keeper");

        test.clock.advance(Duration.ofHours(1));

        Eventually.until(
                LIMIT,
                "the reason is shown",
                () -> roles().find(branch, "keeper").dropFailed().isPresent());
        var role = roles().find(branch, "keeper");
        assertTrue(role.expired());
        assertFalse(role.ready());
        assertTrue(role.disabledAt().isPresent());
        assertTrue(role.dropFailed().orElseThrow().contains("owner of schema kept_schema"));
        assertEquals("f", test.postgres.queryOne("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'keeper'"));
        refused(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, () -> roles().reset(ALICE, branch, "keeper"));

        var renewed = roles().renew(ALICE, branch, "keeper", Optional.empty());

        assertTrue(renewed.ready());
        assertFalse(renewed.expired());
        assertEquals(Optional.empty(), renewed.dropFailed());
        var endless = roles().renew(ALICE, branch, "keeper", Optional.of(Duration.ZERO));
        assertEquals(Optional.empty(), endless.expiresAt());
        assertEquals("infinity", test.postgres.queryOne("SELECT rolvaliduntil FROM pg_roles WHERE rolname = 'keeper'"));
    }

    @Test
    void theTemporaryRoleActsAsTheDefaultRoleAndIsRenewedNotMultiplied() throws Exception {
        var first = roles().temporary(ALICE, branch, "env:Alice@home", Optional.empty());
        assertTrue(
                first.role().name().matches("env_alice_home_[a-z0-9]{6}"),
                first.role().name());
        assertEquals(
                "t t",
                test.postgres.queryOne(
                        "SELECT concat_ws(' ', rolreplication, rolcanlogin) FROM pg_roles WHERE rolname = '%s'"
                                .formatted(first.role().name())));
        try (var session = test.connect(first.role().name(), "postgres")) {
            execute(session, "CREATE TABLE made_in_a_shell (id int)");
        }
        assertEquals(
                "postgres",
                test.postgres.queryOne("SELECT relowner::regrole FROM pg_class WHERE relname = 'made_in_a_shell'"));

        test.clock.advance(Duration.ofHours(23));
        var again = roles().temporary(ALICE, branch, "env:Alice@home", Optional.of(first.password()));
        assertEquals(first.role().id(), again.role().id());
        assertEquals(first.password(), again.password());
        test.clock.advance(Duration.ofHours(23));
        assertFalse(roles().find(branch, first.role().id()).expired());

        var forgotten = roles().temporary(ALICE, branch, "env:Alice@home", Optional.of("wrong"));
        assertEquals(first.role().id(), forgotten.role().id());
        assertTrue(verifier(first.role().name()).matches(forgotten.password()));
        assertNotEquals(
                first.role().id(),
                roles().temporary(ALICE, branch, "env:bob", Optional.empty())
                        .role()
                        .id());

        test.clock.advance(Duration.ofHours(24));
        Eventually.until(
                LIMIT, "it is dropped", () -> !existsOnServer(first.role().name()));
        var fresh = roles().temporary(ALICE, branch, "env:Alice@home", Optional.of(forgotten.password()));
        assertNotEquals(first.role().id(), fresh.role().id());
        refused(SqlState.INVALID_NAME, () -> roles().temporary(ALICE, branch, "a b\0", Optional.empty()));
    }

    @Test
    void aRoleDroppedBySqlIsReportedAndCanBeRemoved() throws Exception {
        create("vanished");
        test.postgres.execute("DROP ROLE vanished");

        assertFalse(roles().find(branch, "vanished").ready());
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().reset(ALICE, branch, "vanished"));
        roles().delete(ALICE, branch, "vanished", Optional.empty());
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().find(branch, "vanished"));
    }

    @Test
    void anUnknownBranchIsSaidToBeUnknown() {
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().resetDefault(ALICE, new BranchId("abcdefghijkl")));
        refused(SqlState.UNDEFINED_OBJECT, () -> roles().list(BranchId.CONTROL, PageRequest.FIRST));
    }
}
