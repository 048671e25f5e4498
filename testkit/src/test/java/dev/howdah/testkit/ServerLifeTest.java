package dev.howdah.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.postgres.ControlData;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerConfig;
import dev.howdah.postgres.ServerFiles;
import dev.howdah.postgres.StopMode;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ServerLifeTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void aFastStopEndsWithStatusZeroAndACheckpoint() throws Exception {
        try (var postgres = TestPostgres.start()) {
            var server = postgres.server();
            assertTrue(server.alive());

            assertTrue(server.stop(StopMode.FAST, LIMIT));

            assertFalse(server.alive());
            assertEquals(OptionalInt.of(0), server.exited().get());
            assertEquals(
                    ControlData.State.SHUT_DOWN,
                    ControlData.read(postgres.dataDirectory()).state());
        }
    }

    @Test
    void aSmartStopWaitsForClientsAndNeverEscalatesByItself() throws Exception {
        try (var postgres = TestPostgres.start();
                var _ = postgres.connect("howdah_admin", "postgres")) {
            assertFalse(postgres.server().stop(StopMode.SMART, Duration.ofMillis(300)));
            assertTrue(postgres.server().alive());
        }
    }

    @Test
    void anImmediateStopIsRecoveredFrom() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)");

            postgres.stop(StopMode.IMMEDIATE);
            assertEquals(
                    ControlData.State.IN_PRODUCTION,
                    ControlData.read(postgres.dataDirectory()).state());
            postgres.startAgain();

            assertEquals("1000", postgres.queryOne("SELECT count(*) FROM kept"));
        }
    }

    @Test
    void theEndOfAKilledServerIsNoticed() throws Exception {
        try (var postgres = TestPostgres.start()) {
            var exited = postgres.server().exited();

            postgres.killEverything();

            assertEquals(OptionalInt.of(128 + 9), exited.get(10, TimeUnit.SECONDS));
            assertFalse(postgres.server().alive());
        }
    }

    @Test
    void reconfiguringTakesEffectWithoutARestartAndOutlivesOne() throws Exception {
        try (var postgres = TestPostgres.start()) {
            var parameters = new TreeMap<>(postgres.server().config().parameters());
            parameters.put("work_mem", "7MB");
            parameters.put("log_line_prefix", "it's a back\\slash ");
            postgres.server().reconfigure(parameters);

            Eventually.until(
                    LIMIT,
                    "work_mem is 7MB",
                    () -> postgres.queryOne("SHOW work_mem").equals("7MB"));
            assertEquals("it's a back\\slash ", postgres.queryOne("SHOW log_line_prefix"));
            postgres.stop(StopMode.FAST);
            postgres.startAgain();
            assertEquals("7MB", postgres.queryOne("SHOW work_mem"));
            assertEquals("0", postgres.queryOne("SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL"));
        }
    }

    @Test
    void aForgottenServerIsAdoptedAndStopped() throws Exception {
        try (var postgres = TestPostgres.start()) {
            var server = postgres.server();

            var adopted = adopt(server.config()).orElseThrow();

            assertEquals(server.pid(), adopted.pid());
            assertEquals(TestPostgres.binaries().version(), adopted.version());
            assertTrue(adopted.alive());
            adopted.awaitReady(LIMIT);
            assertTrue(adopted.stop(StopMode.FAST, LIMIT));
            assertEquals(OptionalInt.empty(), adopted.exited().get());
            assertEquals(Optional.empty(), adopt(server.config()).map(PostgresServer::pid));
        }
    }

    @Test
    void aServerOutlivesTheJvmThatStartedItAndIsAdopted() throws Exception {
        try (var postgres = TestPostgres.start()) {
            var config = postgres.server().config();
            postgres.stop(StopMode.FAST);

            var jvm = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            StartsAndDies.class.getName(),
                            config.dataDirectory().toString())
                    .inheritIO()
                    .start();
            assertEquals(128 + 9, jvm.waitFor());

            try (var adopted = adopt(config).orElseThrow()) {
                adopted.awaitReady(LIMIT);
                assertTrue(adopted.alive());
                assertThrows(Exception.class, postgres::startAgain, "a second server on the same data is refused");
            }
        }
    }

    @Test
    void aStalePidFileIsNoServerAndDoesNotPreventAStart() throws Exception {
        try (var postgres = TestPostgres.start();
                var other = TestPostgres.start()) {
            var config = postgres.server().config();
            var pidFile = config.dataDirectory().resolve("postmaster.pid");
            var socketLock = config.socketDirectory().resolve(".s.PGSQL.5432.lock");
            postgres.killEverything();
            // As after a reboot: the id belongs to a living server of the same account, but not to this data
            // directory's.
            for (var file : List.of(pidFile, socketLock)) {
                var otherId = Long.toString(other.server().pid());
                Files.writeString(file, Files.readString(file).replaceFirst("\\d+", otherId));
            }

            assertEquals(Optional.empty(), adopt(config).map(PostgresServer::pid));
            postgres.startAgain();

            assertEquals("1", postgres.queryOne("SELECT 1"));
            assertTrue(other.server().alive());
        }
    }

    @Test
    void anEmptyPidFileDoesNotPreventAStart() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.killEverything();
            Files.writeString(postgres.dataDirectory().resolve("postmaster.pid"), "");
            Files.writeString(postgres.server().config().socketDirectory().resolve(".s.PGSQL.5432.lock"), "");

            postgres.startAgain();

            assertEquals("1", postgres.queryOne("SELECT 1"));
        }
    }

    @Test
    void aStandbyFollowsAnotherPrimary() throws Exception {
        try (var first = TestPostgres.start();
                var second = TestPostgres.standbyOf(first);
                var third = TestPostgres.standbyOf(first)) {
            first.stop(StopMode.FAST);
            // Else the third might have received what the second has not, and could not follow it.
            var received = "SELECT pg_last_wal_receive_lsn()";
            Eventually.until(
                    LIMIT,
                    "both have received the same",
                    () -> second.queryOne(received).equals(third.queryOne(received)));
            second.server().promote(LIMIT);
            second.execute("SELECT pg_create_physical_replication_slot('third', true)");
            second.execute("CREATE TABLE after_promotion AS SELECT 1 AS one");

            third.server().standby(ServerFiles.primaryConninfo(second.address(), "third"), "third");

            Eventually.until(
                    LIMIT,
                    "the third streams from the second",
                    () -> third.queryOne("SELECT one FROM after_promotion").equals("1"));
            assertTrue(ServerFiles.isStandby(third.dataDirectory()));
            assertFalse(ServerFiles.isStandby(second.dataDirectory()));
            assertEquals(2, ControlData.read(second.dataDirectory()).timeline().id());
        }
    }

    @Test
    void aStandbyThatTakesNoConnectionIsPromotedAllTheSame() throws Exception {
        try (var primary = TestPostgres.start();
                var standby = TestPostgres.standbyOf(primary)) {
            var open = standby.server().config();
            applyAccess(standby, withUsers(open, Set.of()));
            assertThrows(SQLException.class, () -> standby.queryOne("SELECT 1"));

            standby.server().promote(LIMIT);

            assertEquals(
                    ControlData.State.IN_PRODUCTION,
                    ControlData.read(standby.dataDirectory()).state());
        }
    }

    static ServerConfig withUsers(ServerConfig config, Set<String> agents) {
        return new ServerConfig(
                config.dataDirectory(),
                config.socketDirectory(),
                config.port(),
                config.logDirectory(),
                config.clusterName(),
                config.parameters(),
                agents,
                config.proxyUsers());
    }

    /** Returns when the server lets the admin in, or not, as the new maps say. */
    static void applyAccess(TestPostgres postgres, ServerConfig config) {
        ServerFiles.write(TestPostgres.binaries(), TestPostgres.account(), config);
        postgres.server().reload();
        var expected = !config.agentUsers().isEmpty();
        Eventually.until(LIMIT, "the maps are read again", () -> admits(postgres) == expected);
    }

    private static boolean admits(TestPostgres postgres) {
        try (var connection = postgres.connect("howdah_admin", "postgres")) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    private static Optional<PostgresServer> adopt(ServerConfig config) {
        return PostgresServer.adopt(TestPostgres.binaries(), TestPostgres.account(), config);
    }
}
