package dev.howdah.proxy.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.howdah.base.ServerAddress;
import dev.howdah.proxy.io.EngineBed.Peer;
import dev.howdah.testkit.TestDirectory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A loop that relays makes no garbage. What a client sends goes to a server on a Unix socket and comes back the same way. */
class EngineAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int BATCHES_MAX = 12;
    private static final int ROUND_TRIPS = 16_000;
    /** Far less than the smallest object each time. */
    private static final int BYTES_PER_ROUND_TRIP_MAX = 2;

    private static final int MESSAGE_BYTES = 100;

    /** One direction of a relay. */
    private static final class Forwarding extends Peer {
        @SuppressWarnings("NullAway.Init") // set before anything arrives
        Connection to;

        @Override
        public void received(ByteBuffer bytes) {
            to.send(bytes);
        }
    }

    /** Sends back what arrives, to as many as connect, each on a thread of its own. */
    private static void serveEchoes(ServerSocketChannel server, int connections) {
        for (var i = 0; i < connections; i++) {
            Thread.ofPlatform().daemon().start(() -> {
                try (var channel = server.accept()) {
                    var buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES);
                    while (channel.read(buffer.clear()) >= 0) {
                        channel.write(buffer.flip());
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
        }
    }

    /** All clients send before the first one reads, so that the loop finds much to do in one pass. */
    private static void roundTrips(List<Socket> clients, int count) throws IOException {
        var bytes = new byte[MESSAGE_BYTES];
        for (var i = 0; i < count; i += clients.size()) {
            for (var client : clients) {
                client.getOutputStream().write(bytes);
            }
            for (var client : clients) {
                if (client.getInputStream().readNBytes(bytes, 0, bytes.length) != bytes.length) {
                    throw new AssertionError("the stream ended");
                }
            }
        }
    }

    private static Peer relayTo(ServerAddress.UnixSocket address, EngineBed[] bed) {
        var toServer = new Forwarding();
        var toClient = new Forwarding();
        try {
            toServer.to = bed[0].loop.engine().connect(address, toClient);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        bed[0].loop.execute(() -> toClient.to = toServer.connection);
        return toServer;
    }

    @ParameterizedTest
    @CsvSource({"EPOLL, 1", "IO_URING, 1", "EPOLL, 8", "IO_URING, 8"})
    void aRoundTripMakesNoGarbage(IoEngineChoice kind, int clientCount) throws Exception {
        var bed = new EngineBed[1];
        var clients = new ArrayList<Socket>();
        try (var directory = TestDirectory.create();
                var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            var address = new ServerAddress.UnixSocket(directory.path(), 5432);
            server.bind(UnixDomainSocketAddress.of(address.socket()));
            serveEchoes(server, clientCount);
            bed[0] = new EngineBed(kind, _ -> relayTo(address, bed));
            try {
                for (var i = 0; i < clientCount; i++) {
                    clients.add(bed[0].connect());
                }
                var loop = bed[0].onLoop(() -> Thread.currentThread().threadId());
                var each = Double.MAX_VALUE;
                // Only what the optimising compiler has seen makes no garbage, and on a busy machine that takes a
                // while.
                for (var i = 0; i < BATCHES_MAX && each >= BYTES_PER_ROUND_TRIP_MAX; i++) {
                    var before = THREADS.getThreadAllocatedBytes(loop);
                    roundTrips(clients, ROUND_TRIPS);
                    each = (double) (THREADS.getThreadAllocatedBytes(loop) - before) / ROUND_TRIPS;
                    System.out.printf("%s: %.2f bytes per round trip%n", kind.text(), each);
                }
                assertTrue(each < BYTES_PER_ROUND_TRIP_MAX, each + " bytes per round trip");
            } finally {
                for (var client : clients) {
                    client.close();
                }
                bed[0].close();
            }
        }
    }
}
