package dev.howdah.coordination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.ServerAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every implementation of {@link Coordination} promises. A subclass opens an empty store per test. */
@Timeout(30)
abstract class CoordinationContract {
    static final BranchId BRANCH = new BranchId("abcdefghij01");
    static final BranchId OTHER = new BranchId("bbcdefghij02");
    static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

    private Coordination store;

    abstract Coordination openEmpty() throws Exception;

    /** Closes {@code store} and opens what it kept. */
    abstract Coordination reopen(Coordination store) throws Exception;

    @BeforeEach
    final void openStore() throws Exception {
        store = openEmpty();
    }

    @AfterEach
    final void closeStore() {
        store.close();
    }

    static ClusterRecord record(BranchId branch, long epoch, int members) {
        var all = IntStream.rangeClosed(1, members)
                .mapToObj(number -> new Member(new InstanceId(branch, number), "zone-" + number, address(number)))
                .toList();
        var first = all.getFirst().id();
        return new ClusterRecord(
                branch, new Epoch(epoch), Optional.of(first), Optional.of("7312"), all, List.of(first));
    }

    private static ServerAddress address(int number) {
        return number == 3
                ? new ServerAddress.Tcp("c.example", 5003)
                : new ServerAddress.UnixSocket(Path.of("/run/howdah"), number);
    }

    static MemberStatus status(InstanceId id, MemberState state) {
        return new MemberStatus(id, state, 1, new Lsn(16), new Lsn(16), Optional.of(Duration.ofMillis(3)), "", NOON);
    }

    static Coordination.Versioned set(Coordination store, ClusterRecord next, long expectedRevision) {
        return store.compareAndSet(next, expectedRevision).orElseThrow();
    }

    @Test
    void anUnknownBranchHasNoRecordAndNoView() {
        assertEquals(Optional.empty(), store.read(BRANCH));
        assertEquals(Optional.empty(), store.view(BRANCH));
        assertEquals(List.of(), store.branches());
    }

    @Test
    void aRecordIsReadAsWrittenAndKeptOverAReopen() throws Exception {
        var written = set(store, record(OTHER, 2, 3), 0);
        set(store, record(BRANCH, 1, 1), 0);

        assertEquals(Optional.of(written), store.read(OTHER));
        assertEquals(record(OTHER, 2, 3), written.record());

        store = reopen(store);
        assertEquals(Optional.of(written), store.read(OTHER));
        assertEquals(List.of(BRANCH, OTHER), store.branches());
    }

    @Test
    void aRecordWithoutLeaderAndIdentifierIsKeptAsSuch() throws Exception {
        var full = record(BRANCH, 1, 2);
        var bare = new ClusterRecord(BRANCH, Epoch.NONE, Optional.empty(), Optional.empty(), full.members(), List.of());
        set(store, bare, 0);

        store = reopen(store);
        assertEquals(bare, store.read(BRANCH).orElseThrow().record());
    }

    @Test
    void onlyTheCurrentRevisionReplacesARecord() {
        var first = set(store, record(BRANCH, 1, 1), 0);
        assertEquals(Optional.empty(), store.compareAndSet(record(BRANCH, 2, 1), 0));

        var second = set(store, record(BRANCH, 2, 1), first.revision());
        assertTrue(second.revision() > first.revision());
        assertEquals(Optional.empty(), store.compareAndSet(record(BRANCH, 3, 1), first.revision()));
        assertEquals(Optional.of(second), store.read(BRANCH));
    }

    @Test
    void aBranchThatDoesNotExistCannotBeReplaced() {
        assertEquals(Optional.empty(), store.compareAndSet(record(BRANCH, 1, 1), 7));
        assertEquals(List.of(), store.branches());
    }

    @Test
    void aBranchMadeAgainNeverRepeatsARevision() throws Exception {
        var first = set(store, record(BRANCH, 1, 1), 0);
        assertFalse(store.remove(BRANCH, first.revision() + 1));
        assertFalse(store.remove(OTHER, 0));
        assertTrue(store.remove(BRANCH, first.revision()));
        assertEquals(Optional.empty(), store.read(BRANCH));

        store = reopen(store);
        var again = set(store, record(BRANCH, 1, 1), 0);
        assertTrue(again.revision() > first.revision());
        assertFalse(store.remove(BRANCH, first.revision()), "a revision of the branch before");
    }

    @Test
    void ofManyWritersExactlyOneWinsEachRevision() throws Exception {
        set(store, record(BRANCH, 0, 1), 0);
        var wins = new AtomicInteger();
        try (var writers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var i = 0; i < 8; i++) {
                writers.execute(() -> {
                    for (var n = 0; n < 10; n++) {
                        incrementEpoch();
                        wins.incrementAndGet();
                    }
                });
            }
        }
        assertEquals(80, wins.get());
        assertEquals(80, store.read(BRANCH).orElseThrow().record().epoch().number());
    }

    private void incrementEpoch() {
        var done = false;
        while (!done) {
            var read = store.read(BRANCH).orElseThrow();
            var next = record(BRANCH, read.record().epoch().number() + 1, 1);
            done = store.compareAndSet(next, read.revision()).isPresent();
        }
    }

    @Test
    void statusesJoinTheViewAndGoWithTheirMember() {
        var two = set(store, record(BRANCH, 1, 2), 0);
        var second = new InstanceId(BRANCH, 2);
        store.report(status(second, MemberState.CLONING));
        store.report(status(second, MemberState.REPLICA));
        store.report(status(new InstanceId(BRANCH, 9), MemberState.REPLICA));
        store.report(status(new InstanceId(OTHER, 1), MemberState.REPLICA));

        var view = store.view(BRANCH).orElseThrow();
        assertEquals(1, view.statuses().size());
        assertEquals(MemberState.REPLICA, view.status(second).orElseThrow().state());
        assertEquals(Optional.empty(), store.view(OTHER));

        var one = set(store, record(BRANCH, 1, 1), two.revision());
        set(store, record(BRANCH, 1, 2), one.revision());
        assertEquals(
                Optional.empty(), store.view(BRANCH).orElseThrow().status(second), "a member made again starts anew");
    }

    @Test
    void aWatchTellsWhatIsThereThenEveryChangeAndTheRemoval() throws Exception {
        var first = set(store, record(BRANCH, 1, 1), 0);
        var seen = new ArrayBlockingQueue<ClusterView>(1000);
        try (var _ = store.watch(seen::add)) {
            await(seen, view -> view.record().epoch().number() == 1);
            set(store, record(OTHER, 5, 1), 0);
            await(seen, view -> view.branch().equals(OTHER));
            store.report(status(new InstanceId(BRANCH, 1), MemberState.PRIMARY));
            await(seen, view -> view.primary().isPresent());
            store.remove(BRANCH, first.revision());
            await(
                    seen,
                    view -> view.branch().equals(BRANCH)
                            && view.record().members().isEmpty());
        }
    }

    @Test
    void aSlowListenerSkipsViewsButNeverTheLatestAndDelaysNobody() throws Exception {
        var read = set(store, record(BRANCH, 1, 1), 0);
        var mayGoOn = new CountDownLatch(1);
        var slow = new ArrayBlockingQueue<ClusterView>(1000);
        var quick = new ArrayBlockingQueue<ClusterView>(1000);
        try (var _ = store.watch(view -> {
                    awaitUninterrupted(mayGoOn);
                    slow.add(view);
                });
                var _ = store.watch(quick::add)) {
            for (var epoch = 2; epoch <= 50; epoch++) {
                read = set(store, record(BRANCH, epoch, 1), read.revision());
            }
            await(quick, view -> view.record().epoch().number() == 50);
            mayGoOn.countDown();
            await(slow, view -> view.record().epoch().number() == 50);
            assertTrue(slow.size() < 10, "views were conflated");
        }
    }

    @Test
    void aListenerThatThrowsIsStillToldTheNextChange() throws Exception {
        var first = set(store, record(BRANCH, 1, 1), 0);
        var seen = new ArrayBlockingQueue<ClusterView>(10);
        try (var _ = store.watch(view -> {
            seen.add(view);
            if (view.record().epoch().number() == 1) {
                throw new IllegalStateException("a listener with a fault, on purpose");
            }
        })) {
            await(seen, view -> view.record().epoch().number() == 1);
            set(store, record(BRANCH, 2, 1), first.revision());
            await(seen, view -> view.record().epoch().number() == 2);
        }
    }

    @Test
    void aClosedWatchIsSilentOnceCloseReturns() throws Exception {
        var first = set(store, record(BRANCH, 1, 1), 0);
        var calls = new AtomicInteger();
        var called = new CountDownLatch(1);
        var watch = store.watch(_ -> {
            calls.incrementAndGet();
            called.countDown();
        });
        assertTrue(called.await(10, TimeUnit.SECONDS));
        watch.close();
        var before = calls.get();

        var witness = new ArrayBlockingQueue<ClusterView>(10);
        try (var _ = store.watch(witness::add)) {
            set(store, record(BRANCH, 2, 1), first.revision());
            await(witness, view -> view.record().epoch().number() == 2);
        }
        assertEquals(before, calls.get());
    }

    @Test
    void aWatchMayBeClosedFromItsOwnListener() throws Exception {
        set(store, record(BRANCH, 1, 1), 0);
        var watch = new ArrayBlockingQueue<Coordination.Watch>(1);
        var closed = new CountDownLatch(1);
        watch.add(store.watch(_ -> {
            takeUninterrupted(watch).close();
            closed.countDown();
        }));
        assertTrue(closed.await(10, TimeUnit.SECONDS));
    }

    @Test
    void aClosedStoreAgreesOnNothing() {
        store.close();
        assertThrows(IllegalStateException.class, () -> store.compareAndSet(record(BRANCH, 1, 1), 0));
    }

    private static void await(ArrayBlockingQueue<ClusterView> seen, Predicate<ClusterView> wanted)
            throws InterruptedException {
        for (var i = 0; i < 1000; i++) {
            var next = seen.poll(10, TimeUnit.SECONDS);
            assertTrue(next != null, "the awaited view never came");
            if (wanted.test(next)) {
                return;
            }
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T takeUninterrupted(ArrayBlockingQueue<T> queue) {
        try {
            return queue.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
