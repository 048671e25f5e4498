package dev.howdah.proxy;

import dev.howdah.base.InstanceId;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Member;
import dev.howdah.coordination.MemberStatus;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Decides which member serves a client, and does nothing else. */
final class Routing {
    private Routing() {}

    /** Where to go now. */
    sealed interface Route {
        record To(Member member) implements Route {}

        /** Nobody yet, but waiting may help. */
        record Wait() implements Route {}

        /** No replica, and none is waited for. */
        record NoReplica() implements Route {}
    }

    /**
     * @param lagMax a replica further behind serves nobody
     * @param sessions how many sessions of ours a member has
     * @param refused members that have just refused a connection
     */
    static Route decide(
            ClusterView view,
            LoginName.Target target,
            Duration lagMax,
            ToIntFunction<InstanceId> sessions,
            Set<InstanceId> refused) {
        return switch (target) {
            case PRIMARY -> primary(view, refused).orElseGet(Route.Wait::new);
            case REPLICA -> replica(view, lagMax, sessions, refused).orElseGet(() -> withoutReplica(view, lagMax));
            case ANY ->
                replica(view, lagMax, sessions, refused)
                        .or(() -> primary(view, refused))
                        .orElseGet(Route.Wait::new);
        };
    }

    private static Optional<Route> primary(ClusterView view, Set<InstanceId> refused) {
        return view.primary().filter(member -> !refused.contains(member.id())).map(Route.To::new);
    }

    private static Optional<Route> replica(
            ClusterView view, Duration lagMax, ToIntFunction<InstanceId> sessions, Set<InstanceId> refused) {
        return view.replicas().stream()
                .filter(member -> isCurrent(view, member, lagMax) && !refused.contains(member.id()))
                .min(Comparator.comparingInt(member -> sessions.applyAsInt(member.id())))
                .map(Route.To::new);
    }

    /** A replica that has just refused may be restarting; one that does not exist is not waited for. */
    private static Route withoutReplica(ClusterView view, Duration lagMax) {
        return view.replicas().stream().anyMatch(member -> isCurrent(view, member, lagMax))
                ? new Route.Wait()
                : new Route.NoReplica();
    }

    /**
     * An unknown lag counts as too much while there is a primary to be behind of. Without a primary no replica receives anything, and what they
     * have is the newest there is.
     */
    private static boolean isCurrent(ClusterView view, Member member, Duration lagMax) {
        return view.status(member.id())
                .flatMap(MemberStatus::replayLag)
                .map(lag -> lag.compareTo(lagMax) <= 0)
                .orElseGet(() -> view.primary().isEmpty());
    }
}
