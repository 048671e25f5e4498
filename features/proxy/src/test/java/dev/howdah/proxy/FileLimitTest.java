package dev.howdah.proxy;

import static dev.howdah.proxy.PoolBed.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A process with few files refuses clients that would take the last ones, and goes on. */
class FileLimitTest {
    private static final int FILES = 400;

    @Test
    void clientsBeyondTheFileLimitAreToldSoAndTheOthersGoOn() throws Exception {
        try (var postgres = TestProxy.preparedServer()) {
            var process = new ProcessBuilder(
                            "bash",
                            "-c",
                            "ulimit -S -n 256; ulimit -H -n %d; exec \"$@\"".formatted(FILES),
                            "limited",
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            LimitedProxy.class.getName(),
                            postgres.address().directory().toString(),
                            Integer.toString(postgres.address().port()))
                    .start();
            try (var output =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                var said = new ArrayList<String>();
                var ready = lineWith(output, said, "^[0-9]+ [0-9]+$").split(" ");
                assertTrue(
                        said.stream().anyMatch(line -> line.contains("limit of %d open files".formatted(FILES))),
                        "the soft limit is raised, and what it leaves is said loudly: " + said);
                fill(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(ready[0])),
                        Integer.parseInt(ready[1]));
            } finally {
                process.destroy();
                process.waitFor();
            }
        }
    }

    private static String lineWith(BufferedReader output, List<String> said, String pattern) throws IOException {
        for (var line = output.readLine(); line != null; line = output.readLine()) {
            if (line.matches(pattern)) {
                return line;
            }
            said.add(line);
        }
        throw new AssertionError("the process ended: " + said);
    }

    private static void fill(InetSocketAddress address, int clientsMax) throws IOException {
        var clients = new ArrayList<RawClient>();
        try {
            for (var i = 0; i < clientsMax; i++) {
                clients.add(RawClient.connect(address));
                assertEquals("", PoolBed.error(logIn(clients.getLast())), "client " + i);
            }
            for (var i = 0; i < FILES; i++) {
                try (var late = RawClient.connect(address)) {
                    assertTrue(
                            PoolBed.error(logIn(late)).startsWith("FATAL 53300 no more connections allowed"),
                            "refusal " + i);
                }
            }
            assertEquals("1", one(clients.getFirst().query("SELECT 1")));
            clients.removeLast().close();
            Eventually.until(PoolBed.SOON, "there is room", () -> {
                try (var next = RawClient.connect(address)) {
                    return PoolBed.error(logIn(next)).isEmpty();
                }
            });
        } finally {
            PoolBed.close(clients.toArray(RawClient[]::new));
        }
    }

    private static List<BackendMessage> logIn(RawClient client) throws IOException {
        client.send(RawClient.startup(ProtocolVersion.V3_0, "app." + TestProxy.BRANCH));
        return client.readUntilReady();
    }
}
