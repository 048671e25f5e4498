package dev.howdah.proxy;

/**
 * What has gone through one pool since it began; plain numbers, written and read on its loop. The pool itself writes the waits, the
 * assignments and the times, which follow from what its clients are doing; the relay writes what it sees in the bytes.
 */
final class PoolStatistics {
    // By the relay
    long queries;
    long transactions;
    long bytesReceived;
    long bytesSent;
    long clientParses;
    long serverParses;
    long binds;
    long errors;
    /** Server connections that were cleaned of what a client had left. */
    long cleaned;

    // By the pool
    long queryNanos;
    long transactionNanos;
    long waitNanos;
    /** How the three above are spread; {@link #tookQuery} and its like write both. */
    final Histogram queryTimes = new Histogram();

    final Histogram transactionTimes = new Histogram();
    final Histogram waitTimes = new Histogram();
    long serverAssignments;
    long pins;
    /** Server connections closed to make room for another pool's client. */
    long taken;

    void tookQuery(long nanos) {
        queryNanos += nanos;
        queryTimes.record(nanos);
    }

    void tookTransaction(long nanos) {
        transactionNanos += nanos;
        transactionTimes.record(nanos);
    }

    void waited(long nanos) {
        waitNanos += nanos;
        waitTimes.record(nanos);
    }

    void add(PoolStatistics other) {
        queryTimes.add(other.queryTimes);
        transactionTimes.add(other.transactionTimes);
        waitTimes.add(other.waitTimes);
        queries += other.queries;
        transactions += other.transactions;
        bytesReceived += other.bytesReceived;
        bytesSent += other.bytesSent;
        clientParses += other.clientParses;
        serverParses += other.serverParses;
        binds += other.binds;
        errors += other.errors;
        cleaned += other.cleaned;
        queryNanos += other.queryNanos;
        transactionNanos += other.transactionNanos;
        waitNanos += other.waitNanos;
        serverAssignments += other.serverAssignments;
        pins += other.pins;
        taken += other.taken;
    }

    PoolerSnapshot.Statistics snapshot() {
        return new PoolerSnapshot.Statistics(
                transactions,
                queries,
                serverAssignments,
                bytesReceived,
                bytesSent,
                transactionNanos,
                queryNanos,
                waitNanos,
                clientParses,
                serverParses,
                binds,
                errors,
                pins,
                cleaned,
                taken,
                new PoolerSnapshot.Times(queryTimes.snapshot(), transactionTimes.snapshot(), waitTimes.snapshot()));
    }
}
