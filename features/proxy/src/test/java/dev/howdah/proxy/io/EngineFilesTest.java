package dev.howdah.proxy.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.proxy.io.EngineBed.Echo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process that runs out of files goes on with the connections it has, and takes the others once there are files again. */
class EngineFilesTest {
    private static final int FILES = 200;
    private static final int CLIENTS = 300;

    /** Listens in a process of its own until its standard input ends. */
    static final class Listener {
        private Listener() {}

        public static void main(String[] arguments) throws Exception {
            try (var bed = new EngineBed(IoEngineChoice.valueOf(arguments[0]), _ -> new Echo())) {
                System.out.println(bed.listening.address().getPort());
                var end = System.in.read();
                System.exit(end < 0 ? 0 : 1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void whoCannotBeAcceptedWaitsUntilThereAreFilesAgain(IoEngineChoice kind) throws Exception {
        EngineBed.engines(kind);
        var process = listener(kind);
        try (var output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            var port = Integer.parseInt(output.readLine());
            var clients = new ArrayList<Socket>();
            for (var i = 0; i < CLIENTS; i++) {
                clients.add(connect(port));
            }
            // The oldest are served while the process has no file left.
            var served = clients.subList(0, 50);
            echo(served);
            var freed = clients.subList(50, 50 + CLIENTS - FILES + 50);
            for (var client : freed) {
                client.close();
            }
            echo(clients.subList(CLIENTS - 50, CLIENTS));
            echo(served);
            process.getOutputStream().close();
            while (output.readLine() != null) {
                // What it logs must not fill the pipe.
            }
            assertTrue(process.waitFor(EngineBed.WAIT_SECONDS, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        } finally {
            process.destroy();
        }
    }

    private static Process listener(IoEngineChoice kind) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "ulimit -n " + FILES + " && exec \"$@\"",
                        "sh",
                        java,
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Listener.class.getName(),
                        kind.name())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static Socket connect(int port) throws IOException {
        var address = EngineBed.loopback(port);
        var client = new Socket(address.getAddress(), port);
        client.setSoTimeout((int) Duration.ofSeconds(EngineBed.WAIT_SECONDS).toMillis());
        return client;
    }

    private static void echo(List<Socket> clients) throws IOException {
        for (var client : clients) {
            client.getOutputStream().write(7);
        }
        for (var client : clients) {
            assertEquals(7, client.getInputStream().read());
        }
    }
}
