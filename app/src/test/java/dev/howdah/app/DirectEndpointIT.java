package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.VerifyScale;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/** Port 5432 as drivers and people use it. */
@ExtendWith(SharedPlatform.class)
class DirectEndpointIT {
    private static final long COPY_BYTES = VerifyScale.current() == VerifyScale.LONG ? 1_000_000_000L : 200_000_000L;
    private static final long FLAT_BYTES = 100_000_000;

    @Test
    void pgjdbcConnectsByClassicAndDirectNegotiation(RunningPlatform platform) throws Exception {
        for (var negotiation : List.of("postgres", "direct")) {
            try (var connection = platform.connect(
                    login(platform),
                    platform.password(),
                    Map.of("sslNegotiation", negotiation, "channelBinding", "require"))) {
                assertEquals("postgres", one(connection, "select current_user"));
                assertEquals("f", one(connection, "select pg_is_in_recovery()"));
            }
        }
    }

    @Test
    void psqlPrintsWhatItIsConnectedTo(RunningPlatform platform) throws Exception {
        Tools.need("psql");
        var result = Command.of("psql", "-XAt", "-c", "select current_user, 6 * 7")
                .with(platform.environment(platform.directPort()))
                .run()
                .succeeded();
        assertEquals("postgres|42\n", result.out());
    }

    @Test
    void aReplicaServesReadsOnly(RunningPlatform platform) throws Exception {
        try (var replica = platform.connect(login(platform) + "|replica", platform.password(), Map.of())) {
            assertEquals("t", one(replica, "select pg_is_in_recovery()"));
            var refused = assertThrows(SQLException.class, () -> run(replica, "create table no (id int)"));
            assertEquals("25006", refused.getSQLState());
        }
    }

    @Test
    void thePooledEndpointHasNoReplicas(RunningPlatform platform) {
        var refused = assertThrows(
                SQLException.class,
                () -> platform.connect(
                        platform.pooledPort(), login(platform) + "|replica", platform.password(), Map.of()));
        assertRefused(refused, "28000", "pooler only supports primary destinations for branch " + platform.branch());
    }

    @Test
    void aRunningQueryIsCancelled(RunningPlatform platform) throws Exception {
        try (var connection = platform.connect();
                var statement = connection.createStatement()) {
            CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS).execute(() -> cancel(statement));
            var cancelled = assertThrows(SQLException.class, () -> statement.execute("select pg_sleep(60)"));
            assertEquals("57014", cancelled.getSQLState());
            assertEquals("1", one(connection, "select 1"));
        }
    }

    @Test
    void copyOfManyBytesBothWaysLeavesTheMemoryOfThePlatformFlat(RunningPlatform platform) throws Exception {
        try (var connection = platform.connect()) {
            run(connection, "create table bulk (line text)");
            run(connection, "alter table bulk alter column line set storage external");
            var copy = connection.unwrap(PGConnection.class).getCopyAPI();
            var before = residentBytes(platform);

            copy.copyIn("copy bulk from stdin", new Lines(COPY_BYTES));
            var counted = new Counter();
            copy.copyOut("copy bulk to stdout", counted);
            assertEquals(COPY_BYTES, counted.bytes);

            var grown = residentBytes(platform) - before;
            assertTrue(grown < FLAT_BYTES, "the platform grew by %,d bytes".formatted(grown));
            run(connection, "drop table bulk");
        }
    }

    @Test
    void twoHundredSessionsWorkAtOnce(RunningPlatform platform) throws Exception {
        var connections = new ArrayList<Connection>();
        try {
            for (var i = 0; i < 200; i++) {
                connections.add(platform.connect());
            }
            for (var i = 0; i < connections.size(); i++) {
                assertEquals("" + i, one(connections.get(i), "select " + i));
            }
        } finally {
            for (var connection : connections) {
                connection.close();
            }
        }
    }

    @Test
    void aLogicalConsumerSeesEveryCommit(RunningPlatform platform) throws Exception {
        try (var connection = platform.connect()) {
            run(connection, "create table followed (id int primary key, note text)");
            run(connection, "create publication followed_publication for all tables");
            run(connection, "select pg_create_logical_replication_slot('followed_slot', 'pgoutput')");
            try (var replication = platform.connect(
                    login(platform),
                    platform.password(),
                    Map.of("replication", "database", "preferQueryMode", "simple", "assumeMinServerVersion", "17"))) {
                var stream = replication
                        .unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .logical()
                        .withSlotName("followed_slot")
                        .withSlotOption("proto_version", "1")
                        .withSlotOption("publication_names", "followed_publication")
                        .start();
                run(connection, "insert into followed values (1, 'the first note')");
                assertTrue(received(stream).contains("the first note"));
                stream.close();
            }
            Eventually.until(
                    Duration.ofSeconds(20),
                    "the slot is free",
                    () -> one(connection, "select active from pg_replication_slots where slot_name = 'followed_slot'")
                            .equals("f"));
            run(connection, "select pg_drop_replication_slot('followed_slot')");
            run(connection, "drop publication followed_publication");
            run(connection, "drop table followed");
        }
    }

    @Test
    void aCopyOfTheWholeClusterIsNotForCustomers(RunningPlatform platform) throws Exception {
        Tools.need("psql");
        var result = Command.of("psql", "-XAt", "dbname=postgres replication=database", "-c", "BASE_BACKUP")
                .with(platform.environment(platform.directPort()))
                .run();
        assertFalse(result.exitCode() == 0);
        assertTrue(result.err().contains("BASE_BACKUP"), result.err());
    }

    @Test
    void eventTriggersAndPublicationsWorkAsTyped(RunningPlatform platform) throws Exception {
        try (var connection = platform.connect()) {
            run(connection, "create function noticed() returns event_trigger language plpgsql as $$ begin end $$");
            run(connection, "create event trigger noticed_end on ddl_command_end execute function noticed()");
            run(connection, "create table after_trigger (id int)");
            run(connection, "drop event trigger noticed_end");
            run(connection, "create extension pg_buffercache");
            run(connection, "drop extension pg_buffercache");
            run(connection, "drop table after_trigger");
            run(connection, "drop function noticed()");
        }
    }

    @Test
    void refusalsHaveTheirTextAndState(RunningPlatform platform) throws Exception {
        var branch = platform.branch();
        refused(
                platform,
                "postgres." + branch,
                "wrong",
                "28P01",
                "password authentication failed for user \"postgres\"");
        refused(platform, "nobody." + branch, "wrong", "28P01", "password authentication failed for user \"nobody\"");
        refused(
                platform,
                "postgres",
                "wrong",
                "28000",
                "invalid user format: username must include branch (e.g., user.branch)");
        refused(platform, "postgres.zzzzzzzzzzzz", "wrong", "28000", "branch zzzzzzzzzzzz does not exist");
        refused(platform, "howdah_admin." + branch, "wrong", "28000", "howdah_admin");
        refused(platform, "howdah_replicator." + branch, "wrong", "28000", "howdah_replicator");
        var plain = assertThrows(
                SQLException.class,
                () -> platform.connect(login(platform), platform.password(), Map.of("sslmode", "disable")));
        assertRefused(plain, "28000", "SSL connection is required");
    }

    private static void refused(RunningPlatform platform, String user, String password, String state, String text) {
        var refused = assertThrows(SQLException.class, () -> platform.connect(user, password, Map.of()));
        assertRefused(refused, state, text);
    }

    private static void assertRefused(SQLException refused, String state, String text) {
        assertEquals(state, refused.getSQLState(), refused.getMessage());
        assertTrue(String.valueOf(refused.getMessage()).contains(text), refused.getMessage());
    }

    private static String login(RunningPlatform platform) {
        return "postgres." + platform.branch();
    }

    private static void cancel(java.sql.Statement statement) {
        try {
            statement.cancel();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String received(PGReplicationStream stream) throws SQLException {
        var text = new StringBuilder();
        for (var i = 0; i < 5 && text.indexOf("note") < 0; i++) {
            text.append(StandardCharsets.UTF_8.decode(stream.read()));
        }
        while (text.indexOf("the first note") < 0) {
            ByteBuffer more = stream.read();
            text.append(StandardCharsets.UTF_8.decode(more));
        }
        return text.toString();
    }

    /** What the kernel says of the platform's own process, {@code VmRSS}. */
    private static long residentBytes(RunningPlatform platform) throws IOException {
        var status = Path.of("/proc", "" + platform.process().pid(), "status");
        var line = Files.readAllLines(status).stream()
                .filter(l -> l.startsWith("VmRSS"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    }

    static String one(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            assertTrue(rows.next(), sql);
            return rows.getString(1);
        }
    }

    static void run(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Lines of 1,000 bytes, made while they are read. */
    private static final class Lines extends InputStream {
        private static final byte[] LINE = ("x".repeat(999) + "\n").getBytes(StandardCharsets.US_ASCII);
        private long left;

        Lines(long bytes) {
            left = bytes;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("read in blocks");
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (left == 0) {
                return -1;
            }
            var position = (int) ((COPY_BYTES - left) % LINE.length);
            var count = (int) Math.min(Math.min(length, LINE.length - position), left);
            System.arraycopy(LINE, position, target, offset, count);
            left -= count;
            return count;
        }
    }

    private static final class Counter extends OutputStream {
        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            bytes += length;
        }
    }
}
