package dev.howdah.proxy;

import dev.howdah.proxy.io.EventLoop;
import java.util.HashSet;
import java.util.Set;

/** What the sessions of one loop share; used on that loop only. */
final class LoopContext {
    private final EventLoop loop;
    private final Canceller canceller;
    private final Pools pools;
    private final PinCache pins = new PinCache();
    private final Set<ClientSession> sessions = new HashSet<>();

    LoopContext(Shared shared, EventLoop loop) {
        this.loop = loop;
        this.canceller = new Canceller(loop);
        this.pools = new Pools(shared, loop);
    }

    EventLoop loop() {
        return loop;
    }

    Canceller canceller() {
        return canceller;
    }

    Pools pools() {
        return pools;
    }

    PinCache pins() {
        return pins;
    }

    void sessionBegun(ClientSession session) {
        sessions.add(session);
    }

    void sessionEnded(ClientSession session) {
        sessions.remove(session);
    }

    Set<ClientSession> sessions() {
        return Set.copyOf(sessions);
    }
}
