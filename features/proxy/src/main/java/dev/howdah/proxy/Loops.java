package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The event loops of a proxy, and which of them serves whom. New clients take turns. Every branch has one for life, its home loop, where all of
 * its pools are, so that nothing of a pool is shared; clients of the pooled endpoint move there once they have named it. Thread-safe once all loops
 * are {@linkplain #add added}, which is before there are clients.
 */
final class Loops {
    private final List<LoopContext> all = new ArrayList<>();
    private final AtomicInteger turns = new AtomicInteger();
    /** Each client that is not logged in has one at most, so all of them fit into a loop's queue. */
    private final Set<ClientSession.Move> moves = ConcurrentHashMap.newKeySet();

    void add(LoopContext context) {
        all.add(context);
    }

    List<LoopContext> all() {
        return all;
    }

    /** The one that listens. */
    LoopContext first() {
        return all.getFirst();
    }

    LoopContext next() {
        return all.get(Math.floorMod(turns.getAndIncrement(), all.size()));
    }

    /** The one with the branch's pools. */
    LoopContext home(BranchId branch) {
        return all.get(number(branch, all.size()));
    }

    /** Which of so many loops is a branch's home loop. */
    static int number(BranchId branch, int loops) {
        return Math.floorMod(mixed(branch.value().hashCode()), loops);
    }

    /** The last bits of a text's hash are much like those of its last letters. */
    private static int mixed(int hash) {
        var mixed = (hash ^ hash >>> 16) * 0x85ebca6b;
        mixed = (mixed ^ mixed >>> 13) * 0xc2b2ae35;
        return mixed ^ mixed >>> 16;
    }

    /** Whether the caller is one of them, and so must not wait for another. */
    boolean isCurrent() {
        return all.stream().anyMatch(context -> context.loop().isCurrent());
    }

    /** A client is on its way from one loop to another and on neither. */
    void begin(ClientSession.Move move) {
        moves.add(move);
    }

    /** True for one caller: the move is over, and its client the caller's. */
    boolean end(ClientSession.Move move) {
        return moves.remove(move);
    }

    /** Closes clients whose loop has ended before they came; called when all loops have. */
    void closeMoves() {
        for (var move : moves) {
            if (end(move)) {
                move.abandon();
            }
        }
    }
}
