package dev.howdah.proxy;

import dev.howdah.proxy.io.EventLoop;
import java.util.HashSet;
import java.util.Set;

/** What the sessions of one loop share; used on that loop only. */
final class LoopContext {
    /** One full read and what the proxy adds to it. */
    private static final int OUTBOX_BYTES = 96 * 1024;

    private final Loops loops;
    private final EventLoop loop;
    private final Canceller canceller;
    private final Pools pools;
    private final Listeners listeners;
    private final FactsCache facts = new FactsCache();
    private final KnownSettings settings = new KnownSettings();
    private final StatementBook statements;
    private final ServerRecord noServer;
    private final WaitingBytes waitingBytes = new WaitingBytes();
    private final Outbox toServers = new Outbox(OUTBOX_BYTES);
    private final Outbox toClients = new Outbox(OUTBOX_BYTES);
    private final Set<ClientSession> sessions = new HashSet<>();
    private boolean closed;

    /** @param loops this will be one of them */
    LoopContext(Shared shared, Loops loops, EventLoop loop) {
        this.loops = loops;
        this.loop = loop;
        this.canceller = new Canceller(shared, loop);
        this.pools = new Pools(shared, this);
        this.statements = new StatementBook(shared.random().nextLong());
        this.noServer = new ServerRecord(statements);
        this.listeners = new Listeners(shared, this);
    }

    Loops loops() {
        return loops;
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

    Listeners listeners() {
        return listeners;
    }

    FactsCache facts() {
        return facts;
    }

    KnownSettings settings() {
        return settings;
    }

    StatementBook statements() {
        return statements;
    }

    /** Stands for the server of a client that has none. */
    ServerRecord noServer() {
        return noServer;
    }

    WaitingBytes waitingBytes() {
        return waitingBytes;
    }

    /** Gathers what one pass sends to a server. */
    Outbox toServers() {
        return toServers;
    }

    /** Gathers what one pass sends to a client. */
    Outbox toClients() {
        return toClients;
    }

    void sessionBegun(ClientSession session) {
        sessions.add(session);
    }

    void sessionEnded(ClientSession session) {
        sessions.remove(session);
    }

    /** Ends all sessions; whoever still comes is not let in. */
    void close() {
        closed = true;
        Set.copyOf(sessions).forEach(ClientSession::close);
    }

    boolean isClosed() {
        return closed;
    }
}
