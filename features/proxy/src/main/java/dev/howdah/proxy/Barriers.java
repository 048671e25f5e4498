package dev.howdah.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for a listening connection to have told everything that was committed before. One barrier is under way at a time; who comes meanwhile
 * shares the next one.
 */
final class Barriers {
    private final LongSupplier commits;
    private List<Runnable> now = List.of();
    private List<Runnable> next = new ArrayList<>();
    private @Nullable ListenerLink under;
    private long passedThrough;

    /** @param commits how many of them there are known to be */
    Barriers(LongSupplier commits) {
        this.commits = commits;
    }

    /** Whether everything has been told that is known to be committed. */
    boolean isPassed() {
        return passedThrough >= commits.getAsLong();
    }

    /** @param then once it has been told, or never will be */
    void await(Runnable then, ListenerLink link) {
        next.add(then);
        if (now.isEmpty()) {
            begin(link);
        }
    }

    private void begin(ListenerLink link) {
        var through = commits.getAsLong();
        under = link;
        now = next;
        next = new ArrayList<>();
        link.settle(() -> {
            passedThrough = through;
            var passed = now;
            now = List.of();
            passed.forEach(Runnable::run);
            if (!next.isEmpty() && now.isEmpty() && link.equals(under)) {
                begin(link);
            }
        });
    }

    /** The connection is gone; nobody waits for it any more. */
    void giveUp() {
        var all = new ArrayList<>(now);
        all.addAll(next);
        under = null;
        now = List.of();
        next = new ArrayList<>();
        all.forEach(Runnable::run);
    }
}
