package dev.howdah.ha;

import dev.howdah.base.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known of a running standby.
 *
 * @param conninfo {@code primary_conninfo} as the server shows it
 * @param slot {@code primary_slot_name}
 * @param silentSince since when it does not stream though the leader is up; empty while it streams or the leader is not up
 * @param restartedSince whether it was restarted since then
 * @param upstream what the leader says about it; asked only while it does not stream
 */
record StandbyFacts(
        int timeline,
        Lsn received,
        Lsn replayed,
        boolean streams,
        Optional<Duration> replayLag,
        String conninfo,
        String slot,
        Optional<Instant> silentSince,
        boolean restartedSince,
        Optional<Upstream> upstream) {

    /**
     * @param walRemoved whether the leader no longer has the WAL that the standby needs next
     * @param standbyAhead whether the standby has WAL that the leader does not have, so that their histories differ
     */
    record Upstream(boolean walRemoved, boolean standbyAhead, int timeline) {}
}
