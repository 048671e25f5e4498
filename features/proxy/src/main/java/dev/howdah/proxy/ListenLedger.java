package dev.howdah.proxy;

import dev.howdah.proxy.sql.ListenStatements.Listen;
import dev.howdah.proxy.sql.ListenStatements.Other;
import dev.howdah.proxy.sql.ListenStatements.Release;
import dev.howdah.proxy.sql.ListenStatements.RollbackTo;
import dev.howdah.proxy.sql.ListenStatements.Savepoint;
import dev.howdah.proxy.sql.ListenStatements.Step;
import dev.howdah.proxy.sql.ListenStatements.Unlisten;
import dev.howdah.proxy.sql.ListenStatements.UnlistenAll;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which channels one client listens on, by PostgreSQL's rule: a LISTEN or UNLISTEN counts when its transaction commits, and not when it, or a
 * subtransaction around it, is rolled back. Statements are noted when they go to the server, and count once their command tags are back.
 */
final class ListenLedger {
    private final Set<String> channels = new HashSet<>();
    /** What has succeeded in the transaction under way, in order, with the savepoints between. */
    private final List<Step> pending = new ArrayList<>();

    private final ArrayDeque<Expected> expected = new ArrayDeque<>();
    private boolean failed;

    /** A statement under way: the answer that is closed by its command tag. */
    private record Expected(long round, int answer, Step step) {
        boolean isBefore(long otherRound, int otherAnswer) {
            return round < otherRound || (round == otherRound && answer < otherAnswer);
        }
    }

    /** Whether statements about transactions matter: something under way may still be rolled back. */
    boolean isPending() {
        return !pending.isEmpty() || !expected.isEmpty();
    }

    /** Whether nothing is listened to, now or after the transaction under way. */
    boolean isEmpty() {
        return channels.isEmpty() && !isPending();
    }

    boolean listensOn(String channel) {
        return channels.contains(channel);
    }

    boolean listens() {
        return !channels.isEmpty();
    }

    /** Every channel that is listened to, or will be when all goes well. */
    Set<String> wanted() {
        var wanted = new HashSet<>(channels);
        pending.forEach(step -> addListen(step, wanted));
        expected.forEach(each -> addListen(each.step(), wanted));
        return wanted;
    }

    private static void addListen(Step step, Set<String> wanted) {
        if (step instanceof Listen(var channel)) {
            wanted.add(channel);
        }
    }

    /** A statement goes to the server; its answer is the n-th of the round. */
    void sent(long round, int answer, Step step) {
        expected.addLast(new Expected(round, answer, step));
    }

    /** A command tag; gives what the statement does. */
    Step answered(long round, int answer, String tag) {
        var noted = take(round, answer);
        var step = fits(noted, tag) ? noted : new Other();
        switch (tag) {
            case "COMMIT" -> commit();
            case "ROLLBACK" -> {
                if (step instanceof RollbackTo(var name)) {
                    rollbackTo(name);
                } else {
                    pending.clear();
                }
            }
            default -> succeeded(step);
        }
        return step;
    }

    /** A portal may be another than was thought, where the Bind that was to make it has failed. Servers are sent UNLISTEN instead of LISTEN. */
    private static boolean fits(Step step, String tag) {
        return switch (step) {
            case Listen _, Unlisten _ -> tag.equals("UNLISTEN");
            case UnlistenAll _ -> tag.equals("UNLISTEN") || tag.equals("DISCARD ALL");
            case Savepoint _ -> tag.equals("SAVEPOINT");
            case Release _ -> tag.equals("RELEASE");
            case RollbackTo _ -> tag.equals("ROLLBACK");
            case Other _ -> true;
        };
    }

    private Step take(long round, int answer) {
        while (!expected.isEmpty() && expected.getFirst().isBefore(round, answer)) {
            expected.removeFirst(); // it had another answer than a command tag
        }
        var next = expected.peekFirst();
        return next != null && next.round() == round && next.answer() == answer
                ? expected.removeFirst().step()
                : new Other();
    }

    private void succeeded(Step step) {
        switch (step) {
            case Listen _, Unlisten _, UnlistenAll _ -> pending.add(step);
            case Savepoint _ -> {
                if (!pending.isEmpty()) {
                    pending.add(step);
                }
            }
            case Release(var name) -> release(name);
            case RollbackTo _, Other _ -> {}
        }
    }

    /** Savepoints set since are gone too; what was done since belongs to what is around them. */
    private void release(String name) {
        var at = lastSavepoint(name);
        if (at >= 0) {
            pending.subList(at, pending.size()).removeIf(Savepoint.class::isInstance);
        }
    }

    /** A savepoint that is not known was set before the first step that is. */
    private void rollbackTo(String name) {
        pending.subList(lastSavepoint(name) + 1, pending.size()).clear();
    }

    private int lastSavepoint(String name) {
        return pending.lastIndexOf(new Savepoint(name));
    }

    private void commit() {
        for (var step : pending) {
            switch (step) {
                case Listen(var channel) -> channels.add(channel);
                case Unlisten(var channel) -> channels.remove(channel);
                case UnlistenAll _ -> channels.clear();
                case Savepoint _, Release _, RollbackTo _, Other _ -> {}
            }
        }
        pending.clear();
    }

    /**
     * An error: what follows in its round is not done.
     *
     * @param skipped nor is anything in so many rounds behind it, which are not counted
     */
    void failed(long round, int skipped) {
        failed = true;
        expected.removeIf(each -> each.round() <= round + skipped);
        if (skipped > 0) {
            var later = expected.stream()
                    .map(each -> new Expected(each.round() - skipped, each.answer(), each.step()))
                    .toList();
            expected.clear();
            expected.addAll(later);
        }
    }

    /** A round has ended, and with status {@code I} the transaction, if there was one. */
    void ready(long round, byte transactionStatus) {
        expected.removeIf(each -> each.round() <= round);
        if (transactionStatus == 'I') {
            if (failed) {
                pending.clear();
            } else {
                commit();
            }
        }
        failed = false;
    }

    /** Nothing is listened to any more, whatever is under way. */
    void clear() {
        channels.clear();
        pending.clear();
        expected.clear();
    }
}
