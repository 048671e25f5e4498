package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.MemberState;
import dev.howdah.proxy.LoginName.Target;
import dev.howdah.proxy.Routing.Route;
import dev.howdah.proxy.TestCoordination.Instance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoutingTest {
    private static final ServerAddress ADDRESS = new ServerAddress.UnixSocket(Path.of("/nowhere"), 5432);
    private static final Duration LAG_MAX = Duration.ofSeconds(30);
    private static final ClusterView THREE = TestCoordination.view(
            BRANCH, Instance.primary(ADDRESS), Instance.replica(ADDRESS), Instance.replica(ADDRESS));

    private static Route decide(ClusterView view, Target target, Map<Integer, Integer> sessions, Integer... refused) {
        return Routing.decide(
                view,
                target,
                LAG_MAX,
                instance -> sessions.getOrDefault(instance.number(), 0),
                Set.of(refused).stream()
                        .map(number -> new InstanceId(BRANCH, number))
                        .collect(java.util.stream.Collectors.toSet()));
    }

    private static int instance(Route route) {
        return ((Route.To) route).member().id().number();
    }

    @Test
    void primaryIsTheLeaderThatServes() {
        assertEquals(1, instance(decide(THREE, Target.PRIMARY, Map.of())));
        assertInstanceOf(Route.Wait.class, decide(THREE, Target.PRIMARY, Map.of(), 1));
    }

    @Test
    void replicaWithFewestSessionsIsTaken() {
        assertEquals(3, instance(decide(THREE, Target.REPLICA, Map.of(2, 5, 3, 4))));
        assertEquals(2, instance(decide(THREE, Target.REPLICA, Map.of(2, 5, 3, 4), 3)));
    }

    @Test
    void replicasThatAllRefusedAreWaitedFor() {
        assertInstanceOf(Route.Wait.class, decide(THREE, Target.REPLICA, Map.of(), 2, 3));
    }

    @Test
    void anyPrefersAReplicaAndFallsBack() {
        assertEquals(2, instance(decide(THREE, Target.ANY, Map.of(3, 1))));
        assertEquals(1, instance(decide(THREE, Target.ANY, Map.of(), 2, 3)));
    }

    private static Instance lagging(Optional<Duration> lag) {
        return new Instance(MemberState.REPLICA, ADDRESS, lag);
    }

    @Test
    void laggingReplicaServesNobody() {
        var view =
                TestCoordination.view(BRANCH, Instance.primary(ADDRESS), lagging(Optional.of(LAG_MAX.plusMillis(1))));
        assertInstanceOf(Route.NoReplica.class, decide(view, Target.REPLICA, Map.of()));
        assertEquals(1, instance(decide(view, Target.ANY, Map.of())));
    }

    @Test
    void unknownLagCountsOnlyWhileThereIsAPrimary() {
        var view = TestCoordination.view(BRANCH, Instance.primary(ADDRESS), lagging(Optional.empty()));
        assertInstanceOf(Route.NoReplica.class, decide(view, Target.REPLICA, Map.of()));
        var headless = TestCoordination.view(BRANCH, Instance.stopped(ADDRESS), lagging(Optional.empty()));
        assertEquals(2, instance(decide(headless, Target.REPLICA, Map.of())));
    }
}
