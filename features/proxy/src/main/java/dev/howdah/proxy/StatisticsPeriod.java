package dev.howdah.proxy;

import java.time.Duration;

/** Averages of one database over the last whole period, and before the first has passed over what there is. */
final class StatisticsPeriod {
    static final Duration LENGTH = Duration.ofSeconds(60);

    private PoolStatistics before = new PoolStatistics();
    private PoolStatistics last = new PoolStatistics();
    private long beforeNanos = System.nanoTime();
    private long lastNanos = beforeNanos;

    /** Called now and then; ends the period when its time has come. */
    void pass(DatabasePools database, long nowNanos) {
        if (nowNanos - lastNanos >= LENGTH.toNanos()) {
            before = last;
            beforeNanos = lastNanos;
            last = database.statistics();
            lastNanos = nowNanos;
        }
    }

    PoolerSnapshot.Averages averages(PoolStatistics now, long nowNanos) {
        return lastNanos == beforeNanos
                ? between(last, now, nowNanos - lastNanos)
                : between(before, last, lastNanos - beforeNanos);
    }

    private static PoolerSnapshot.Averages between(PoolStatistics from, PoolStatistics to, long nanos) {
        var seconds = Math.max(1, nanos / 1e9);
        var transactions = to.transactions - from.transactions;
        var queries = to.queries - from.queries;
        var assignments = to.serverAssignments - from.serverAssignments;
        return new PoolerSnapshot.Averages(
                (long) (transactions / seconds),
                (long) (queries / seconds),
                (long) (assignments / seconds),
                (long) ((to.bytesReceived - from.bytesReceived) / seconds),
                (long) ((to.bytesSent - from.bytesSent) / seconds),
                Duration.ofNanos((to.transactionNanos - from.transactionNanos) / Math.max(1, transactions)),
                Duration.ofNanos((to.queryNanos - from.queryNanos) / Math.max(1, queries)),
                Duration.ofNanos((to.waitNanos - from.waitNanos) / Math.max(1, assignments)),
                (long) ((to.clientParses - from.clientParses) / seconds),
                (long) ((to.serverParses - from.serverParses) / seconds),
                (long) ((to.binds - from.binds) / seconds));
    }
}
