package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.wire.ByteString;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** All logged-in clients, and the keys by which they may cancel. Thread-safe. */
final class SessionRegistry {
    private static final int SECRET_BYTES_3_0 = 4;
    private static final int SECRET_BYTES_3_2 = 32;

    private final RandomGenerator random;
    private final Map<Integer, LiveSession> sessions = new ConcurrentHashMap<>();
    private final Map<InstanceId, AtomicInteger> perInstance = new ConcurrentHashMap<>();

    /** @param random secure, and safe to use from several threads */
    SessionRegistry(RandomGenerator random) {
        this.random = random;
    }

    /** Enters a client and gives it a key of its own; the server's key stays with the proxy. */
    LiveSession open(
            int protocolMinor,
            LiveSession.Identity identity,
            LiveSession.Origin origin,
            EventLoop loop,
            LiveSession.Owner owner) {
        var secret = new byte[protocolMinor >= 2 ? SECRET_BYTES_3_2 : SECRET_BYTES_3_0];
        random.nextBytes(secret);
        while (true) {
            var processId = random.nextInt(1, Integer.MAX_VALUE);
            var session = new LiveSession(processId, ByteString.of(secret), identity, origin, loop, owner);
            if (sessions.putIfAbsent(processId, session) == null) {
                return session;
            }
        }
    }

    void close(LiveSession session) {
        if (sessions.remove(session.processId, session)) {
            detach(session);
        }
    }

    /** Counts a session on a server that is its own; those of a pool are lent too briefly to be counted. */
    void attach(LiveSession session, InstanceId instance) {
        detach(session);
        session.server(Optional.of(instance));
        session.counted = true;
        perInstance.computeIfAbsent(instance, _ -> new AtomicInteger()).incrementAndGet();
    }

    void detach(LiveSession session) {
        if (session.counted) {
            session.counted = false;
            session.server().map(perInstance::get).ifPresent(AtomicInteger::decrementAndGet);
        }
        session.server(Optional.empty());
    }

    int sessionsOn(InstanceId instance) {
        var count = perInstance.get(instance);
        return count == null ? 0 : count.get();
    }

    /** The session whose key this is. */
    Optional<LiveSession> find(int processId, ByteString secret) {
        return Optional.ofNullable(sessions.get(processId))
                .filter(session -> session.secret.equalsInConstantTime(secret));
    }

    Collection<LiveSession> all() {
        return sessions.values();
    }

    List<LiveSession> ofRole(BranchId branch, String role) {
        return sessions.values().stream()
                .filter(session -> session.branch.equals(branch) && session.role.equals(role))
                .toList();
    }
}
