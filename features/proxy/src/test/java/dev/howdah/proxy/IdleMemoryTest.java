package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** What a client costs that only sits there. The clients live in a JVM of their own, so that only the proxy's side is measured. */
class IdleMemoryTest {
    private static final int CLIENTS = 400;
    private static final int BYTES_PER_CLIENT_MAX = 24 * 1024;

    /** Opens the clients, says so, and keeps them until its standard input ends. */
    static final class Clients {
        private Clients() {}

        public static void main(String[] arguments) throws IOException {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
            var clients = new ArrayList<RawClient>();
            for (var i = 0; i < CLIENTS; i++) {
                var client = RawClient.connect(address).encrypted();
                client.send(RawClient.startup(ProtocolVersion.V3_0, "app." + BRANCH));
                client.readUntilReady();
                clients.add(client);
            }
            System.out.write('.');
            System.out.flush();
            var end = System.in.read();
            for (var client : clients) {
                client.close();
            }
            System.exit(end < 0 ? 0 : 1);
        }
    }

    private static long heapBytes() {
        for (var i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }

    @Test
    void idleTlsClientsHoldNoBigBuffers() throws Exception {
        try (var postgres = TestProxy.preparedServer();
                var proxy = TestProxy.inFrontOf(postgres.address(), ProxyConfig::withOpenForBenchmarks)) {
            try (var first = RawClient.connect(proxy.pooled()).encrypted()) {
                first.send(RawClient.startup(ProtocolVersion.V3_0, "app." + BRANCH));
                first.readUntilReady();
            }
            var heapBefore = heapBytes();
            var directBefore = directBytes();
            var clients = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Clients.class.getName(),
                            Integer.toString(proxy.pooled().getPort()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                assertEquals('.', clients.getInputStream().read());
                Eventually.until(
                        Duration.ofSeconds(10),
                        "all are there",
                        () -> proxy.proxy.sessions().size() == CLIENTS);
                var heap = (heapBytes() - heapBefore) / CLIENTS;
                var direct = (directBytes() - directBefore) / CLIENTS;
                System.out.printf("an idle TLS client costs %d bytes of heap and %d outside%n", heap, direct);
                assertTrue(heap + direct < BYTES_PER_CLIENT_MAX, heap + " and " + direct + " bytes per client");
            } finally {
                clients.getOutputStream().close();
                clients.waitFor();
            }
        }
    }
}
