package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestClock;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddressGuardTest {
    private static final InetAddress CLIENT = InetAddress.ofLiteral("192.0.2.7");
    private static final InetAddress OTHER = InetAddress.ofLiteral("192.0.2.8");

    private final TestClock clock = new TestClock();
    private final AddressGuard guard = new AddressGuard(AddressGuardConfig.DEFAULT, clock);

    @Test
    void tenFailuresInAMinuteBanAndTheSecondsCountDown() {
        fail(guard, CLIENT, 9);
        assertInstanceOf(Admission.Admitted.class, guard.admit(CLIENT));
        fail(guard, CLIENT, 1);
        clock.advance(Duration.ofMillis(12_500));
        assertEquals(
                "connection rejected: your IP is temporarily rate-limited after repeated failed auth attempts, retry in 48s",
                refusal(guard.admit(CLIENT)));
        assertInstanceOf(Admission.Admitted.class, guard.admit(OTHER));
        clock.advance(Duration.ofMillis(47_500));
        assertInstanceOf(Admission.Admitted.class, guard.admit(CLIENT));
    }

    @Test
    void failuresOutsideTheWindowDoNotCount() {
        fail(guard, CLIENT, 9);
        clock.advance(Duration.ofSeconds(61));
        fail(guard, CLIENT, 9);
        assertInstanceOf(Admission.Admitted.class, guard.admit(CLIENT));
    }

    @Test
    void eachBanThatFollowsSoonIsTwiceAsLongUpToFifteenMinutes() {
        for (var seconds : List.of(60, 120, 240, 480, 900, 900)) {
            fail(guard, CLIENT, 10);
            assertEquals(
                    clock.instant().plusSeconds(seconds),
                    guard.bans().getFirst().until());
            clock.advance(Duration.ofSeconds(seconds + 1));
        }
        clock.advance(Duration.ofMinutes(16));
        fail(guard, CLIENT, 10);
        assertEquals(clock.instant().plusSeconds(60), guard.bans().getFirst().until());
    }

    @Test
    void aFloodFromABannedAddressIsDroppedAfterTenHandshakesASecond() {
        fail(guard, CLIENT, 10);
        for (var i = 0; i < 10; i++) {
            assertInstanceOf(Admission.Refused.class, guard.admit(CLIENT));
        }
        assertInstanceOf(Admission.Dropped.class, guard.admit(CLIENT));
        clock.advance(Duration.ofSeconds(1));
        assertInstanceOf(Admission.Refused.class, guard.admit(CLIENT));
    }

    @Test
    void bansAreListedAndLifted() {
        fail(guard, CLIENT, 10);
        assertEquals(List.of(new AddressGuard.Ban("192.0.2.7", clock.instant().plusSeconds(60), 1)), guard.bans());
        assertTrue(guard.lift(CLIENT));
        assertFalse(guard.lift(CLIENT));
        assertInstanceOf(Admission.Admitted.class, guard.admit(CLIENT));
    }

    @Test
    void aHostsWholeNetworkCountsAsOneInVersionSix() {
        fail(guard, InetAddress.ofLiteral("2001:db8:0:1::1"), 5);
        fail(guard, InetAddress.ofLiteral("2001:db8:0:1:ffff::2"), 5);
        assertInstanceOf(Admission.Refused.class, guard.admit(InetAddress.ofLiteral("2001:db8:0:1::3")));
        assertInstanceOf(Admission.Admitted.class, guard.admit(InetAddress.ofLiteral("2001:db8:0:2::1")));
        assertEquals("2001:db8:0:1:0:0:0:0/64", guard.bans().getFirst().network());
    }

    @Test
    void exemptNetworksAreNeverBanned() {
        var lenient = new AddressGuard(config(List.of("192.0.2.0/29", "2001:db8::/32"), 1), clock);
        fail(lenient, CLIENT, 100);
        fail(lenient, OTHER, 100);
        fail(lenient, InetAddress.ofLiteral("2001:db8::1"), 100);
        assertEquals(
                List.of("192.0.2.8"),
                lenient.bans().stream().map(AddressGuard.Ban::network).toList());
        assertInstanceOf(Admission.Admitted.class, lenient.admit(CLIENT));
        assertInstanceOf(Admission.Admitted.class, lenient.admit(CLIENT));
    }

    @Test
    void anAddressMayHaveSoManyConnectionsAndNoMore() {
        var strict = new AddressGuard(config(List.of(), 2), clock);
        strict.admit(CLIENT);
        strict.admit(CLIENT);
        assertEquals("too many connections from your IP (limit 2)", refusal(strict.admit(CLIENT)));
        strict.released(CLIENT);
        strict.released(CLIENT);
        assertInstanceOf(Admission.Admitted.class, strict.admit(CLIENT));
    }

    @Test
    void memoryIsBoundedWhateverTheAddresses() {
        for (var i = 0; i < 2 * AddressGuard.ADDRESSES_MAX; i++) {
            guard.failed(InetAddress.ofLiteral("10.%d.%d.%d".formatted(i >> 16 & 255, i >> 8 & 255, i & 255)));
        }
        assertTrue(guard.remembered() <= AddressGuard.ADDRESSES_MAX);
    }

    @Test
    void aWrongNetworkStopsTheStart() {
        for (var wrong : List.of("", "10.0.0.0/33", "::/129", "host/8", "10.0.0.0/x")) {
            assertThrows(IllegalArgumentException.class, () -> config(List.of(wrong), 0), wrong);
        }
    }

    private static AddressGuardConfig config(List<String> exempt, int connectionsMax) {
        var defaults = AddressGuardConfig.DEFAULT;
        return new AddressGuardConfig(
                defaults.failures(),
                defaults.window(),
                defaults.firstBan(),
                defaults.longestBan(),
                exempt,
                connectionsMax);
    }

    private static void fail(AddressGuard guard, InetAddress address, int times) {
        for (var i = 0; i < times; i++) {
            guard.failed(address);
        }
    }

    private static String refusal(Admission admission) {
        var refused = assertInstanceOf(Admission.Refused.class, admission);
        assertEquals("53300", refused.error().state().code());
        return refused.error().message();
    }
}
