package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Goes over all pools now and then and ends what has lasted too long, so that neither a message nor a wait costs a timer. Sessions note when
 * their state changed; everything here is a comparison with that.
 */
final class PoolSweep {
    private static final Duration INTERVAL_MAX = Duration.ofSeconds(1);
    private static final Duration INTERVAL_MIN = Duration.ofMillis(10);
    /** No limit is passed by more than this part of it, or by more than the longest interval. */
    private static final int SWEEPS_PER_LIMIT = 8;
    /** A server that has not let go by then is made to. */
    private static final long CLOSING_NANOS_MAX = 1_000_000_000;

    private final Shared shared;
    private final Pools pools;

    PoolSweep(Shared shared, Pools pools) {
        this.shared = shared;
        this.pools = pools;
    }

    Duration interval() {
        var shortest = shortest(shared.pool());
        for (var each : shared.settings().ofBranches()) {
            shortest = Collections.min(List.of(shortest, shortest(each)));
        }
        return Collections.max(List.of(INTERVAL_MIN, shortest.dividedBy(SWEEPS_PER_LIMIT)));
    }

    private Duration shortest(PoolSettings settings) {
        return Stream.of(
                        settings.queryTimeout(),
                        settings.queryWaitTimeout(),
                        settings.clientIdleTimeout(),
                        settings.idleTransactionTimeout(),
                        settings.transactionTimeout(),
                        settings.pinIdleTimeout(),
                        settings.serverIdleTimeout(),
                        settings.serverLifetime(),
                        settings.reservePoolTimeout(),
                        shared.config().primaryWait(),
                        INTERVAL_MAX.multipliedBy(SWEEPS_PER_LIMIT))
                .filter(Duration::isPositive)
                .min(Duration::compareTo)
                .orElse(INTERVAL_MAX);
    }

    void run() {
        var now = System.nanoTime();
        for (var branch : List.copyOf(pools.branches())) {
            for (var database : List.copyOf(branch.databases())) {
                database.period.pass(database, now);
                List.copyOf(database.pools).forEach(pool -> sweep(pool, now));
            }
            branch.feed();
        }
        if (endsIdleClients()) {
            endIdleClients(now);
        }
    }

    private void sweep(Pool pool, long now) {
        for (var server : pool.servers.list()) {
            switch (server.use()) {
                case IDLE -> sweepIdle(pool, server, now);
                case LENT -> sweepLent(pool.branch.settings(), server, now);
                case CLOSING -> {
                    if (now - server.sinceNanos() >= CLOSING_NANOS_MAX && server.force()) {
                        ServerEnd.begin(pools.context(), server.link, () -> pool.servers.gone(server));
                    }
                }
                case CANCELED, CLOSED -> {}
            }
        }
        sweepWaiting(pool, now);
        keepLeast(pool);
        pool.forgetUnusedGroups();
    }

    private void sweepIdle(Pool pool, PooledServer server, long now) {
        var settings = pool.branch.settings();
        var spare = pool.tally.clients == 0 || pool.tally.staying() > settings.minPoolSize();
        if (pool.isOld(server, now)
                || pool.isTooLarge()
                || (spare && isOver(settings.serverIdleTimeout(), server.sinceNanos(), now))
                || pool.database.state() == PoolerSnapshot.State.PAUSED) {
            pool.servers.close(server);
        }
    }

    private static void sweepLent(PoolSettings settings, PooledServer server, long now) {
        var loan = server.borrower;
        if (loan != null) {
            ofLent(settings, loan.live(), now).ifPresent(loan::terminate);
        }
    }

    private static Optional<PlatformException> ofLent(PoolSettings settings, LiveSession client, long now) {
        return switch (client.state()) {
            case ACTIVE -> {
                if (isOver(settings.queryTimeout(), client.requestNanos(), now)) {
                    yield Optional.of(PoolErrors.queryTimeout());
                }
                yield ofTransaction(settings, client, now);
            }
            case IN_TRANSACTION -> {
                if (isOver(settings.idleTransactionTimeout(), client.changedNanos(), now)) {
                    yield Optional.of(PoolErrors.idleTransactionTimeout());
                }
                yield ofTransaction(settings, client, now);
            }
            case IDLE ->
                isOver(settings.pinIdleTimeout(), client.changedNanos(), now)
                        ? Optional.of(ProxyErrors.pinIdle(settings.pinIdleTimeout()))
                        : Optional.empty();
            case WAITING -> Optional.empty();
        };
    }

    private static Optional<PlatformException> ofTransaction(PoolSettings settings, LiveSession client, long now) {
        return isOver(settings.transactionTimeout(), client.transactionNanos(), now)
                ? Optional.of(PoolErrors.transactionTimeout())
                : Optional.empty();
    }

    /** Without any server clients wait for as long as for a primary, and only that; else the wait for a free one counts. */
    private void sweepWaiting(Pool pool, long now) {
        if (pool.waiting() == 0) {
            return;
        }
        var missing = pool.servers.isMissing();
        var limit =
                missing ? shared.config().primaryWait() : pool.branch.settings().queryWaitTimeout();
        var begins = missing ? pool.servers.missingSinceNanos() : pool.servers.availableSinceNanos();
        for (var group : List.copyOf(pool.groups())) {
            if (isOver(limit, begins, now) && (missing || limit.isPositive())) {
                pool.failWaiting(
                        group,
                        now - limit.toNanos(),
                        missing
                                ? ProxyErrors.retryTimeout(pool.key.branch().value(), limit)
                                : PoolErrors.queryWaitTimeout());
            }
            var query = pool.branch.settings().queryTimeout();
            if (query.isPositive()) {
                pool.failWaiting(group, now - query.toNanos(), PoolErrors.queryTimeoutWhileWaiting());
            }
        }
        if (pool.waiting() > 0) {
            pool.branch.hungry(pool);
        }
    }

    private void keepLeast(Pool pool) {
        if (pool.tally.clients == 0 || !pool.database.lends() || pool.servers.isMissing()) {
            return;
        }
        for (var lacking = pool.branch.settings().minPoolSize() - pool.tally.staying(); lacking > 0; lacking--) {
            pool.openSpare();
        }
    }

    private void endIdleClients(long now) {
        for (var session : pools.clients()) {
            if (session.state() == SessionSnapshot.State.IDLE
                    && session.server().isEmpty()
                    && isOver(shared.pool(session.branch).clientIdleTimeout(), session.changedNanos(), now)) {
                session.terminate(PoolErrors.clientIdleTimeout());
            }
        }
    }

    /** Only then all clients are looked at, and not only those that have or want a server. */
    private boolean endsIdleClients() {
        var ends = shared.pool().clientIdleTimeout().isPositive();
        for (var each : shared.settings().ofBranches()) {
            ends |= each.clientIdleTimeout().isPositive();
        }
        return ends;
    }

    /** A limit of zero is none. */
    private static boolean isOver(Duration limit, long sinceNanos, long now) {
        return limit.isPositive() && now - sinceNanos >= limit.toNanos();
    }
}
