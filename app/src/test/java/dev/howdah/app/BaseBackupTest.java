package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.Bytes;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.client.BaseBackup;
import dev.howdah.client.BaseBackupConfig;
import dev.howdah.client.BaseBackupResult;
import dev.howdah.client.ReplicationCommands;
import dev.howdah.client.ServerConnection;
import dev.howdah.client.ServerException;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerConfig;
import dev.howdah.postgres.ServerFiles;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.ReplicationCodec;
import dev.howdah.wire.ReplicationMessage.FromServer;
import dev.howdah.wire.ReplicationMessage.XLogData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code foundation/client} against a real server. */
class BaseBackupTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Map<String, String> REPLICATION =
            Map.of("user", "howdah_replicator", "replication", "true", "application_name", "backup");
    private static final Map<String, String> SQL = Map.of("user", "howdah_admin", "database", "postgres");

    private static TestPostgres primary;

    @BeforeAll
    static void start() {
        primary = TestPostgres.start();
    }

    @AfterAll
    static void stop() {
        primary.close();
    }

    @Test
    void aCopyMadeUnderWritesWithATablespaceBecomesAStandbyWithEveryRow() throws Exception {
        try (var directory = TestDirectory.create();
                var connection = ServerConnection.connect(primary.address(), REPLICATION, LIMIT)) {
            tablespace(directory.resolve("fast-primary"));
            new ReplicationCommands(connection).createPhysicalSlot("clone", true);
            var progress = new ArrayList<Bytes>();
            var config = BaseBackupConfig.cloneInto(directory.resolve("data"))
                    .withTablespaces(tablespace -> directory.resolve("fast-" + tablespace.oid()))
                    .withProgress((done, _) -> progress.add(done));

            var result = whileWriting(() -> new BaseBackup(connection, config).run());

            assertEquals(result.received(), progress.getLast());
            assertTrue(result.end().compareTo(result.start()) > 0, result.toString());
            var identity = new ReplicationCommands(connection).identifySystem();
            assertEquals(identity.systemIdentifier(), result.systemIdentifier().orElseThrow());
            assertEquals(identity.timeline(), result.timeline());
            var link = link(directory.resolve("data"));
            assertTrue(link.startsWith(directory.path()), link.toString());

            try (var standby = standby(directory, link)) {
                primary.execute("INSERT INTO slow VALUES (-1)");
                var expected = primary.queryOne("SELECT sum(n) FROM slow");
                Eventually.until(
                        LIMIT,
                        "the standby has every row",
                        () -> expected.equals(first(standby, "SELECT sum(n) FROM slow")));
                assertEquals(primary.queryOne("SELECT sum(n) FROM fast"), first(standby, "SELECT sum(n) FROM fast"));
            }
        } finally {
            primary.execute("DROP TABLE IF EXISTS fast, slow");
            primary.execute("DROP TABLESPACE IF EXISTS fast");
            primary.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        }
    }

    @Test
    void aTargetThatIsNotEmptyIsRefusedAndLeftAsItIs() throws Exception {
        try (var directory = TestDirectory.create();
                var connection = ServerConnection.connect(primary.address(), REPLICATION, LIMIT)) {
            var mine = Files.writeString(directory.resolve("mine"), "precious");
            var backup = new BaseBackup(connection, BaseBackupConfig.cloneInto(directory.path()));
            var refused = assertThrows(PlatformException.class, backup::run);
            assertEquals(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, refused.state());
            assertEquals("precious", Files.readString(mine));
            assertTrue(connection.isOpen());
        }
    }

    @Test
    void aBackupWhoseServerProcessIsKilledFails() throws Exception {
        try (var directory = TestDirectory.create();
                var connection = ServerConnection.connect(primary.address(), REPLICATION, LIMIT)) {
            var terminated = new AtomicBoolean();
            var config = BaseBackupConfig.cloneInto(directory.resolve("data")).withProgress((_, _) -> {
                if (terminated.compareAndSet(false, true)) {
                    terminate(connection.processId());
                }
            });
            var backup = new BaseBackup(connection, config);
            var failure = assertThrows(Exception.class, backup::run);
            assertTrue(failure instanceof IOException || failure instanceof ServerException, failure.toString());
            assertFalse(connection.isOpen());
        }
    }

    @Test
    void slotsAreMadeReadAndDropped() throws Exception {
        try (var connection = ServerConnection.connect(primary.address(), REPLICATION, LIMIT)) {
            var commands = new ReplicationCommands(connection);
            assertTrue(commands.readPhysicalSlot("s1").isEmpty());
            commands.createPhysicalSlot("s1", true);
            assertTrue(commands.readPhysicalSlot("s1").orElseThrow().restart().isPresent());
            var twice = assertThrows(ServerException.class, () -> commands.createPhysicalSlot("s1", true));
            assertTrue(twice.is(SqlState.DUPLICATE_OBJECT), twice.toString());
            commands.dropSlot("s1");
            assertTrue(commands.readPhysicalSlot("s1").isEmpty());
        }
    }

    @Test
    void walIsStreamedFromWhereItIsAsked() throws Exception {
        try (var connection = ServerConnection.connect(primary.address(), REPLICATION, LIMIT)) {
            var start = new ReplicationCommands(connection).identifySystem().position();
            primary.execute("SELECT pg_logical_emit_message(true, 'test', 'needle')");
            try (var stream = connection.copyBoth("START_REPLICATION PHYSICAL %s TIMELINE 1".formatted(start))) {
                var found = new StringBuilder();
                Eventually.until(LIMIT, "the message is in the WAL", () -> {
                    stream.next(LIMIT).map(ReplicationCodec::decodeFromServer).ifPresent(m -> append(m, found));
                    return found.indexOf("needle") >= 0;
                });
            }
            assertTrue(connection.isOpen());
            var after = new ReplicationCommands(connection).identifySystem().position();
            assertTrue(after.compareTo(start) > 0);
        }
    }

    @Test
    void dataIsCopiedInAndOut() throws Exception {
        try (var connection = ServerConnection.connect(primary.address(), SQL, LIMIT)) {
            connection.query("CREATE TEMPORARY TABLE copied (t text)");
            try (var copy = connection.copyIn("COPY copied FROM STDIN")) {
                copy.write(ByteString.ofUtf8("one\ntw"));
                copy.write(ByteString.ofUtf8("o\n"));
                assertEquals("COPY 2", copy.finish().commandTag());
            }
            try (var givenUp = connection.copyIn("COPY copied FROM STDIN")) {
                givenUp.write(ByteString.ofUtf8("three\n"));
            }
            var text = new StringBuilder();
            try (var copy = connection.copyOut("COPY copied TO STDOUT")) {
                for (var piece = copy.next(); piece.isPresent(); piece = copy.next()) {
                    text.append(ByteString.of(piece.get()).toUtf8());
                }
                assertEquals("COPY 2", copy.finish().commandTag());
            }
            assertEquals("one\ntwo\n", text.toString());
        }
    }

    @Test
    void aRunningQueryIsCancelledFromAnotherThread() throws Exception {
        try (var connection = ServerConnection.connect(primary.address(), SQL, LIMIT)) {
            var cancelling = CompletableFuture.runAsync(() -> {
                Eventually.until(
                        LIMIT,
                        "the query runs",
                        () -> primary.queryFirst(
                                        "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid = "
                                                + connection.processId())
                                .isPresent());
                cancel(connection);
            });
            var failure = assertThrows(ServerException.class, () -> connection.query("SELECT pg_sleep(60)"));
            assertTrue(failure.is(SqlState.QUERY_CANCELED), failure.toString());
            cancelling.join();
            assertEquals("1", connection.query("SELECT 1 AS one").first("one"));
        }
    }

    @Test
    void anUnknownRoleIsTheServersOwnRefusal() {
        var nobody = Map.of("user", "nobody_of_that_name");
        var failure =
                assertThrows(ServerException.class, () -> ServerConnection.connect(primary.address(), nobody, LIMIT));
        assertTrue(failure.is(SqlState.INVALID_AUTHORIZATION_SPECIFICATION), failure.toString());
    }

    private interface Backup {
        BaseBackupResult run() throws IOException;
    }

    private static BaseBackupResult whileWriting(Backup backup) throws Exception {
        var stop = new AtomicBoolean();
        var writing = CompletableFuture.runAsync(() -> writeUntil(stop));
        try {
            return backup.run();
        } finally {
            stop.set(true);
            writing.join();
        }
    }

    private static void writeUntil(AtomicBoolean stop) {
        try (var connection = primary.connect("howdah_admin", "postgres");
                var statement = connection.createStatement()) {
            while (!stop.get()) {
                statement.execute("INSERT INTO fast SELECT generate_series(1, 100)");
                statement.execute("INSERT INTO slow SELECT generate_series(1, 100)");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void tablespace(Path path) throws SQLException {
        TestPostgres.account().directory(path);
        primary.execute("CREATE TABLESPACE fast LOCATION '%s'".formatted(path));
        primary.execute("CREATE TABLE fast TABLESPACE fast AS SELECT generate_series(1, 10000) AS n");
        primary.execute("CREATE TABLE slow AS SELECT generate_series(1, 10000) AS n");
    }

    private static Path link(Path data) throws IOException {
        try (var links = Files.list(data.resolve("pg_tblspc"))) {
            return Files.readSymbolicLink(links.findFirst().orElseThrow());
        }
    }

    private static PostgresServer standby(TestDirectory directory, Path tablespace) throws InterruptedException {
        var account = TestPostgres.account();
        var data = directory.resolve("data");
        for (var tree : List.of(data, tablespace)) {
            account.ownTree(tree);
        }
        ServerFiles.standby(account, data, ServerFiles.primaryConninfo(primary.address(), "clone"), "clone");
        var users = account.platformUsers();
        var parameters = primary.server().config().parameters();
        var config = new ServerConfig(
                data, directory.resolve("run"), 5433, directory.resolve("logs"), "clone", parameters, users, users);
        return PostgresServer.start(TestPostgres.binaries(), account, config, LIMIT);
    }

    private static String first(PostgresServer server, String sql) throws SQLException {
        try (var connection = server.connect("postgres");
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static void append(FromServer message, StringBuilder text) {
        if (message instanceof XLogData wal) {
            text.append(wal.data().toUtf8());
        }
    }

    private static void terminate(int processId) {
        try {
            primary.execute("SELECT pg_terminate_backend(%d)".formatted(processId));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void cancel(ServerConnection connection) {
        try {
            connection.cancel();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
