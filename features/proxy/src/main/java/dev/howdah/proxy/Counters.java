package dev.howdah.proxy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counted by all loops. */
final class Counters {
    final LongAdder accepted = new LongAdder();
    final AtomicInteger unauthenticated = new AtomicInteger();
    final LongAdder overLimit = new LongAdder();
    final LongAdder handshakesFailed = new LongAdder();
    final LongAdder clearTextBeforeTls = new LongAdder();
    final LongAdder loginsRefused = new LongAdder();
    final LongAdder loginsSucceeded = new LongAdder();
    final LongAdder cancels = new LongAdder();

    ProxyCounters snapshot() {
        return new ProxyCounters(
                accepted.sum(),
                unauthenticated.get(),
                overLimit.sum(),
                handshakesFailed.sum(),
                clearTextBeforeTls.sum(),
                loginsRefused.sum(),
                loginsSucceeded.sum(),
                cancels.sum());
    }
}
