package dev.howdah.proxy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the pools of all loops count together: at logins and at new server connections only, never per transaction. Thread-safe. */
final class PoolTotals {
    private final AtomicInteger clients = new AtomicInteger();
    private final AtomicLong lastServer = new AtomicLong();

    /** Counts one more client; false, and nothing is counted, when there are as many as may be. */
    boolean clientCame(int clientsMax) {
        return clients.getAndUpdate(now -> now < clientsMax ? now + 1 : now) < clientsMax;
    }

    void clientWent() {
        clients.decrementAndGet();
    }

    /** The number of a new server connection. */
    long nextServer() {
        return lastServer.incrementAndGet();
    }
}
