package dev.howdah.ha;

import java.time.Duration;
import java.time.Instant;

/**
 * How often in a row something failed, and when it may be tried again: at once after the first failure, then after ever longer pauses.
 *
 * @param reason of the last failure
 */
record Restarts(int failures, Instant notBefore, String reason) {
    static final Restarts NONE = new Restarts(0, Instant.MIN, "");
    static final Duration PAUSE_MAX = Duration.ofSeconds(30);
    private static final Duration PAUSE_FIRST = Duration.ofMillis(500);

    Restarts after(String why, Instant now) {
        return new Restarts(failures + 1, now.plus(pause(failures)), why);
    }

    private static Duration pause(int before) {
        if (before == 0) {
            return Duration.ZERO;
        }
        var pause = PAUSE_FIRST.multipliedBy(1L << Math.min(before - 1, 10));
        return pause.compareTo(PAUSE_MAX) < 0 ? pause : PAUSE_MAX;
    }

    boolean allowed(Instant now) {
        return !now.isBefore(notBefore);
    }

    /** Why it failed and when it is tried again; empty when nothing failed. */
    String detail(Instant now) {
        if (failures == 0) {
            return "";
        }
        var times = failures == 1 ? "once" : "%d times in a row".formatted(failures);
        var next = allowed(now)
                ? "tried again now"
                : "tried again in %d s"
                        .formatted(Duration.between(now, notBefore).toSeconds() + 1);
        return "%s (%s, %s)".formatted(reason, times, next);
    }
}
