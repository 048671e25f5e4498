package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients and servers of the direct endpoint that vanish halfway, and clients that want what nobody should get. */
class DirectTroubleTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String USER = "app." + BRANCH;

    private static TestPostgres postgres;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws SQLException {
        postgres = TestProxy.preparedServer();
        proxy = TestProxy.inFrontOf(postgres.address());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        postgres.close();
    }

    private static RawClient raw(String user, String... parameters) throws IOException {
        var client = RawClient.connect(proxy.direct()).encrypted();
        client.logIn(ProtocolVersion.V3_0, user, PASSWORD, parameters);
        return client;
    }

    @Test
    void clientThatEndsBeforeItLogsInIsForgotten() throws IOException {
        try (var client = RawClient.connect(proxy.direct()).encrypted()) {
            client.finishSending();
            assertTrue(client.isClosed());
        }
        Eventually.until(SOON, "nobody logs in", () -> proxy.proxy.counters().unauthenticated() == 0);
    }

    @Test
    void closedProxyHasForgottenWhoWasLoggingIn() throws IOException {
        try (var other = TestProxy.inFrontOf(postgres.address());
                var silent = RawClient.connect(other.direct())) {
            Eventually.until(SOON, "it is seen", () -> other.proxy.counters().unauthenticated() == 1);
            other.proxy.close();
            assertEquals(0, other.proxy.counters().unauthenticated());
            assertTrue(silent.isClosed());
        }
    }

    @Test
    void clientThatVanishesWhileItsServerWaitsForItIsForgotten() throws IOException {
        try (var client = raw(USER, "application_name", "vanishing")) {
            client.send(new Query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)"));
            Eventually.until(
                    SOON,
                    "the server waits for its client",
                    () -> postgres.queryFirst(
                                    "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'vanishing'")
                            .equals(Optional.of("ClientWrite")));
            client.finishSending();
        }
        Eventually.until(
                SOON,
                "its server is gone",
                () -> postgres.queryOne("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vanishing'")
                        .equals("0"));
        Eventually.until(
                SOON, "its session is gone", () -> proxy.proxy.sessions().isEmpty());
    }

    @Test
    void databaseIsTheRolesOwnWhenNoneOrTheLoginNameIsGiven() throws IOException {
        for (var database : List.of("", "postgres." + BRANCH)) {
            try (var client = RawClient.connect(proxy.direct()).encrypted()) {
                client.logIn(ProtocolVersion.V3_0, "postgres." + BRANCH, PASSWORD, "database", database);
                assertEquals(List.of("postgres"), RawClient.rows(client.query("SELECT current_database()")));
            }
        }
        try (var client = RawClient.connect(proxy.pooled()).encrypted()) {
            client.logIn(ProtocolVersion.V3_0, "postgres." + BRANCH, PASSWORD, "database", "postgres." + BRANCH);
            assertEquals(List.of("postgres"), RawClient.rows(client.query("SELECT current_database()")));
        }
    }

    @Test
    void memberNamesAreRefusedHoweverTheyAreSet() throws IOException {
        var member = BRANCH + "-2";
        var start = "START_REPLICATION SLOT nothing LOGICAL 0/0";
        try (var byOptions = raw(
                        "postgres." + BRANCH, "replication", "database", "options", "-c application_name=" + member);
                var bySql = raw("postgres." + BRANCH, "replication", "database")) {
            assertEquals("42501", refusal(byOptions, start));
            bySql.query("SET application_name = '" + member.toUpperCase(java.util.Locale.ROOT) + "'");
            assertEquals("42501", refusal(bySql, " \n" + start + ";"));
            bySql.query("SET application_name = 'harmless'");
            assertEquals("42704", refusal(bySql, start));
        }
    }

    private static String refusal(RawClient client, String command) throws IOException {
        return RawClient.error(client.query(command)).orElseThrow().diagnostic().code();
    }

    @Test
    void physicalReplicationIsRefusedHoweverItIsSpelled() throws IOException {
        for (var mode : List.of("database", "true", "on", "YES", "1", "tr")) {
            try (var client = raw("postgres." + BRANCH, "replication", mode)) {
                for (var command : List.of(
                        "BASE_BACKUP",
                        "\t BASE_BACKUP ( LABEL 'x' );",
                        "START_REPLICATION 0/0",
                        "START_REPLICATION SLOT a PHYSICAL 0/0",
                        "CREATE_REPLICATION_SLOT a TEMPORARY PHYSICAL")) {
                    assertEquals("42501", refusal(client, command), mode + " " + command);
                }
            }
        }
    }

    @Test
    void requestForGssIsAnsweredOnce() throws IOException {
        try (var client = RawClient.connect(proxy.direct())) {
            client.send(InitialCodec.encode(new InitialMessage.GssEncRequest()));
            assertEquals('N', client.readByte());
            client.send(InitialCodec.encode(new InitialMessage.GssEncRequest()));
            assertEquals("08P01", ((ErrorResponse) client.read()).diagnostic().code());
        }
    }

    @Test
    void serverThatCrashesBehindAnErrorIsAnnounced() throws Exception {
        try (var own = TestProxy.preparedServer();
                var front = TestProxy.inFrontOf(own.address());
                var client = RawClient.connect(front.direct()).encrypted()) {
            client.logIn(ProtocolVersion.V3_0, USER, PASSWORD);
            var pid = Long.parseLong(
                    RawClient.rows(client.query("SELECT pg_backend_pid()")).getFirst());
            client.send(new Parse("", "SELECT nothing like that", List.of()), new Flush());
            assertEquals("ERROR", ((ErrorResponse) client.read()).diagnostic().severity());
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            var last = ((ErrorResponse) client.read()).diagnostic();
            assertEquals("FATAL 08006", last.severity() + " " + last.code());
            Eventually.until(
                    SOON, "the server is back", () -> own.queryOne("SELECT 1").equals("1"));
        }
    }

    /** In clear, where the end of a stream and its breaking are the kernel's own. */
    @Test
    void benchmarksNeedNeitherTlsNorPasswordAndTheirDeadAreForgottenToo() throws IOException {
        try (var open = TestProxy.inFrontOf(postgres.address(), ProxyConfig::withOpenForBenchmarks)) {
            try (var client = RawClient.connect(open.direct())) {
                client.send(RawClient.startup(ProtocolVersion.V3_0, USER, "application_name", "plain"));
                client.readUntilReady();
                assertEquals(List.of("app"), RawClient.rows(client.query("SELECT current_user")));
                client.send(new Query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)"));
                Eventually.until(
                        SOON,
                        "the server waits for its client",
                        () -> postgres.queryFirst(
                                        "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'plain'")
                                .equals(Optional.of("ClientWrite")));
                client.finishSending();
            }
            Eventually.until(
                    SOON, "its session is gone", () -> open.proxy.sessions().isEmpty());
            try (var client = RawClient.connect(open.pooled())) {
                client.send(RawClient.startup(ProtocolVersion.V3_0, USER));
                client.readUntilReady();
                assertEquals(List.of("1"), RawClient.rows(client.query("SELECT 1")));
            }
            try (var nobody = RawClient.connect(open.direct())) {
                nobody.send(RawClient.startup(ProtocolVersion.V3_0, "nobody." + BRANCH));
                assertEquals(
                        "28P01", ((ErrorResponse) nobody.read()).diagnostic().code());
            }
        }
    }
}
