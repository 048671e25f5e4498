package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.ProtocolVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same random pipelines through the direct and the pooled endpoint: nobody may be able to tell the two apart by the answers. */
class PipelineOracleTest {
    private static final int CLIENTS = 3;
    private static final int STEPS = 60;
    private static final int ROUNDS_MAX = 4;
    private static final int MESSAGES_MAX = 7;

    private static final List<String> NAMES = List.of("", "a", "b", "c", "hd_0", "hd_1");
    private static final List<String> NAMED = NAMES.subList(1, NAMES.size());
    private static final List<String> TEXTS = List.of(
            "SELECT 1",
            "SELECT $1::int + 1",
            "SELECT n FROM numbers ORDER BY n",
            "INSERT INTO numbers VALUES ($1)",
            "SELECT nothing like that",
            "SELECT 1 / $1::int",
            "SELEC",
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "",
            "SELECT 'ü'");
    private static final List<String> QUERIES = List.of(
            "SELECT 7", "BEGIN", "COMMIT", "ROLLBACK", "SELECT 1; SELECT 1 / 0; SELECT 2", "", "DELETE FROM numbers");

    private static TestPostgres postgres;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static RawClient connect(InetSocketAddress address, String schema) throws IOException {
        var client = RawClient.connect(address).encrypted();
        client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD, "options", "-c search_path=" + schema);
        return client;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void poolAnswersAsTheServerItselfDoes(long seed) throws Exception {
        for (var schema : List.of("direct" + seed, "pooled" + seed)) {
            postgres.execute("CREATE SCHEMA " + schema);
            postgres.execute("CREATE TABLE " + schema + ".numbers (n int)");
            postgres.execute("GRANT ALL ON SCHEMA " + schema + " TO app");
            postgres.execute("GRANT ALL ON ALL TABLES IN SCHEMA " + schema + " TO app");
        }
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var settings = PoolSettings.ofSize(2).with(PoolSetting.MAX_PREPARED_STATEMENTS, seed % 2 == 0 ? "2" : "200");
        try (var proxy = TestProxy.inFrontOf(postgres.address(), config -> config.withPool(settings))) {
            var direct = new ArrayList<RawClient>();
            var pooled = new ArrayList<RawClient>();
            for (var i = 0; i < CLIENTS; i++) {
                direct.add(connect(proxy.direct(), "direct" + seed));
                pooled.add(connect(proxy.pooled(), "pooled" + seed));
            }
            // One that takes a server away now and then, so that the others have now this one and now that.
            var holder = connect(proxy.pooled(), "pooled" + seed);
            var holds = false;
            for (var step = 0; step < STEPS; step++) {
                if (random.nextInt(3) == 0) {
                    holder.query(holds ? "COMMIT" : "BEGIN");
                    holds = !holds;
                }
                var who = random.nextInt(CLIENTS);
                var rounds = rounds(random);
                var expected = answers(direct.get(who), rounds, RandomGenerator.of("L64X128MixRandom"));
                var given = answers(pooled.get(who), rounds, random);
                assertEquals(expected, given, "seed " + seed + " step " + step + " client " + who + " sent " + rounds);
                if (!expected.endsWith("IDLE]")) {
                    // Only two servers: nobody may wait for the other clients here.
                    var end = List.of(List.<FrontendMessage>of(new Query("ROLLBACK")));
                    assertEquals(answers(direct.get(who), end, random), answers(pooled.get(who), end, random));
                }
            }
            holder.close();
            for (var i = 0; i < CLIENTS; i++) {
                direct.get(i).close();
                pooled.get(i).close();
            }
        }
    }

    private static List<List<FrontendMessage>> rounds(RandomGenerator random) {
        var rounds = new ArrayList<List<FrontendMessage>>();
        for (var i = random.nextInt(1, ROUNDS_MAX); i > 0; i--) {
            rounds.add(random.nextInt(5) == 0 ? List.of(new Query(any(QUERIES, random))) : extended(random));
        }
        return rounds;
    }

    private static List<FrontendMessage> extended(RandomGenerator random) {
        var round = new ArrayList<FrontendMessage>();
        var unnamed = false;
        for (var i = random.nextInt(MESSAGES_MAX); i > 0; i--) {
            // The unnamed statement is good for the round that it is parsed in.
            var message = message(unnamed ? any(NAMES, random) : any(NAMED, random), random);
            if (!unnamed && random.nextInt(4) == 0) {
                message = new Parse("", any(TEXTS, random), List.of());
                unnamed = true;
            }
            round.add(message);
        }
        round.add(new Sync());
        return round;
    }

    private static FrontendMessage message(String name, RandomGenerator random) {
        return switch (random.nextInt(9)) {
            case 0, 1 -> new Parse(name, any(TEXTS, random), random.nextInt(4) == 0 ? List.of(23) : List.of());
            case 2, 3, 4 ->
                new Bind(
                        random.nextInt(3) == 0 ? "portal" : "",
                        name,
                        List.of(),
                        random.nextInt(3) == 0 ? List.of(Optional.of(ByteString.ofUtf8("1"))) : List.of(),
                        List.of());
            case 5, 6 -> new Execute(random.nextInt(3) == 0 ? "portal" : "", random.nextInt(2));
            case 7 -> new Describe(random.nextBoolean() ? Target.STATEMENT : Target.PORTAL, name);
            default -> new Close(random.nextInt(4) == 0 ? Target.PORTAL : Target.STATEMENT, name);
        };
    }

    private static <T> T any(List<T> list, RandomGenerator random) {
        return list.get(random.nextInt(list.size()));
    }

    /** Everything is sent before anything is read, in pieces of any length. */
    private static String answers(RawClient client, List<List<FrontendMessage>> rounds, RandomGenerator random)
            throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (var round : rounds) {
            for (var message : round) {
                var encoded = FrontendCodec.encode(message);
                while (encoded.hasRemaining()) {
                    bytes.write(encoded.get());
                }
            }
        }
        var stream = bytes.toByteArray();
        for (var at = 0; at < stream.length; ) {
            var length = Math.min(stream.length - at, random.nextInt(4) == 0 ? 1 + random.nextInt(40) : 10_000);
            client.send(ByteBuffer.wrap(stream, at, length));
            at += length;
        }
        var answers = new ArrayList<String>();
        for (var i = 0; i < rounds.size(); i++) {
            client.readUntilReady().stream().map(PipelineOracleTest::shown).forEach(answers::add);
        }
        return answers.toString();
    }

    private static String shown(BackendMessage message) {
        return switch (message) {
            case ErrorResponse(var error) ->
                "%s %s %s %s"
                        .formatted(
                                error.severity(),
                                error.code(),
                                // The guard of the servers' own names is all that may be seen of it.
                                error.message().replace("hd_hd_", "hd_"),
                                error.position().orElse(""));
            case BackendMessage.RowDescription(var fields) -> "RowDescription " + fields.size();
            case BackendMessage.DataRow(var values) ->
                "DataRow "
                        + values.stream()
                                .map(v -> v.map(ByteString::toUtf8).orElse("null"))
                                .toList();
            default -> message.toString();
        };
    }
}
