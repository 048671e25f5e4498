package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.SeededRandom;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.testkit.VerifyScale;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.ParameterDescription;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Drivers that remember columns and parameters in the ways that drivers do, on few servers, while a table changes. Whatever a driver reads must be
 * what it has been told, and one that is up to date must not meet an error.
 */
class ToldColumnsChaosTest {
    private static final int STEPS = VerifyScale.current().choose(250, 5_000);
    private static final int DRIVERS = 5;
    private static final int SERVERS = 3;
    private static final int COLUMNS_MAX = 60;
    private static final int INT4 = 23;
    private static final int INT8 = 20;
    private static final String SQL = "SELECT * FROM growing WHERE id = $1";

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    /** When a driver asks for columns. */
    private enum Habit {
        /** The statement, once: asyncpg. */
        STATEMENT_ONCE,
        /** A portal, once: pgjdbc. */
        PORTAL_ONCE,
        /** Every portal: libpq. */
        PORTAL_ALWAYS
    }

    private static RawClient connect(TestProxy proxy) throws IOException {
        var client = RawClient.connect(proxy.pooled()).encrypted();
        client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD);
        return client;
    }

    /** One client and what it believes. */
    private static final class Driver implements AutoCloseable {
        private final RawClient client;
        private final Habit habit;
        private final RandomGenerator random;
        private boolean prepared;
        private int columns;
        private int version = -1;
        private int parameter = INT4;

        Driver(TestProxy proxy, Habit habit, RandomGenerator random) throws IOException {
            this.client = connect(proxy);
            this.habit = habit;
            this.random = random;
        }

        /** @param now the version of the table, which changes between steps only */
        void step(int now, boolean inBlock) throws IOException {
            if (!prepared) {
                prepare(now);
            }
            if (inBlock) {
                client.query("BEGIN");
            }
            for (var i = random.nextInt(1, 4); i > 0 && prepared; i--) {
                run(now, inBlock);
            }
            if (inBlock) {
                client.query("COMMIT");
            }
        }

        private void prepare(int now) throws IOException {
            var answers = round(new Parse("s", SQL, List.of()), new Describe(Target.STATEMENT, "s"));
            assertEquals(Optional.empty(), RawClient.error(answers));
            prepared = true;
            for (var each : answers) {
                if (each instanceof ParameterDescription(var types)) {
                    parameter = types.getFirst();
                }
            }
            read(answers, now);
            if (habit == Habit.PORTAL_ONCE && random.nextBoolean()) {
                columns = 0; // believes nothing yet
                version = -1;
            }
        }

        private void run(int now, boolean inBlock) throws IOException {
            var describes = habit == Habit.PORTAL_ALWAYS || columns == 0;
            var messages = new ArrayList<FrontendMessage>();
            messages.add(new Bind("", "s", List.of(1), List.of(Optional.of(id())), List.of()));
            if (describes) {
                messages.add(new Describe(Target.PORTAL, ""));
            }
            messages.add(new Execute("", 0));
            var answers = round(messages.toArray(FrontendMessage[]::new));
            var error = RawClient.error(answers);
            if (error.isEmpty()) {
                assertEquals(List.of("1"), RawClient.rows(answers)); // its parameter was understood, too
                read(answers, now);
                return;
            }
            assertEquals("0A000", error.get().diagnostic().code(), error.get().toString());
            assertTrue(version != now, "it knows all that can be known, and meets an error");
            assertTrue(!describes || inBlock, "it asks for the columns, and meets an error");
            if (inBlock) {
                client.query("ROLLBACK");
                client.query("BEGIN");
            }
            round(new Close(Target.STATEMENT, "s"));
            prepared = false;
            columns = 0;
        }

        private ByteString id() {
            return ByteString.of(
                    parameter == INT8
                            ? ByteBuffer.allocate(8).putLong(1).array()
                            : ByteBuffer.allocate(4).putInt(1).array());
        }

        /** All in one piece, or as the proxy likes it least. */
        private List<BackendMessage> round(FrontendMessage... messages) throws IOException {
            var all = new ArrayList<>(List.of(messages));
            if (random.nextInt(4) == 0) {
                all.add(random.nextInt(1, all.size() + 1), new Flush());
            }
            all.add(new Sync());
            var bytes = BothEndpoints.bytes(all.toArray(FrontendMessage[]::new));
            for (var at = 0; at < bytes.length; ) {
                var length =
                        Math.min(bytes.length - at, random.nextInt(3) == 0 ? 1 + random.nextInt(30) : bytes.length);
                client.send(ByteBuffer.wrap(bytes, at, length));
                at += length;
            }
            return client.readUntilReady();
        }

        private void read(List<BackendMessage> answers, int now) {
            for (var each : answers) {
                switch (each) {
                    case RowDescription(var fields) -> {
                        columns = fields.size();
                        version = now;
                    }
                    case DataRow(var values) -> assertEquals(columns, values.size(), "a row that it was not told of");
                    default -> {}
                }
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void nobodyReadsWhatItWasNotTold(long seed) throws Exception {
        var random = SeededRandom.of(Long.getLong("howdah.seed", seed));
        postgres.execute("DROP TABLE IF EXISTS growing");
        postgres.execute("CREATE TABLE growing (id int)");
        postgres.execute("INSERT INTO growing VALUES (1)");
        postgres.execute("GRANT ALL ON growing TO app");
        var settings =
                PoolSettings.ofSize(SERVERS).with(PoolSetting.MAX_PREPARED_STATEMENTS, seed % 3 == 0 ? "1" : "200");
        var drivers = new ArrayList<Driver>();
        try (var proxy = TestProxy.inFrontOf(postgres.address(), config -> config.withPool(settings));
                var holder = connect(proxy);
                var other = connect(proxy)) {
            var habits = Habit.values();
            for (var i = 0; i < DRIVERS; i++) {
                drivers.add(new Driver(proxy, habits[i % habits.length], random));
            }
            var holding = new boolean[2];
            var version = 0;
            for (var step = 0; step < STEPS; step++) {
                var which = random.nextInt(4);
                if (which < 2) {
                    (which == 0 ? holder : other).query(holding[which] ? "COMMIT" : "BEGIN");
                    holding[which] = !holding[which];
                }
                if (random.nextInt(6) == 0 && version < COLUMNS_MAX) {
                    version++;
                    postgres.execute(
                            random.nextInt(3) == 0
                                    ? "ALTER TABLE growing ALTER id TYPE " + (random.nextBoolean() ? "int" : "bigint")
                                    : "ALTER TABLE growing ADD c%d int".formatted(version));
                }
                if (random.nextInt(10) == 0) {
                    holder.query("SELECT 1");
                }
                drivers.get(random.nextInt(DRIVERS)).step(version, random.nextInt(3) == 0);
            }
        } finally {
            for (var driver : drivers) {
                driver.close();
            }
        }
    }
}
