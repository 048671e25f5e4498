package dev.howdah.proxy;

import dev.howdah.coordination.ClusterView;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.Query;
import java.util.Optional;

/** A server connection of a {@link Pool}. It serves one role and one database all its life, and one client at a time. */
final class PooledServer {
    final ServerLink link;
    final PoolKey.Group group;
    /** What clients have set in its session since it began; the client it is lent to has the same. */
    PooledSettings settings;

    private Optional<ClusterView> current = Optional.empty();
    private int cancelsUnderWay;
    private boolean tainted;
    private Optional<Runnable> whenQuiet = Optional.empty();
    private long idleSinceNanos;

    PooledServer(ServerLink link, PoolKey.Group group, PooledSettings settings) {
        this.link = link;
        this.group = group;
        this.settings = settings;
    }

    /** Whether it still is the primary's; asked often, so a view that was looked at once is not looked at again. */
    boolean isOf(ClusterView view) {
        if (current.isPresent() && current.get().equals(view)) {
            return true;
        }
        var still = view.primary()
                .filter(member -> member.id().equals(link.instance()))
                .isPresent();
        current = still ? Optional.of(view) : Optional.empty();
        return still;
    }

    /** Makes the session what the client expects; the answer is the state's to swallow. */
    void takeOver(PoolingState state) {
        var statements = settings.statementsTo(state.settings());
        if (!statements.isEmpty()) {
            // A setting may have become invalid, and then nothing of the client's may run without it.
            state.swallowRound(!settings.differsInNameOnly(state.settings()));
            settings = state.settings();
            link.connection().send(FrontendCodec.encode(new Query(statements)));
        }
    }

    void cancelBegun() {
        cancelsUnderWay++;
    }

    /** The cancel has hit, or missed; it cannot hit a later client any more. */
    void cancelEnded() {
        cancelsUnderWay--;
        if (cancelsUnderWay == 0) {
            var action = whenQuiet;
            whenQuiet = Optional.empty();
            action.ifPresent(Runnable::run);
        }
    }

    /** Nobody knows when the cancel will hit. */
    void cancelLost() {
        tainted = true;
        cancelEnded();
    }

    /** Whether another client may still have it. */
    boolean isLendable() {
        return !tainted && link.connection().isOpen();
    }

    /** Runs {@code action} as soon as no cancel is on its way to this server. */
    void whenQuiet(Runnable action) {
        if (cancelsUnderWay == 0) {
            action.run();
        } else {
            whenQuiet = Optional.of(action);
        }
    }

    void idleSince(long nanos) {
        idleSinceNanos = nanos;
    }

    long idleSince() {
        return idleSinceNanos;
    }
}
