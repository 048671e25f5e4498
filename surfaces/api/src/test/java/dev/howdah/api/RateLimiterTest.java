package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private static final RateLimit LIMIT = new RateLimit(2, 3, Duration.ofMinutes(5));

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final RateLimiter limiter = new RateLimiter(LIMIT, () -> now);

    private void violate(String address) {
        for (var i = 0; i < 4; i++) {
            limiter.waitFor(address);
        }
    }

    @Test
    void asManyAsAllowedPassInEverySecond() {
        for (var second = 0; second < 100; second++) {
            assertEquals(Optional.empty(), limiter.waitFor("10.0.0.1"));
            assertEquals(Optional.empty(), limiter.waitFor("10.0.0.1"));
            now = now.plusSeconds(1);
        }
    }

    @Test
    void oneMoreWaitsUntilTheSecondIsOver() {
        now = now.plusMillis(300);
        limiter.waitFor("10.0.0.1");
        limiter.waitFor("10.0.0.1");

        assertEquals(Optional.of(Duration.ofMillis(700)), limiter.waitFor("10.0.0.1"));
        now = now.plusMillis(700);
        assertEquals(Optional.empty(), limiter.waitFor("10.0.0.1"));
    }

    @Test
    void repeatedViolationsAreRefusedForThePenaltyAndThenForgiven() {
        for (var second = 0; second < 3; second++) {
            violate("10.0.0.1");
            now = now.plusSeconds(1);
        }

        assertEquals(Optional.of(Duration.ofSeconds(299)), limiter.waitFor("10.0.0.1"));
        assertEquals(Optional.empty(), limiter.waitFor("10.0.0.2"));
        now = now.plusSeconds(299);
        assertEquals(Optional.empty(), limiter.waitFor("10.0.0.1"));
    }

    @Test
    void violationsFarApartDoNotAddUp() {
        for (var i = 0; i < 10; i++) {
            violate("10.0.0.1");
            now = now.plus(Duration.ofMinutes(6));
        }

        assertEquals(Optional.empty(), limiter.waitFor("10.0.0.1"));
    }

    @Test
    void addressesOfOneIpv6NetworkCountTogether() {
        limiter.waitFor("2001:db8:0:1::1");
        limiter.waitFor("2001:db8:0:1::2");

        assertTrue(limiter.waitFor("2001:db8:0:1:ffff::3").isPresent());
        assertTrue(limiter.waitFor("2001:db8:0:2::1").isEmpty());
    }
}
