package dev.howdah.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.postgres.ControlData;
import dev.howdah.postgres.Initialization;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ServerContentTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void aNewDataDirectoryHasChecksumsAndTheBuiltinLocale() throws Exception {
        try (var directory = TestDirectory.create()) {
            var config = ServerRefusalsTest.config(directory, directory.resolve("data"));
            Initialization.create(TestPostgres.binaries(), TestPostgres.account(), config);
            try (var server = PostgresServer.start(TestPostgres.binaries(), TestPostgres.account(), config, LIMIT);
                    var connection = server.connect("postgres");
                    var statement = connection.createStatement();
                    var row = statement.executeQuery("""
                            SELECT current_setting('data_checksums'), datlocprovider, datlocale, datcollate,
                                   pg_encoding_to_char(encoding), pg_get_userbyid(10)
                            FROM pg_database WHERE datname = 'postgres'""")) {
                assertTrue(row.next());
                var values = new ArrayList<String>();
                for (var column = 1; column <= 6; column++) {
                    values.add(row.getString(column));
                }
                assertEquals(List.of("on", "b", "C.UTF-8", "C", "UTF8", "howdah_admin"), values);
            }
        }
    }

    @Test
    void theDefaultsAreInEffectAndNothingIsWrongInTheFiles() throws Exception {
        try (var postgres = TestPostgres.start()) {
            var expected = Map.of(
                    "listen_addresses", "",
                    "max_connections", "300",
                    "wal_level", "logical",
                    "idle_replication_slot_timeout", "1d",
                    "io_method", "worker",
                    "password_encryption", "scram-sha-256",
                    "log_timezone", "UTC",
                    "shared_preload_libraries", "pg_stat_statements,auto_explain");
            var actual = new HashMap<String, String>();
            for (var name : expected.keySet()) {
                actual.put(name, postgres.queryOne("SHOW \"%s\"".formatted(name)));
            }
            assertEquals(expected, actual);
            assertEquals("0", postgres.queryOne("SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL"));
            assertEquals("0", postgres.queryOne("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL"));
            assertEquals("0", postgres.queryOne("SELECT count(*) FROM pg_ident_file_mappings WHERE error IS NOT NULL"));
        }
    }

    @Test
    void theMapsLetTheRightOnesInAndNobodyElse() throws Exception {
        try (var postgres = TestPostgres.start(TestPostgres.Options.DEFAULT.withRoles("app"))) {
            // Whoever runs this test is a proxy but no longer an agent.
            ServerLifeTest.applyAccess(
                    postgres, ServerLifeTest.withUsers(postgres.server().config(), Set.of()));

            try (var app = postgres.connect("app", "postgres")) {
                assertTrue(app.isValid(1));
            }
            for (var reserved : List.of("howdah_admin", "howdah_replicator")) {
                var refused = assertThrows(SQLException.class, () -> postgres.connect(reserved, "postgres"));
                assertEquals("28000", refused.getSQLState(), refused::getMessage);
            }
        }
    }

    @Test
    void everyLogLineIsJson() throws Exception {
        try (var postgres = TestPostgres.start()) {
            assertThrows(SQLException.class, () -> postgres.execute("SELECT 'a \"quoted\"\nthing' FROM nowhere"));

            Eventually.until(
                    LIMIT,
                    "the failed statement is in the log",
                    () -> log(postgres).stream()
                            .anyMatch(
                                    line -> line.path("statement").asString("").contains("a \"quoted\"\nthing")));
            assertFalse(log(postgres).isEmpty());
        }
    }

    @Test
    void controlDataSaysWhatTheServerSays() throws Exception {
        try (var postgres = TestPostgres.start()) {
            postgres.execute("CHECKPOINT");
            var control = ControlData.read(postgres.dataDirectory());

            assertEquals(
                    postgres.queryOne("SELECT system_identifier FROM pg_control_system()"), control.systemIdentifier());
            assertEquals(
                    postgres.queryOne(
                            "SELECT pg_control_version || ' ' || catalog_version_no FROM pg_control_system()"),
                    control.controlVersion() + " " + control.catalogVersion());
            assertEquals(
                    postgres.queryOne("""
                            SELECT concat_ws(' ', checkpoint_lsn, redo_lsn, timeline_id, prev_timeline_id)
                            FROM pg_control_checkpoint()"""),
                    "%s %s %s %s"
                            .formatted(
                                    control.checkpoint(),
                                    control.redo(),
                                    control.timeline(),
                                    control.previousTimeline()));
            assertEquals(
                    postgres.queryOne(
                            "SELECT concat_ws(' ', bytes_per_wal_segment, data_page_checksum_version) FROM pg_control_init()"),
                    control.walSegmentBytes() + " " + control.dataChecksumVersion());
            assertEquals(2, control.walLevel());
            assertEquals(ControlData.State.IN_PRODUCTION, control.state());
        }
    }

    @Test
    void controlDataOfAStandbyNamesItsMinimumRecovery() throws Exception {
        try (var primary = TestPostgres.start();
                var standby = TestPostgres.standbyOf(primary)) {
            primary.execute("CHECKPOINT");
            Eventually.until(LIMIT, "the standby's control file names a minimum recovery point", () -> {
                var control = ControlData.read(standby.dataDirectory());
                return control.state() == ControlData.State.IN_ARCHIVE_RECOVERY
                        && control.minimumRecoveryTimeline() == 1
                        && control.minimumRecovery().value() > 0;
            });
        }
    }

    @Test
    void anInstallationElsewhereWorksByItsPrefixAndItsBinDirectory() throws Exception {
        try (var directory = TestDirectory.create()) {
            var prefix = directory.resolve("opt");
            TreeCopy.copy(TestPostgres.binaries().directory(), prefix, Set.of(), TestPostgres.account());

            var system = PostgresBinaries.system(prefix);
            assertEquals(system, PostgresBinaries.system(prefix.resolve("bin")));
            assertEquals(TestPostgres.binaries().version(), system.version());
            assertEquals(18, system.major());

            var config = ServerRefusalsTest.config(directory, directory.resolve("data"));
            Initialization.create(system, TestPostgres.account(), config);
            try (var server = PostgresServer.start(system, TestPostgres.account(), config, LIMIT);
                    var connection = server.connect("postgres")) {
                assertTrue(connection.isValid(1));
            }
        }
    }

    private static List<JsonNode> log(TestPostgres postgres) throws IOException {
        var mapper = new JsonMapper();
        var lines = new ArrayList<JsonNode>();
        try (var files = Files.newDirectoryStream(postgres.logDirectory(), "*.json")) {
            for (var file : files) {
                Files.readString(file).lines().forEach(line -> lines.add(mapper.readTree(line)));
            }
        }
        return lines;
    }
}
