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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A loop that relays makes no garbage. What a client sends goes to a server on a Unix socket and comes back the same way. */
class EngineAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int BATCHES_MAX = 6;
    private static final int ROUND_TRIPS = 100_000;
    private static final int BYTES_PER_ROUND_TRIP_MAX = 64;
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

    private static Thread echoServer(ServerSocketChannel server) {
        return Thread.ofPlatform().daemon().start(() -> {
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

    private static void roundTrips(Socket client, int count) throws IOException {
        var bytes = new byte[MESSAGE_BYTES];
        for (var i = 0; i < count; i++) {
            client.getOutputStream().write(bytes);
            if (client.getInputStream().readNBytes(bytes, 0, bytes.length) != bytes.length) {
                throw new AssertionError("the stream ended");
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
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void aRoundTripMakesNoGarbage(IoEngineChoice kind) throws Exception {
        var bed = new EngineBed[1];
        try (var directory = TestDirectory.create();
                var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            var address = new ServerAddress.UnixSocket(directory.path(), 5432);
            server.bind(UnixDomainSocketAddress.of(address.socket()));
            var echo = echoServer(server);
            bed[0] = new EngineBed(kind, _ -> relayTo(address, bed));
            try (var client = bed[0].connect()) {
                var loop = bed[0].onLoop(() -> Thread.currentThread().threadId());
                var each = Double.MAX_VALUE;
                // Only what the optimising compiler has seen makes no garbage, and on a busy machine that takes a
                // while.
                for (var i = 0; i < BATCHES_MAX && each >= BYTES_PER_ROUND_TRIP_MAX; i++) {
                    var before = THREADS.getThreadAllocatedBytes(loop);
                    roundTrips(client, ROUND_TRIPS);
                    each = (double) (THREADS.getThreadAllocatedBytes(loop) - before) / ROUND_TRIPS;
                    System.out.printf("%s: %.2f bytes per round trip%n", kind.text(), each);
                }
                assertTrue(each < BYTES_PER_ROUND_TRIP_MAX, each + " bytes per round trip");
            } finally {
                bed[0].close();
            }
            echo.join();
        }
    }
}
