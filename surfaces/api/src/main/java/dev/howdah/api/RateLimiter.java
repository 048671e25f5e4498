package dev.howdah.api;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Counts requests per address. Safe for use by many threads: every call holds one lock for a few instructions. */
final class RateLimiter {
    /** Beyond this many addresses the one that asked longest ago is forgotten, so that memory stays bounded. */
    private static final int ADDRESSES_MAX = 10_000;

    private final RateLimit limit;
    private final InstantSource clock;
    private final Map<String, Caller> callers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Caller> eldest) {
            return size() > ADDRESSES_MAX;
        }
    };

    /** What is remembered of one address. {@code violations} counts seconds, not requests: one burst is one violation. */
    private static final class Caller {
        long second;
        int requests;
        int violations;
        Instant lastViolation = Instant.EPOCH;
        Instant refusedUntil = Instant.EPOCH;
    }

    RateLimiter(RateLimit limit, InstantSource clock) {
        this.limit = limit;
        this.clock = clock;
    }

    /** Counts one request; answers how long the address has to wait when this one is too many. */
    synchronized Optional<Duration> waitFor(String address) {
        var now = clock.instant();
        var caller = callers.computeIfAbsent(group(address), _ -> new Caller());
        if (now.isBefore(caller.refusedUntil)) {
            return Optional.of(Duration.between(now, caller.refusedUntil));
        }
        if (caller.second != now.getEpochSecond()) {
            caller.second = now.getEpochSecond();
            caller.requests = 0;
        }
        caller.requests++;
        if (caller.requests <= limit.requestsPerSecond()) {
            return Optional.empty();
        }
        if (caller.requests == limit.requestsPerSecond() + 1) {
            countViolation(caller, now);
        }
        var until = now.isBefore(caller.refusedUntil) ? caller.refusedUntil : Instant.ofEpochSecond(caller.second + 1);
        return Optional.of(Duration.between(now, until));
    }

    private void countViolation(Caller caller, Instant now) {
        var lapsed = now.isAfter(caller.lastViolation.plus(limit.penalty()));
        caller.violations = lapsed ? 1 : caller.violations + 1;
        caller.lastViolation = now;
        if (caller.violations >= limit.violations()) {
            caller.refusedUntil = now.plus(limit.penalty());
            caller.violations = 0;
        }
    }

    /** An IPv6 user owns at least a /64, so single addresses would be no limit at all. */
    private static String group(String address) {
        try {
            var parsed = InetAddress.ofLiteral(address);
            if (parsed instanceof Inet6Address) {
                return HexFormat.of().formatHex(Arrays.copyOf(parsed.getAddress(), 8));
            }
        } catch (IllegalArgumentException _) {
            return address;
        }
        return address;
    }
}
