package dev.howdah.ha;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.coordination.MemberState;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clusters of one real server, and what the agent refuses. */
@Timeout(90)
final class SingleMemberTest {
    private static final BranchId BRANCH = new BranchId("abcdefghij02");
    private static final BranchId OTHER = new BranchId("abcdefghij03");
    private static final InstanceId ONLY = new InstanceId(BRANCH, 1);
    private static final InstanceId STRANGER = new InstanceId(OTHER, 1);

    private final TestNode node = new TestNode();

    @AfterEach
    void end() {
        node.close();
    }

    @Test
    void theAgentServesNoDataButItsOwnAndNeverMakesLostDataAnew() throws Exception {
        node.clusters().create(BRANCH, List.of("a"));
        node.clusters().create(OTHER, List.of("a"));
        node.awaitState(ONLY, MemberState.PRIMARY);
        node.awaitState(STRANGER, MemberState.PRIMARY);
        assertEquals("", node.query(ONLY, "SHOW synchronous_standby_names"));
        assertNotEquals(node.address(ONLY).port(), node.address(STRANGER).port());
        assertEquals("16MB", node.query(ONLY, "SHOW shared_buffers"));

        node.stopAgent();
        var own = node.data(ONLY);
        var aside = own.resolveSibling("aside");
        Files.move(own, aside);
        node.startAgentAgain();
        node.awaitState(ONLY, MemberState.FAILED);
        assertTrue(node.detail(ONLY).contains("is gone"), node.detail(ONLY));
        node.awaitState(STRANGER, MemberState.PRIMARY);
        assertFalse(Files.exists(own));

        node.stopAgent();
        var identifiers = List.of(
                node.record(BRANCH).systemIdentifier().orElseThrow(),
                node.record(OTHER).systemIdentifier().orElseThrow());
        Files.move(node.data(STRANGER), own);
        node.startAgentAgain();
        node.awaitState(ONLY, MemberState.FAILED);
        assertTrue(identifiers.stream().allMatch(node.detail(ONLY)::contains), node.detail(ONLY));
        assertFalse(Files.exists(own.resolve("postmaster.pid")));

        node.stopAgent();
        Files.move(own, node.data(STRANGER));
        Files.move(aside, own);
        node.startAgentAgain();
        node.awaitState(ONLY, MemberState.PRIMARY);
    }

    @Test
    void aBranchHasOneClusterAndADeadServerReturns() throws Exception {
        node.clusters().create(BRANCH, List.of("a"));
        var refused =
                assertThrows(PlatformException.class, () -> node.clusters().create(BRANCH, List.of("a")));
        assertEquals(SqlState.DUPLICATE_OBJECT, refused.state());
        node.awaitState(ONLY, MemberState.PRIMARY);

        node.kill(node.pid(ONLY));
        node.awaitEvent(ONLY, ClusterEvent.Kind.PRIMARY_OPENED, 2);
        assertEquals(1, node.events(ONLY, ClusterEvent.Kind.SERVER_CRASHED).size());
    }
}
