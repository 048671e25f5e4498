package dev.howdah.proxy;

import dev.howdah.wire.ScramVerifier;
import java.time.Instant;
import java.util.Optional;

/**
 * What a branch's server says about one role, read together so that the parts agree.
 *
 * @param oid pools and caches go by it, never by the name: a dropped and recreated role is another one
 * @param validUntil PostgreSQL checks it for password logins only, so the proxy must
 * @param verifier empty when the role has no password, or one that is no SCRAM verifier
 * @param connectionLimit -1 for none
 * @param physical whether the platform granted physical replication
 * @param monitors whether it has the rights of {@code pg_monitor}: it may look at the pools
 * @param signals whether it has the rights of {@code pg_signal_backend}: it may steer them, when it may look at them
 */
record LoginEntry(
        long oid,
        boolean canLogin,
        Optional<Instant> validUntil,
        Optional<ScramVerifier> verifier,
        boolean replication,
        int connectionLimit,
        boolean physical,
        boolean monitors,
        boolean signals) {
    /** Whether a correct password lets this role in now. */
    boolean mayLogIn(Instant now) {
        return canLogin && verifier.isPresent() && validUntil.map(now::isBefore).orElse(true);
    }
}
