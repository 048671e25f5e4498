package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What the loop's thread allocates for a transaction that it relays, once everything is known to it. A loop that allocates nothing is never
 * stopped by its own garbage.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RelayAllocationTest {
    private static final int TRANSACTIONS = 100_000;
    private static final int WARM_UP = 20_000;
    private static final int BYTES_PER_TRANSACTION_MAX = 100;
    private static final int SERVERS = 2;
    private static final int WAITING_CLIENTS = 6;
    private static final String LOOP = "proxy-loop-0";
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private TestPostgres postgres;
    private TestProxy proxy;

    @BeforeAll
    void start() throws Exception {
        postgres = TestProxy.preparedServer();
        proxy = TestProxy.inFrontOf(
                postgres.address(),
                config -> config.withLoops(1)
                        .withPool(PoolSettings.ofSize(SERVERS))
                        .withOpenForBenchmarks());
    }

    @AfterAll
    void stop() {
        proxy.close();
        postgres.close();
    }

    /** What a client sends for one transaction; the number makes texts differ as an application's do. */
    private interface Transaction {
        byte[] bytes(int number) throws IOException;
    }

    private static byte[] bytes(FrontendMessage... messages) throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (var message : messages) {
            var encoded = FrontendCodec.encode(message);
            while (encoded.hasRemaining()) {
                bytes.write(encoded.get());
            }
        }
        return bytes.toByteArray();
    }

    private static Transaction simple() {
        return number -> bytes(new FrontendMessage.Query("SELECT oid FROM pg_class WHERE oid = " + number));
    }

    private static FrontendMessage[] bindAndExecute(String statement, int number) {
        return new FrontendMessage[] {
            new FrontendMessage.Bind(
                    "",
                    statement,
                    List.of(),
                    List.of(Optional.of(ByteString.ofUtf8(Integer.toString(number)))),
                    List.of()),
            new FrontendMessage.Execute("", 0),
            new FrontendMessage.Sync()
        };
    }

    private static FrontendMessage parse(String statement) {
        return new FrontendMessage.Parse(statement, "SELECT oid FROM pg_class WHERE oid = $1", List.of(23));
    }

    private static Transaction extended() {
        return number -> {
            var messages = new ArrayList<FrontendMessage>(List.of(parse("")));
            messages.addAll(List.of(bindAndExecute("", number)));
            return bytes(messages.toArray(FrontendMessage[]::new));
        };
    }

    private static Transaction prepared() {
        return number -> bytes(bindAndExecute("by_oid", number));
    }

    /** A client that allocates what it likes: it has a thread of its own. */
    private final class Client implements AutoCloseable {
        private final Socket socket = new Socket();
        private final DataInputStream in;
        private final OutputStream out;

        Client() throws IOException {
            socket.setTcpNoDelay(true);
            socket.connect(proxy.pooled());
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            out = socket.getOutputStream();
            var startup = RawClient.startup(ProtocolVersion.V3_0, "app." + BRANCH);
            var bytes = new byte[startup.remaining()];
            startup.get(bytes);
            run(bytes);
        }

        void run(byte[] transaction) throws IOException {
            out.write(transaction);
            for (var tag = 0; tag != 'Z'; ) {
                tag = in.readByte();
                in.skipNBytes(in.readInt() - 4L);
                assertTrue(tag != 'E', "the transaction failed");
            }
        }

        void run(Transaction transaction, int times) throws IOException {
            for (var i = 0; i < times; i++) {
                run(transaction.bytes(i));
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static long allocatedByLoop() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(LOOP))
                .mapToLong(thread -> THREADS.getThreadAllocatedBytes(thread.threadId()))
                .max()
                .orElseThrow();
    }

    private static void assertFrugal(String what, Callable<Integer> work) throws Exception {
        var before = allocatedByLoop();
        var transactions = work.call();
        var each = (double) (allocatedByLoop() - before) / transactions;
        System.out.printf("the loop allocates %.1f bytes per transaction: %s%n", each, what);
        assertTrue(each < BYTES_PER_TRANSACTION_MAX, what + ": " + each + " bytes per transaction");
    }

    private void assertFrugal(String what, Transaction transaction, byte[]... first) throws Exception {
        try (var client = new Client()) {
            for (var message : first) {
                client.run(message);
            }
            client.run(transaction, WARM_UP);
            assertFrugal(what, () -> {
                client.run(transaction, TRANSACTIONS);
                return TRANSACTIONS;
            });
        }
    }

    @Test
    void nothingForASimpleQueryWithAnotherTextEachTime() throws Exception {
        assertFrugal("simple", simple());
    }

    @Test
    void nothingForTheExtendedProtocol() throws Exception {
        assertFrugal("extended", extended());
    }

    @Test
    void nothingForAStatementPreparedBefore() throws Exception {
        assertFrugal("prepared", prepared(), bytes(parse("by_oid"), new FrontendMessage.Sync()));
    }

    /** As libpq does it; the client remembers what it was told, and it is compared each time. */
    @Test
    void nothingForAStatementThatIsDescribedEachTime() throws Exception {
        assertFrugal(
                "described",
                number -> {
                    var round = bindAndExecute("by_oid", number);
                    return bytes(
                            round[0],
                            new FrontendMessage.Describe(FrontendMessage.Target.PORTAL, ""),
                            round[1],
                            round[2]);
                },
                bytes(
                        parse("by_oid"),
                        new FrontendMessage.Describe(FrontendMessage.Target.STATEMENT, "by_oid"),
                        new FrontendMessage.Sync()));
    }

    @Test
    void nothingForClientsThatWaitForAServer() throws Exception {
        try (var threads = Executors.newFixedThreadPool(WAITING_CLIENTS)) {
            var clients = new ArrayList<Client>();
            for (var i = 0; i < WAITING_CLIENTS; i++) {
                clients.add(new Client());
            }
            runAll(threads, clients, WARM_UP / WAITING_CLIENTS);
            assertFrugal("more clients than servers", () -> {
                runAll(threads, clients, TRANSACTIONS / WAITING_CLIENTS);
                return TRANSACTIONS;
            });
            for (var client : clients) {
                client.close();
            }
        }
    }

    private static void runAll(ExecutorService threads, List<Client> clients, int times) throws Exception {
        var futures = new ArrayList<Future<?>>();
        for (var client : clients) {
            futures.add(threads.submit(() -> {
                client.run(simple(), times);
                return times;
            }));
        }
        for (var future : futures) {
            future.get();
        }
    }
}
