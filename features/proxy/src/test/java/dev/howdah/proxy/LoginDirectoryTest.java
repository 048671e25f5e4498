package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.postgres.StopMode;
import dev.howdah.testkit.TestClock;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.ByteString;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoginDirectoryTest {
    private static final BranchId BRANCH = new BranchId("abcdefghijkl");
    private static final ServerAddress NOWHERE = new ServerAddress.UnixSocket(Path.of("/nowhere"), 5432);

    private static TestPostgres postgres;

    private final TestClock clock = new TestClock();
    private LoginDirectory directory = directory(view(NOWHERE));

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestPostgres.start(TestPostgres.Options.DEFAULT.withPlatform());
        try (var platform = postgres.connect("howdah_admin", "howdah_platform")) {
            ServerSchema.installPlatform(platform);
            ServerSchema.installPlatform(platform);
        }
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @BeforeEach
    void openDirectory() {
        directory = directory(view(postgres.address()));
    }

    @AfterEach
    void closeDirectory() {
        directory.close();
    }

    @Test
    void everythingThatLogsInARoleComesInOneAnswer() throws Exception {
        postgres.execute("""
                CREATE ROLE "O'dd.Name" LOGIN REPLICATION PASSWORD 'secret' CONNECTION LIMIT 7 VALID UNTIL '2030-01-02 03:04:05+00'
                """);
        var entry = find("O'dd.Name").orElseThrow();
        assertEquals(
                postgres.queryOne("SELECT oid FROM pg_authid WHERE rolname = 'O''dd.Name'"),
                Long.toString(entry.oid()));
        assertTrue(entry.canLogin() && entry.replication());
        assertFalse(entry.physical());
        assertEquals(7, entry.connectionLimit());
        assertEquals(Optional.of(Instant.parse("2030-01-02T03:04:05Z")), entry.validUntil());
        assertTrue(entry.verifier().orElseThrow().matches("secret"));
        assertTrue(entry.mayLogIn(Instant.parse("2030-01-02T03:04:04Z")));
        assertFalse(entry.mayLogIn(Instant.parse("2030-01-02T03:04:05Z")));
    }

    @Test
    void whoCannotLogInIsToldFromWhoCan() throws Exception {
        postgres.execute("""
                CREATE ROLE nologin NOLOGIN PASSWORD 'x'; CREATE ROLE nopassword LOGIN;
                SET password_encryption = md5; CREATE ROLE md5 LOGIN PASSWORD 'x'; RESET password_encryption;
                CREATE ROLE forever LOGIN PASSWORD 'x' VALID UNTIL 'infinity'; CREATE ROLE past LOGIN PASSWORD 'x' VALID UNTIL '-infinity'
                """);
        for (var name : List.of("nologin", "nopassword", "md5", "past")) {
            assertFalse(find(name).orElseThrow().mayLogIn(clock.instant()), name);
        }
        assertTrue(find("forever").orElseThrow().mayLogIn(clock.instant()));
        for (var name : List.of("nobody", "howdah_admin", "howdah_proxy", "", "x".repeat(100))) {
            assertEquals(Optional.empty(), find(name), name);
        }
    }

    @Test
    void thePhysicalGrantIsTheRolesOwnAndNotItsNames() throws Exception {
        postgres.execute("CREATE ROLE streamer LOGIN REPLICATION");
        try (var platform = postgres.connect("howdah_admin", "howdah_platform");
                var statement = platform.createStatement()) {
            statement.execute(
                    "INSERT INTO howdah.role_grant SELECT oid, 'physical' FROM pg_roles WHERE rolname = 'streamer'");
        }
        assertTrue(find("streamer").orElseThrow().physical());
        postgres.execute("DROP ROLE streamer; CREATE ROLE streamer LOGIN REPLICATION");
        directory.invalidate(BRANCH, "streamer");
        assertFalse(find("streamer").orElseThrow().physical());
    }

    @Test
    void whoInheritsTheRightsMonitorsAndSignals() throws Exception {
        postgres.execute("""
                CREATE ROLE plain LOGIN; CREATE ROLE eyes LOGIN; CREATE ROLE hands LOGIN; CREATE ROLE heir LOGIN; CREATE ROLE asker LOGIN;
                GRANT pg_monitor TO eyes; GRANT pg_monitor, pg_signal_backend TO hands; GRANT hands TO heir;
                GRANT hands TO asker WITH INHERIT FALSE, SET TRUE
                """);
        for (var name : List.of("plain", "asker")) {
            assertFalse(find(name).orElseThrow().monitors(), name);
            assertFalse(find(name).orElseThrow().signals(), name);
        }
        assertTrue(find("eyes").orElseThrow().monitors());
        assertFalse(find("eyes").orElseThrow().signals());
        for (var name : List.of("hands", "heir")) {
            assertTrue(find(name).orElseThrow().monitors(), name);
            assertTrue(find(name).orElseThrow().signals(), name);
        }
    }

    @Test
    void aBranchOfAnOlderProgramLogsInUntilItIsBroughtUpToDate() throws Exception {
        postgres.execute("CREATE ROLE early LOGIN PASSWORD 'x'; GRANT pg_monitor TO early");
        try (var platform = postgres.connect("howdah_admin", "howdah_platform");
                var statement = platform.createStatement()) {
            statement.execute("""
                    DROP FUNCTION howdah.login_role(text);
                    CREATE FUNCTION howdah.login_role(name text)
                        RETURNS TABLE (oid oid, can_login boolean, valid_until timestamptz, verifier text, replication boolean,
                                       connection_limit integer, physical boolean)
                        LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
                    AS $$ SELECT a.oid, a.rolcanlogin, a.rolvaliduntil, a.rolpassword, a.rolreplication, a.rolconnlimit, false
                          FROM pg_catalog.pg_authid a WHERE a.rolname = $1 $$;
                    REVOKE ALL ON FUNCTION howdah.login_role(text) FROM PUBLIC;
                    GRANT EXECUTE ON FUNCTION howdah.login_role(text) TO howdah_proxy
                    """);
            assertTrue(verifies("early", "x"));
            assertFalse(find("early").orElseThrow().monitors());
            ServerSchema.installPlatform(platform);
            directory.invalidate(BRANCH, "early");
            assertTrue(find("early").orElseThrow().monitors());
            assertEquals(Optional.empty(), find("howdah_admin"));
        }
    }

    @Test
    void aChangeShowsWithinASecondAndAtOnceAfterInvalidation() throws Exception {
        postgres.execute("CREATE ROLE changing LOGIN PASSWORD 'one'");
        assertTrue(verifies("changing", "one"));
        postgres.execute("ALTER ROLE changing PASSWORD 'two'");
        clock.advance(Duration.ofMillis(999));
        assertTrue(verifies("changing", "one"));
        clock.advance(Duration.ofMillis(1));
        assertTrue(verifies("changing", "two"));
        postgres.execute("ALTER ROLE changing PASSWORD 'three'");
        directory.invalidate(BRANCH, "changing");
        assertTrue(verifies("changing", "three"));
    }

    @Test
    void lookupsOfOneRoleAtTheSameTimeAreOneQuestion() throws Exception {
        postgres.execute("CREATE ROLE busy LOGIN");
        var answers = new ArrayList<Optional<LoginEntry>>();
        var futures = new ArrayList<CompletableFuture<Optional<LoginEntry>>>();
        for (var i = 0; i < 200; i++) {
            futures.add(directory.lookup(BRANCH, "busy"));
        }
        for (var future : futures) {
            answers.add(future.get(10, TimeUnit.SECONDS));
        }
        assertEquals(
                1, answers.stream().distinct().count()); // beyond 50 questions of an unknown name some would be empty
        assertTrue(answers.getFirst().isPresent());
    }

    @Test
    void aServerThatWasRestartedIsAskedAgain() throws Exception {
        assertTrue(find("postgres").isPresent());
        postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'howdah_proxy'");
        clock.advance(Duration.ofSeconds(2));
        assertTrue(find("postgres").isPresent());
    }

    @Test
    void withoutAPrimaryAReplicaAnswers() throws Exception {
        directory.close();
        directory = directory(view(NOWHERE, postgres.address()));
        assertTrue(find("postgres").isPresent());
    }

    @Test
    void withoutAnyServerTheLastAnswerCountsForHalfAMinute() throws Exception {
        try (var mortal = TestPostgres.start(TestPostgres.Options.DEFAULT.withPlatform())) {
            try (var platform = mortal.connect("howdah_admin", "howdah_platform")) {
                ServerSchema.installPlatform(platform);
            }
            directory.close();
            directory = directory(view(mortal.address()));
            assertTrue(find("postgres").isPresent());
            mortal.stop(StopMode.FAST);
            clock.advance(Duration.ofSeconds(29));
            assertTrue(find("postgres").isPresent());
            clock.advance(Duration.ofSeconds(2));
            assertEquals(
                    "no running members available for branch abcdefghijkl",
                    failure("postgres").message());
            assertEquals("08006", failure("nobody").state().code());
        }
    }

    @Test
    void beyondFiftyUnknownNamesASecondTheServerIsLeftInPeace() throws Exception {
        postgres.execute("CREATE ROLE known LOGIN; CREATE ROLE other LOGIN");
        assertTrue(find("known").isPresent());
        for (var i = 0; i < LoginDirectory.UNKNOWN_NAMES_PER_SECOND_MAX; i++) {
            assertEquals(Optional.empty(), find("nobody" + i));
        }
        assertEquals(Optional.empty(), find("other"));
        directory.lookup(BRANCH, "known").get(10, TimeUnit.SECONDS);
        clock.advance(Duration.ofSeconds(1));
        assertTrue(find("known").isPresent());
        assertTrue(find("other").isPresent());
    }

    @Test
    void anUnknownBranchIsSaidToBeUnknown() {
        var failed = assertThrows(
                ExecutionException.class,
                () -> directory.lookup(new BranchId("zzzzzzzzzzzz"), "postgres").get());
        assertEquals(
                "branch zzzzzzzzzzzz does not exist",
                assertInstanceOf(PlatformException.class, failed.getCause()).message());
    }

    @Test
    void aMockIsStableForAUserAndDiffersBetweenUsers() {
        assertEquals(
                directory.mockVerifier("a.b").salt(),
                directory(view(NOWHERE)).mockVerifier("a.b").salt());
        assertNotEquals(
                directory.mockVerifier("a.b").salt(),
                directory.mockVerifier("b.b").salt());
        assertTrue(directory.mockVerifier("a.b").mock());
    }

    @Test
    void theProxysRoleCanDoNothingElse() throws SQLException {
        try (var proxy = postgres.connect("howdah_proxy", "howdah_platform");
                var statement = proxy.createStatement()) {
            for (var sql : List.of(
                    "SELECT rolpassword FROM pg_authid",
                    "SELECT * FROM howdah.role_grant",
                    "CREATE TABLE howdah.t (a int)",
                    "CREATE TABLE public.t (a int)",
                    "ALTER ROLE howdah_proxy SUPERUSER",
                    "SET ROLE howdah_admin")) {
                assertThrows(SQLException.class, () -> statement.execute(sql), sql);
            }
        }
        assertThrows(
                SQLException.class,
                () -> postgres.connect("postgres", "howdah_platform").close());
    }

    private LoginDirectory directory(ClusterView view) {
        return new LoginDirectory(
                branch -> Optional.of(view).filter(v -> v.branch().equals(branch)), ByteString.ofUtf8("secret"), clock);
    }

    private static ClusterView view(ServerAddress primary, ServerAddress... replicas) {
        var members = new ArrayList<Member>();
        members.add(new Member(new InstanceId(BRANCH, 1), "a", primary));
        for (var replica : replicas) {
            members.add(new Member(new InstanceId(BRANCH, members.size() + 1), "a", replica));
        }
        var statuses = new HashMap<InstanceId, MemberStatus>();
        for (var member : members) {
            var state = member.id().number() == 1 ? MemberState.PRIMARY : MemberState.REPLICA;
            statuses.put(
                    member.id(),
                    new MemberStatus(member.id(), state, 1, Lsn.ZERO, Lsn.ZERO, Optional.empty(), "", Instant.EPOCH));
        }
        var ids = members.stream().map(Member::id).toList();
        var record =
                new ClusterRecord(BRANCH, new Epoch(1), Optional.of(ids.getFirst()), Optional.empty(), members, ids);
        return new ClusterView(record, Map.copyOf(statuses));
    }

    private Optional<LoginEntry> find(String role) throws Exception {
        return directory.lookup(BRANCH, role).get(10, TimeUnit.SECONDS);
    }

    private boolean verifies(String role, String password) throws Exception {
        return find(role).orElseThrow().verifier().orElseThrow().matches(password);
    }

    private PlatformException failure(String role) {
        return assertInstanceOf(
                PlatformException.class,
                assertThrows(ExecutionException.class, () -> find(role)).getCause());
    }
}
