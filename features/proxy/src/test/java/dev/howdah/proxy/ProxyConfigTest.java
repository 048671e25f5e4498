package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProxyConfigTest {
    @Test
    void defaultsAreThoseOfTheManual() {
        var config = ProxyConfig.DEFAULT;
        assertEquals(
                List.of(5432, 5432),
                config.direct().stream().map(InetSocketAddress::getPort).toList());
        assertEquals(
                List.of(6432, 6432),
                config.pooled().stream().map(InetSocketAddress::getPort).toList());
        assertTrue(config.direct().stream()
                .allMatch(address -> address.getAddress().isLoopbackAddress()));
        assertEquals(Duration.ofSeconds(60), config.loginTimeout());
        assertEquals(10_000, config.startupBytesMax());
        assertEquals(1_000, config.unauthenticatedMax());
        assertEquals(Duration.ofSeconds(30), config.primaryWait());
        assertEquals(Duration.ofSeconds(30), config.replicaLagMax());
        assertTrue(config.channelBinding());
        assertEquals(false, config.plainForBenchmarks());
        assertEquals(false, config.openForBenchmarks());
        assertEquals(PoolSettings.DEFAULT.all(), config.pool().all());
    }

    @Test
    void openForBenchmarksNeedsLoopback() {
        var everywhere = ProxyConfig.DEFAULT.withPooled(List.of(new InetSocketAddress("0.0.0.0", 6432)));
        assertThrows(IllegalArgumentException.class, everywhere::withOpenForBenchmarks);
    }

    @Test
    void withoutTlsForBenchmarksNeedsLoopbackToo() {
        var everywhere = ProxyConfig.DEFAULT.withDirect(List.of(new InetSocketAddress("0.0.0.0", 5432)));
        assertThrows(IllegalArgumentException.class, everywhere::withPlainForBenchmarks);
    }
}
