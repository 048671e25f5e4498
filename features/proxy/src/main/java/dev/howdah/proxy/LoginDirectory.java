package dev.howdah.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.howdah.base.BranchId;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Member;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.ScramVerifier;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Roles of branches, as their servers know them. Asks the primary, else a replica; when none answers, what was last known counts for
 * {@link #LAST_KNOWN}. A role is asked for at most once a second, so a change shows within one. Thread-safe; waits happen on virtual threads.
 */
final class LoginDirectory implements AutoCloseable {
    static final Duration FRESH = Duration.ofSeconds(1);
    static final Duration LAST_KNOWN = Duration.ofSeconds(30);
    /** Lookups of names that are not known to exist, per branch and second; beyond them a name counts as unknown without a lookup. */
    static final int UNKNOWN_NAMES_PER_SECOND_MAX = 50;

    private static final int ENTRIES_MAX = 100_000;

    private record Key(BranchId branch, String role) {}

    private record Known(Optional<LoginEntry> entry, Instant at) {
        boolean isYounger(Duration age, Instant now) {
            return now.isBefore(at.plus(age));
        }
    }

    private final Function<BranchId, Optional<ClusterView>> views;
    private final ByteString mockSecret;
    private final InstantSource clock;
    private final Cache<Key, Known> known;
    private final Map<Key, CompletableFuture<Optional<LoginEntry>>> underWay = new ConcurrentHashMap<>();
    private final Map<BranchId, BranchLogins> branches = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("login-lookup-", 0).factory());

    LoginDirectory(Function<BranchId, Optional<ClusterView>> views, ByteString mockSecret, InstantSource clock) {
        this.views = views;
        this.mockSecret = mockSecret;
        this.clock = clock;
        this.known = Caffeine.newBuilder()
                .maximumSize(ENTRIES_MAX)
                .expireAfterAccess(Duration.ofHours(1))
                .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
                .executor(Runnable::run)
                .build();
    }

    /**
     * Never blocks. Empty when the branch has no such role. Completes with a {@link dev.howdah.base.PlatformException} (08006) when no server
     * answered and nothing fresh enough was known; completes on a thread of the directory's or at once.
     */
    CompletableFuture<Optional<LoginEntry>> lookup(BranchId branch, String role) {
        var view = views.apply(branch);
        if (view.isEmpty()) {
            return CompletableFuture.failedFuture(ProxyErrors.noSuchBranch(branch.value()));
        }
        var key = new Key(branch, role);
        var now = clock.instant();
        var last = known.getIfPresent(key);
        if (last != null && last.isYounger(FRESH, now)) {
            return CompletableFuture.completedFuture(last.entry());
        }
        var exists = last != null && last.entry().isPresent();
        if (!exists && !underWay.containsKey(key) && !logins(branch).mayAskForUnknown(now)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return ask(key, view.get());
    }

    /** The same for the same name, for a login that must fail like any other. */
    ScramVerifier mockVerifier(String user) {
        return ScramVerifier.mock(mockSecret, user);
    }

    /** Forgets what is known and what is being asked, so that the next lookup sees what a server says from now on. */
    void invalidate(BranchId branch, String role) {
        var key = new Key(branch, role);
        underWay.remove(key);
        known.invalidate(key);
    }

    @Override
    public void close() {
        threads.shutdownNow();
        branches.values().forEach(BranchLogins::close);
        underWay.values().forEach(future -> future.completeExceptionally(ProxyErrors.shuttingDown()));
    }

    private CompletableFuture<Optional<LoginEntry>> ask(Key key, ClusterView view) {
        var mine = new CompletableFuture<Optional<LoginEntry>>();
        var other = underWay.putIfAbsent(key, mine);
        if (other != null) {
            return other;
        }
        try {
            threads.execute(() -> answer(key, view, mine));
        } catch (RejectedExecutionException e) {
            underWay.remove(key, mine);
            mine.completeExceptionally(ProxyErrors.shuttingDown());
        }
        return mine;
    }

    private void answer(Key key, ClusterView view, CompletableFuture<Optional<LoginEntry>> future) {
        try {
            var before = clock.instant(); // a change after this moment may be missing in the answer
            var answer = logins(key.branch()).find(key.role(), serversOf(view));
            var stillAsked = underWay.remove(key, future);
            if (answer.isPresent()) {
                var entry = answer.get().entry();
                if (stillAsked) {
                    known.put(key, new Known(entry, before));
                }
                future.complete(entry);
            } else {
                completeFromMemory(key, future);
            }
        } catch (RuntimeException e) { // the edge of the thread: whoever waits must hear of it
            underWay.remove(key, future);
            future.completeExceptionally(e);
        }
    }

    private void completeFromMemory(Key key, CompletableFuture<Optional<LoginEntry>> future) {
        var last = known.getIfPresent(key);
        if (last != null && last.isYounger(LAST_KNOWN, clock.instant())) {
            future.complete(last.entry());
        } else {
            future.completeExceptionally(ProxyErrors.nothingRunning(key.branch().value()));
        }
    }

    private static List<Member> serversOf(ClusterView view) {
        return Stream.concat(view.primary().stream(), view.replicas().stream()).toList();
    }

    private BranchLogins logins(BranchId branch) {
        return branches.computeIfAbsent(branch, _ -> new BranchLogins());
    }
}
