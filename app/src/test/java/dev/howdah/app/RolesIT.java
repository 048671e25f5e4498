package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Roles by command, by SQL and as a client meets them. */
@ExtendWith(SharedPlatform.class)
class RolesIT {
    private static final Duration SOON = Duration.ofSeconds(5);

    @Test
    void aRoleMadeByCommandLogsInWithTheRightsItInherits(RunningPlatform platform) throws Exception {
        var made = platform.json("role", "create", "reader", "--inherit", "pg_read_all_data");
        var secret = made.path("password").asString();
        try (var connection = platform.connect("reader." + platform.branch(), secret, Map.of())) {
            assertEquals("reader", DirectEndpointIT.one(connection, "select current_user"));
            var refused =
                    assertThrows(SQLException.class, () -> DirectEndpointIT.run(connection, "create database no"));
            assertEquals("42501", refused.getSQLState());
        }
        platform.howdah("role", "delete", "reader").succeeded();
        assertRefused(platform, "reader", secret);
    }

    @Test
    void aRoleMadeBySqlWorksAtOnceAndItsNewPasswordWithinASecond(RunningPlatform platform) throws Exception {
        try (var connection = platform.connect()) {
            DirectEndpointIT.run(connection, "create role \"by.sql\" login password 'first'");
            platform.connect("by.sql." + platform.branch(), "first", Map.of()).close();

            DirectEndpointIT.run(connection, "alter role \"by.sql\" password 'second'");
            Eventually.until(SOON, "the new password works", () -> {
                platform.connect("by.sql." + platform.branch(), "second", Map.of())
                        .close();
                return true;
            });
            assertRefused(platform, "by.sql", "first");

            DirectEndpointIT.run(connection, "alter role \"by.sql\" nologin");
            // Within the second that its verifier is cached for, the server itself says no, in its own words.
            Eventually.until(
                    SOON,
                    "the role cannot log in",
                    () -> stateOf(platform, "by.sql", "second").equals("28P01"));
            DirectEndpointIT.run(connection, "drop role \"by.sql\"");
        }
    }

    @Test
    void resettingARoleEndsItsSessionsAndItsOldPassword(RunningPlatform platform) throws Exception {
        var old = platform.json("role", "create", "rotated").path("password").asString();
        try (var session = platform.connect("rotated." + platform.branch(), old, Map.of());
                var pooled = platform.connect(platform.pooledPort(), "rotated." + platform.branch(), old, Map.of())) {
            assertEquals("1", DirectEndpointIT.one(session, "select 1"));
            assertEquals("1", DirectEndpointIT.one(pooled, "select 1"));

            var fresh =
                    platform.json("role", "reset", "rotated").path("password").asString();
            Eventually.until(SOON, "the direct session has ended", () -> ended(session));
            Eventually.until(SOON, "the pooled session has ended", () -> ended(pooled));
            assertRefused(platform, "rotated", old);
            platform.connect("rotated." + platform.branch(), fresh, Map.of()).close();
        }
        platform.howdah("role", "delete", "rotated").succeeded();
    }

    @Test
    void aRoleEndsWhenItsTimeIsOver(RunningPlatform platform) throws Exception {
        var secret = platform.json("role", "create", "brief", "--ttl", "3s")
                .path("password")
                .asString();
        try (var session = platform.connect("brief." + platform.branch(), secret, Map.of())) {
            Eventually.until(Duration.ofSeconds(20), "the session has ended", () -> ended(session));
        }
        assertRefused(platform, "brief", secret);
    }

    @Test
    void aRoleThatOwnsObjectsIsDeletedOnlyWithASuccessor(RunningPlatform platform) throws Exception {
        var secret = platform.json("role", "create", "owner", "--inherit", "postgres")
                .path("password")
                .asString();
        try (var connection = platform.connect("owner." + platform.branch(), secret, Map.of())) {
            DirectEndpointIT.run(connection, "create table owned (id int)");
        }
        var refused = platform.howdah("role", "delete", "owner");
        assertEquals(5, refused.exitCode(), refused.err());
        assertTrue(refused.err().contains("Role is still referenced and cannot be dropped."), refused.err());

        platform.howdah("role", "delete", "owner", "--successor", "postgres").succeeded();
        try (var connection = platform.connect()) {
            assertEquals(
                    "postgres",
                    DirectEndpointIT.one(connection, "select tableowner from pg_tables where tablename = 'owned'"));
            DirectEndpointIT.run(connection, "drop table owned");
        }
    }

    @Test
    void aRoleOfOneBranchIsUnknownInAnother(RunningPlatform platform) throws Exception {
        var secret = platform.json("role", "create", "local").path("password").asString();
        var other = platform.json("branch", "create", "elsewhere", "--kind", "development");
        var refused = assertThrows(
                SQLException.class,
                () -> platform.connect("local." + other.path("id").asString(), secret, Map.of()));
        assertEquals("28P01", refused.getSQLState());
        platform.howdah("branch", "delete", "elsewhere", "--yes").succeeded();
        platform.howdah("role", "delete", "local").succeeded();
    }

    @Test
    void theEnvironmentOfAShellIsOneCommandAway(RunningPlatform platform) throws Exception {
        Tools.need("psql");
        var script =
                "eval \"$('%s' env --home '%s')\" && psql -XAt -c \"create table by_env (id int)\" -c \"select current_user, session_user <> 'postgres'\" -c \"drop table by_env\""
                        .formatted(RunningPlatform.ROOT.resolve("howdah"), platform.home());
        var result = Command.of("sh", "-c", script)
                .with(Map.of("HOWDAH_BUILD", "never"))
                .run()
                .succeeded();
        assertTrue(result.out().contains("postgres|t"), result.out());

        var again = Command.of("sh", "-c", script)
                .with(Map.of("HOWDAH_BUILD", "never"))
                .run()
                .succeeded();
        assertTrue(again.out().contains("postgres|t"), again.out());
        var temporary = platform.howdah("role", "list", "--format", "csv")
                .succeeded()
                .out()
                .lines()
                .filter(line -> line.contains("env"))
                .count();
        assertEquals(1, temporary, "one per home and account, renewed and not multiplied");
    }

    @Test
    void anAddressIsBannedAfterTenFailuresAndTheSecondsCountDown(RunningPlatform platform) throws Exception {
        var from = "127.0.0.9";
        for (var i = 0; i < 10; i++) {
            assertThrows(
                    SQLException.class, () -> platform.connectFrom(from, "postgres." + platform.branch(), "wrong"));
        }
        var first = secondsLeft(platform, from);
        // Asked more than ten times a second, a banned address gets no answer at all.
        var asked = System.nanoTime();
        Eventually.until(SOON, "a second has passed", () -> System.nanoTime() - asked > 1_100_000_000L);
        assertTrue(secondsLeft(platform, from) < first, "the seconds count down");
        platform.connect().close();

        platform.howdah("ban", "delete", "127.0.0.9").succeeded();
        platform.connectFrom(from, "postgres." + platform.branch(), platform.password())
                .close();
    }

    private static int secondsLeft(RunningPlatform platform, String from) {
        var banned = assertThrows(
                SQLException.class,
                () -> platform.connectFrom(from, "postgres." + platform.branch(), platform.password()));
        assertEquals("53300", banned.getSQLState(), banned.getMessage());
        var said = Pattern.compile(
                        "connection rejected: your IP is temporarily rate-limited after repeated failed auth attempts, retry in (\\d+)s")
                .matcher(banned.getMessage());
        assertTrue(said.find(), banned.getMessage());
        return Integer.parseInt(said.group(1));
    }

    private static void assertRefused(RunningPlatform platform, String role, String password) {
        assertEquals("28P01", stateOf(platform, role, password));
    }

    /** The SQLSTATE of a refused login; 00000 when it was let in. */
    private static String stateOf(RunningPlatform platform, String role, String password) {
        try (var _ = platform.connect(role + "." + platform.branch(), password, Map.of())) {
            return "00000";
        } catch (SQLException e) {
            return String.valueOf(e.getSQLState());
        }
    }

    private static boolean ended(java.sql.Connection connection) {
        try {
            DirectEndpointIT.one(connection, "select 1");
            return false;
        } catch (SQLException e) {
            assertNotEquals("", e.getSQLState());
            return true;
        }
    }
}
