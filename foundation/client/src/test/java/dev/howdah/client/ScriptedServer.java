package dev.howdah.client;

import dev.howdah.base.ServerAddress;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** Accepts one client on a Unix socket, answers its first bytes with what the test wrote down, then stays silent until it is closed. */
final class ScriptedServer implements AutoCloseable {
    private final ServerAddress.UnixSocket address;
    private final ServerSocketChannel listener;
    private final Thread thread;
    private final CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
    private final CountDownLatch answered = new CountDownLatch(1);

    ScriptedServer(Path directory, ByteBuffer... answers) throws IOException {
        address = new ServerAddress.UnixSocket(directory, 5432);
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(address.socket()));
        thread = Thread.ofVirtual().start(() -> serve(answers));
    }

    static ByteBuffer message(BackendMessage message) {
        return BackendCodec.encode(message);
    }

    private void serve(ByteBuffer[] answers) {
        try (var client = listener.accept()) {
            accepted.complete(client);
            client.read(ByteBuffer.allocate(10_000));
            for (var answer : answers) {
                while (answer.hasRemaining()) { // on a virtual thread a blocking write may write less than all
                    client.write(answer);
                }
            }
            answered.countDown();
            awaitEnd(client);
        } catch (IOException _) {
            // closed at the end of the test
        }
    }

    private static void awaitEnd(SocketChannel client) throws IOException {
        var ignored = ByteBuffer.allocate(1000);
        while (client.read(ignored.clear()) >= 0) {
            // the client may still say something
        }
    }

    ServerAddress address() {
        return address;
    }

    /** Returns once everything is sent. */
    void awaitAnswered() throws InterruptedException {
        answered.await();
    }

    void hangUp() throws IOException {
        accepted.join().close();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        thread.interrupt();
    }
}
