package dev.howdah.proxy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;

/** What one address did lately. Thread-safe. */
final class AddressRecord {
    /** So many refused connections a second still get a handshake and an explanation; it costs us more than them. */
    private static final int HANDSHAKES_PER_SECOND_MAX = 10;

    private final AddressGuardConfig config;
    private final ArrayDeque<Instant> failures = new ArrayDeque<>();
    private Instant bannedUntil = Instant.MIN;
    private int bans;
    private long second;
    private int handshakes;

    AddressRecord(AddressGuardConfig config) {
        this.config = config;
    }

    synchronized void failed(Instant now) {
        failures.addLast(now);
        while (failures.getFirst().isBefore(now.minus(config.window()))) {
            failures.removeFirst();
        }
        if (failures.size() >= config.failures()) {
            failures.clear();
            ban(now);
        }
    }

    /** Rounded up, so that whoever waits as long as he was told finds the door open; 0 when not banned. */
    synchronized long secondsBanned(Instant now) {
        return now.isBefore(bannedUntil)
                ? Duration.between(now, bannedUntil).plusNanos(999_999_999).toSeconds()
                : 0;
    }

    synchronized Optional<AddressGuard.Ban> ban(String network, Instant now) {
        return now.isBefore(bannedUntil)
                ? Optional.of(new AddressGuard.Ban(network, bannedUntil, bans))
                : Optional.empty();
    }

    synchronized boolean mayShakeHands(Instant now) {
        if (now.getEpochSecond() != second) {
            second = now.getEpochSecond();
            handshakes = 0;
        }
        handshakes = Math.min(handshakes + 1, HANDSHAKES_PER_SECOND_MAX + 1);
        return handshakes <= HANDSHAKES_PER_SECOND_MAX;
    }

    private void ban(Instant now) {
        var soon = bans > 0 && now.isBefore(bannedUntil.plus(config.longestBan()));
        bans = soon ? bans + 1 : 1;
        var length = config.firstBan();
        for (var i = 1; i < bans && length.compareTo(config.longestBan()) < 0; i++) {
            length = length.multipliedBy(2);
        }
        bannedUntil = now.plus(length.compareTo(config.longestBan()) > 0 ? config.longestBan() : length);
    }
}
