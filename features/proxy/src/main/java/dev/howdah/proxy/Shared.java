package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** What all sessions of a proxy use; everything in it is thread-safe. */
record Shared(
        ProxyConfig config,
        RunningSettings settings,
        TlsEngines tls,
        AddressGuard addresses,
        LoginDirectory logins,
        Branches branches,
        SessionRegistry sessions,
        Counters counters,
        FileLimit files,
        PoolTotals totals,
        ProxyEvents events,
        InstantSource clock,
        RandomGenerator random) {
    /** The settings of the pooled endpoint as they are now; a later call may give others. */
    PoolSettings pool() {
        return settings.now();
    }

    /** The same for one branch, where some may have been set apart. */
    PoolSettings pool(BranchId branch) {
        return settings.now(branch);
    }
}
