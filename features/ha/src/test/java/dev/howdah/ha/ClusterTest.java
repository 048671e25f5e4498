package dev.howdah.ha;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberState;
import dev.howdah.testkit.Eventually;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/** One cluster of three real servers, which every test finds whole and leaves to heal. Only the removal must be the last. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClusterTest {
    private static final BranchId BRANCH = new BranchId("abcdefghij01");
    private static final InstanceId PRIMARY = new InstanceId(BRANCH, 1);
    private static final InstanceId SECOND = new InstanceId(BRANCH, 2);
    private static final InstanceId THIRD = new InstanceId(BRANCH, 3);
    private static final int LAST = Integer.MAX_VALUE; // those without an order come before

    private TestNode node;

    @BeforeAll
    void createCluster() throws Exception {
        node = new TestNode();
        node.clusters().create(BRANCH, List.of("a", "b", "c"));
        node.awaitWhole(BRANCH);
        node.execute(PRIMARY, "CREATE TABLE kept (id int PRIMARY KEY)");
    }

    @AfterAll
    void end() {
        node.close();
    }

    @BeforeEach
    void awaitWhole() {
        node.awaitWhole(BRANCH);
        node.forgetHistory();
    }

    @Test
    @Order(1)
    void aNewClusterOpensOnlyOnceAReplicaConfirmsItsCommits() throws Exception {
        assertEquals(
                "ANY 1 (\"%s\",\"%s\")".formatted(SECOND, THIRD),
                node.query(PRIMARY, "SHOW synchronous_standby_names"));
        assertEquals(List.of(PRIMARY, SECOND, THIRD), node.record(BRANCH).voters());
        var told =
                node.events(PRIMARY, ClusterEvent.Kind.VOTERS_CHANGED).getLast().message();
        assertTrue(told.startsWith("commits are confirmed by one of %s, %s (".formatted(SECOND, THIRD)), told);
        assertEquals(
                node.query(PRIMARY, "SELECT system_identifier FROM pg_control_system()"),
                node.record(BRANCH).systemIdentifier().orElseThrow());
        assertEquals("t", node.query(SECOND, "SELECT pg_is_in_recovery()"));
        assertEquals(
                "2",
                node.query(
                        PRIMARY,
                        "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'howdah\\_%' AND active"));
        Eventually.until(
                Duration.ofSeconds(10),
                "a replica that has replayed all shows so",
                () -> node.view(BRANCH).status(SECOND).orElseThrow().replayLag().isPresent());
    }

    @Test
    void aCommitWaitsWhileBothReplicasAreFrozenAndGoesOnWithOne() throws Exception {
        node.signalAll(SECOND, "STOP");
        node.signalAll(THIRD, "STOP");
        try {
            var commit = insertInBackground(1);
            assertThrows(TimeoutException.class, () -> commit.get(1500, TimeUnit.MILLISECONDS));
            assertEquals("0", node.query(PRIMARY, "SELECT count(*) FROM kept WHERE id = 1"));

            node.signalAll(SECOND, "CONT");
            commit.get(20, TimeUnit.SECONDS);
        } finally {
            node.signalAll(SECOND, "CONT");
            node.signalAll(THIRD, "CONT");
        }
    }

    @Test
    void aKilledReplicaReturnsByItselfAndCommitsGoOnMeanwhile() throws Exception {
        var before = node.pid(THIRD);
        var primaryBefore = node.pid(PRIMARY);
        node.kill(before);
        insert(2);
        Eventually.until(TestNode.LONG, "it is started again", () -> node.pid(THIRD) != before);
        node.awaitWhole(BRANCH);
        assertEquals(primaryBefore, node.pid(PRIMARY));
        assertFalse(node.events(THIRD, ClusterEvent.Kind.SERVER_CRASHED).isEmpty());
        assertFalse(node.states(PRIMARY).contains(MemberState.OPENING), "the primary stayed open");
    }

    @Test
    void aKilledPrimaryIsStartedInPlaceAndOpensAfterABarrier() throws Exception {
        insert(3);
        var before = node.pid(PRIMARY);
        node.kill(before);
        Eventually.until(
                TestNode.LONG,
                "it is open again",
                () -> node.pid(PRIMARY) != before
                        && node.states(PRIMARY).contains(MemberState.OPENING)
                        && node.states(PRIMARY).getLast() == MemberState.PRIMARY);
        assertEquals("1", node.query(PRIMARY, "SELECT count(*) FROM kept WHERE id = 3"));
        assertEquals(
                "ANY 1 (\"%s\",\"%s\")".formatted(SECOND, THIRD),
                node.query(PRIMARY, "SHOW synchronous_standby_names"));
    }

    @Test
    void aBackendsCrashClosesThePrimaryUntilABarrierIsBack() throws Exception {
        var opened = node.events(PRIMARY, ClusterEvent.Kind.PRIMARY_OPENED).size();
        var before = node.pid(PRIMARY);
        var victim = node.connect(PRIMARY);
        node.kill(victim.unwrap(PGConnection.class).getBackendPID());
        closeDead(victim);
        node.awaitEvent(PRIMARY, ClusterEvent.Kind.PRIMARY_OPENED, opened + 1);
        assertEquals(before, node.pid(PRIMARY), "the postmaster has restarted its children itself");
    }

    @Test
    void anAgentThatStartsLaterGoesOnWithTheRunningServers() throws Exception {
        var before = List.of(node.pid(PRIMARY), node.pid(SECOND), node.pid(THIRD));
        node.replaceAgent();
        for (var id : List.of(PRIMARY, SECOND, THIRD)) {
            node.awaitEvent(id, ClusterEvent.Kind.SERVER_ADOPTED, 1);
        }
        node.awaitWhole(BRANCH);
        assertEquals(before, List.of(node.pid(PRIMARY), node.pid(SECOND), node.pid(THIRD)));

        node.kill(node.pid(SECOND));
        Eventually.until(TestNode.LONG, "an adopted server's end is noticed", () -> !before.contains(node.pid(SECOND)));
    }

    @Test
    void aLostVoterLeavesTheQuorumAndComesBack() throws Exception {
        node.signalAll(THIRD, "STOP");
        try {
            node.execute(PRIMARY, terminateSender(THIRD));
            Eventually.until(
                    TestNode.LONG,
                    "the record has two voters",
                    () -> node.record(BRANCH).voters().equals(List.of(PRIMARY, SECOND)));
            assertEquals("ANY 1 (\"%s\")".formatted(SECOND), node.query(PRIMARY, "SHOW synchronous_standby_names"));
            insert(4);
        } finally {
            node.signalAll(THIRD, "CONT");
        }
    }

    @Test
    void aReplicaWhoseSlotAndWalAreGoneIsRebuilt() throws Exception {
        var rebuilds = node.events(THIRD, ClusterEvent.Kind.REBUILD_STARTED).size();
        node.signalAll(THIRD, "STOP");
        try {
            node.execute(PRIMARY, terminateSender(THIRD));
            insert(5);
            Eventually.until(TestNode.LONG, "the slot can be dropped", () -> {
                node.execute(PRIMARY, "SELECT pg_drop_replication_slot('%s')".formatted(THIRD.slotName()));
                return true;
            });
            node.awaitEvent(PRIMARY, ClusterEvent.Kind.SLOT_RECREATED, 1);
            for (var i = 0; i < 4; i++) {
                node.execute(PRIMARY, "SELECT pg_switch_wal()");
                node.execute(PRIMARY, "INSERT INTO kept VALUES (%d)".formatted(50 + i));
                node.execute(PRIMARY, "CHECKPOINT");
                // The new slot is moved as its standby's feedback would, so that it keeps nothing old.
                node.execute(
                        PRIMARY,
                        "SELECT pg_replication_slot_advance('%s', pg_current_wal_flush_lsn())"
                                .formatted(THIRD.slotName()));
            }
            node.execute(PRIMARY, "CHECKPOINT");
        } finally {
            node.signalAll(THIRD, "CONT");
        }
        node.awaitEvent(THIRD, ClusterEvent.Kind.REBUILD_STARTED, rebuilds + 1);
        node.awaitWhole(BRANCH);
        assertEquals("1", node.query(THIRD, "SELECT count(*) FROM kept WHERE id = 53"));
    }

    @Test
    void aLogicalConsumerNamedLikeAVoterIsEndedAndReleasesNoCommit() throws Exception {
        node.execute(PRIMARY, "CREATE ROLE consumer LOGIN REPLICATION");
        var consumer = replicationConnection("consumer", SECOND);
        try {
            // Before the commit: a new slot waits for the transactions that are under way.
            consumer.createStatement()
                    .execute("CREATE_REPLICATION_SLOT fake TEMPORARY LOGICAL test_decoding NOEXPORT_SNAPSHOT");
            node.signalAll(SECOND, "STOP");
            node.signalAll(THIRD, "STOP");
            var commit = insertInBackground(6);
            var stream = consumer.unwrap(PGConnection.class)
                    .getReplicationAPI()
                    .replicationStream()
                    .logical()
                    .withSlotName("fake")
                    .start();
            node.awaitEvent(PRIMARY, ClusterEvent.Kind.FAKE_VOTER_TERMINATED, 1);
            assertThrows(SQLException.class, () -> {
                while (true) {
                    stream.read();
                }
            });
            assertFalse(commit.isDone(), "nobody but a replica may confirm it");

            node.signalAll(SECOND, "CONT");
            commit.get(20, TimeUnit.SECONDS);
        } finally {
            node.signalAll(SECOND, "CONT");
            node.signalAll(THIRD, "CONT");
            closeDead(consumer);
        }
        assertTrue(node.events(PRIMARY, ClusterEvent.Kind.FAKE_VOTER_TERMINATED)
                .getFirst()
                .message()
                .contains("consumer"));
    }

    @Test
    @Order(LAST - 1)
    void aStoppedClusterStartsAgainWithItsData() throws Exception {
        node.stopAgent();
        for (var id : List.of(PRIMARY, SECOND, THIRD)) {
            assertFalse(Files.exists(node.data(id).resolve("postmaster.pid")), id + " is stopped");
        }
        var rebuilds = node.events(SECOND, ClusterEvent.Kind.REBUILD_STARTED).size();
        node.startAgentAgain();
        node.awaitWhole(BRANCH);
        assertEquals("kept", node.query(PRIMARY, "SELECT 'kept'::regclass"));
        assertEquals(
                rebuilds, node.events(SECOND, ClusterEvent.Kind.REBUILD_STARTED).size());
    }

    @Test
    @Order(LAST)
    void aRemovedMemberAndThenARemovedClusterLeaveNothing() throws Exception {
        var read = node.coordination().read(BRANCH).orElseThrow();
        var two = read.record()
                .withVoters(List.of(PRIMARY, SECOND))
                .withMembers(read.record().members().stream()
                        .filter(member -> !member.id().equals(THIRD))
                        .toList());
        assertTrue(node.coordination().compareAndSet(two, read.revision()).isPresent());
        node.awaitEvent(THIRD, ClusterEvent.Kind.MEMBER_REMOVED, 1);
        assertFalse(Files.exists(node.data(THIRD)));
        Eventually.until(
                TestNode.LONG,
                "its slot is gone",
                () -> node.query(PRIMARY, "SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical'")
                        .equals("1"));
        node.awaitWhole(BRANCH);

        assertTrue(node.clusters().remove(BRANCH));
        node.awaitEvent(PRIMARY, ClusterEvent.Kind.MEMBER_REMOVED, 1);
        node.awaitEvent(SECOND, ClusterEvent.Kind.MEMBER_REMOVED, 1);
        try (var left = Files.list(node.config().instances())) {
            assertEquals(List.of(), left.toList());
        }
        assertFalse(node.clusters().remove(BRANCH));
    }

    // A connection whose server side was killed cannot be closed in good order.
    private static void closeDead(Connection connection) {
        try {
            connection.close();
        } catch (SQLException expected) {
            assertTrue(String.valueOf(expected.getMessage()).contains("close"), expected.getMessage());
        }
    }

    private void insert(int id) throws Exception {
        insertInBackground(id).get(20, TimeUnit.SECONDS);
    }

    // A thread of the system: the wait for the answer is in native code.
    private CompletableFuture<Void> insertInBackground(int id) {
        var done = new CompletableFuture<Void>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                node.execute(PRIMARY, "INSERT INTO kept VALUES (%d)".formatted(id));
                done.complete(null);
            } catch (SQLException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private static String terminateSender(InstanceId id) {
        return "SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE application_name = '%s'".formatted(id);
    }

    private Connection replicationConnection(String role, InstanceId pretended) throws SQLException {
        var address = (ServerAddress.UnixSocket)
                node.record(BRANCH).member(PRIMARY).map(Member::address).orElseThrow();
        var properties = new Properties();
        properties.setProperty("user", role);
        properties.setProperty("socketFactory", "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg");
        properties.setProperty("socketFactoryArg", address.socket().toString());
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "18");
        properties.setProperty("ApplicationName", pretended.toString());
        return DriverManager.getConnection("jdbc:postgresql://localhost/postgres", properties);
    }
}
