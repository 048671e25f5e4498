package dev.howdah.app;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Coordination;
import dev.howdah.coordination.MemberState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.Collectors;

/** Waits until a branch's primary serves clients, and gives up early when its agent says that it cannot. */
final class OpenWatch {
    /** An agent tries again by itself; what still fails after this long is for people to mend. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final long LOOK_EVERY_MILLIS = 50;

    private final Coordination coordination;
    private final BranchId branch;
    private final InstantSource clock;

    OpenWatch(Coordination coordination, BranchId branch, InstantSource clock) {
        this.coordination = coordination;
        this.branch = branch;
        this.clock = clock;
    }

    /** Throws a {@link PlatformException} with what the agents say of the instances when there is no primary in time. */
    void await(Duration atMost) throws InterruptedException {
        var end = clock.instant().plus(atMost);
        var failedSince = Optional.<java.time.Instant>empty();
        while (true) {
            var view = coordination.view(branch);
            if (view.flatMap(ClusterView::primary).isPresent()) {
                return;
            }
            var now = clock.instant();
            failedSince = view.filter(OpenWatch::leaderFailed).map(_ -> now).isEmpty()
                    ? Optional.empty()
                    : failedSince.or(() -> Optional.of(now));
            var hopeless = failedSince
                    .filter(since -> since.plus(PATIENCE).isBefore(now))
                    .isPresent();
            if (hopeless || end.isBefore(now)) {
                throw notOpen(view);
            }
            Thread.sleep(LOOK_EVERY_MILLIS);
        }
    }

    private static boolean leaderFailed(ClusterView view) {
        return view.record()
                .leader()
                .flatMap(view::status)
                .filter(status -> status.state() == MemberState.FAILED)
                .isPresent();
    }

    private PlatformException notOpen(Optional<ClusterView> view) {
        var reasons = view.stream()
                .flatMap(v -> v.statuses().values().stream())
                .filter(status -> !status.detail().isEmpty())
                .sorted((a, b) -> a.id().compareTo(b.id()))
                .map(status -> "%s: %s".formatted(status.id(), status.detail()))
                .collect(Collectors.joining("; "));
        return new PlatformException(
                SqlState.CANNOT_CONNECT_NOW,
                "branch %s has no primary%s".formatted(branch, reasons.isEmpty() ? "" : " (" + reasons + ")"),
                "The servers' logs are in the directory logs of the home; howdah doctor checks the machine.");
    }
}
