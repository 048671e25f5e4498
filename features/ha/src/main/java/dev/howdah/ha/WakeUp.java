package dev.howdah.ha;

import java.time.Duration;

/** Ends one thread's pause early. A call that comes while it does not wait ends its next pause. */
final class WakeUp {
    private boolean called; // guarded by this

    synchronized void now() {
        called = true;
        notifyAll();
    }

    synchronized void await(Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        for (var rest = atMost.toNanos(); !called && rest > 0; rest = deadline - System.nanoTime()) {
            wait(rest / 1_000_000 + 1);
        }
        called = false;
    }
}
