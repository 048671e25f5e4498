package dev.howdah.proxy;

/** What of the {@link PoolSettings} is asked for with every loan, in the form in which it is compared. */
record PoolLimits(
        int poolSize,
        int minPoolSize,
        int reserve,
        long reserveNanos,
        int databaseServers,
        int roleServers,
        int budget,
        int pinnedPerPool,
        int pinnedPerBranch,
        long serverLifetimeNanos) {
    static PoolLimits of(PoolSettings settings) {
        return new PoolLimits(
                settings.defaultPoolSize(),
                settings.minPoolSize(),
                settings.reservePoolSize(),
                settings.reservePoolTimeout().toNanos(),
                orNone(settings.maxDatabaseConnections()),
                orNone(settings.maxUserConnections()),
                settings.branchConnectionBudget(),
                settings.maxPinnedPerPool(),
                settings.maxPinnedPerBranch(),
                settings.serverLifetime().toNanos());
    }

    private static int orNone(int limit) {
        return limit == 0 ? Integer.MAX_VALUE : limit;
    }
}
