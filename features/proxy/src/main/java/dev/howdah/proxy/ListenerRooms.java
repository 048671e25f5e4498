package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What of a branch's budget its shared listeners take up. One serves any number of clients and stays for long, so it goes before pools: without
 * room it gets that of the connection that has been idle longest, or of the next one that is given back. A transaction is never interrupted for
 * it; and since those who wait for it may have what it waits for, it waits for {@link #WAIT_MAX} at most. Listeners never have more than a quarter
 * of the budget, which with what may be pinned leaves another quarter to move.
 */
final class ListenerRooms {
    static final Duration WAIT_MAX = Duration.ofSeconds(10);
    private static final int BUDGET_PART = 4;

    private final BranchPools branch;
    private final ArrayDeque<Room> waiting = new ArrayDeque<>();
    /** Those that have room or wait for it. */
    private int rooms;

    ListenerRooms(BranchPools branch) {
        this.branch = branch;
    }

    /** A quarter of the budget, and one where another connection would be left. */
    private int roomsMax() {
        var budget = branch.limits().budget();
        return Math.max(budget / BUDGET_PART, budget > 1 ? 1 : 0);
    }

    Room room(Runnable made, Consumer<PlatformException> refused) {
        return new Room(made, refused);
    }

    boolean isUnused() {
        return rooms == 0;
    }

    boolean anyWaits() {
        return !waiting.isEmpty();
    }

    /** Gives what room there is, and refuses who has waited for too long. */
    void feed() {
        while (!waiting.isEmpty() && hasRoom()) {
            waiting.removeFirst().begin();
        }
        if (!waiting.isEmpty()) {
            var now = System.nanoTime();
            for (var each : List.copyOf(waiting)) {
                if (now - each.sinceNanos >= waitMax().toNanos() && waiting.remove(each)) {
                    each.refuse();
                }
            }
        }
    }

    private Duration waitMax() {
        var set = branch.settings().queryWaitTimeout();
        return set.isPositive() && set.compareTo(WAIT_MAX) < 0 ? set : WAIT_MAX;
    }

    private boolean hasRoom() {
        return branch.tally.servers < branch.limits().budget();
    }

    /** Whether the room of this server, which its client has just given back, goes to a listener. */
    boolean take(PooledServer server) {
        var first = waiting.pollFirst();
        if (first == null) {
            return false;
        }
        first.take(server);
        return true;
    }

    /** That of one connection; asked for once and given back once. */
    final class Room implements RoomTaker {
        private final Runnable made;
        private final Consumer<PlatformException> refused;
        private long sinceNanos;
        private boolean held;
        private boolean over;

        private Room(Runnable made, Consumer<PlatformException> refused) {
            this.made = made;
            this.refused = refused;
        }

        /** Is told what comes of it, perhaps at once. */
        void ask() {
            rooms++;
            sinceNanos = System.nanoTime();
            if (rooms > roomsMax()) {
                refuse();
            } else if (hasRoom()) {
                begin();
            } else {
                waitOrTake(branch.longestIdle());
            }
        }

        private void waitOrTake(@Nullable PooledServer idle) {
            if (idle == null) {
                waiting.addLast(this);
            } else {
                take(idle);
            }
        }

        private void take(PooledServer server) {
            server.successor = this;
            server.pool.statistics().taken++;
            server.pool.servers.close(server);
        }

        @Override
        public void roomMade() {
            if (over) {
                return;
            }
            if (hasRoom()) {
                begin();
            } else {
                waiting.addFirst(this); // a smaller budget holds now
            }
        }

        private void begin() {
            held = true;
            branch.tally.servers++;
            made.run();
        }

        private void refuse() {
            giveBack();
            refused.accept(ProxyErrors.noRoomToListen(roomsMax()));
        }

        /** The connection is gone, or not wanted any more. */
        void giveBack() {
            if (over) {
                return;
            }
            over = true;
            rooms--;
            waiting.remove(this);
            if (held) {
                branch.tally.servers--;
                branch.feedLater();
                branch.settle();
            }
        }
    }
}
