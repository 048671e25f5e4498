package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;

import dev.howdah.base.ServerAddress;
import dev.howdah.testkit.Eventually;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A proxy without TLS and passwords for tests of the pools, and its clients. */
final class PoolBed implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(20);

    final TestProxy proxy;
    final Pooler pooler;

    private PoolBed(TestProxy proxy) {
        this.proxy = proxy;
        this.pooler = proxy.proxy.pooler();
    }

    /** @param settings as {@code name=value} */
    static PoolBed inFrontOf(ServerAddress server, String... settings) {
        return inFrontOf(server, Duration.ofSeconds(30), settings);
    }

    static PoolBed inFrontOf(ServerAddress server, Duration primaryWait, String... settings) {
        return inFrontOf(server, primaryWait, of(settings));
    }

    static PoolBed inFrontOf(ServerAddress server, PoolSettings settings) {
        return inFrontOf(server, Duration.ofSeconds(30), settings);
    }

    private static PoolBed inFrontOf(ServerAddress server, Duration primaryWait, PoolSettings settings) {
        return new PoolBed(TestProxy.inFrontOf(
                server,
                config -> config.withOpenForBenchmarks()
                        .withPrimaryWait(primaryWait)
                        .withPool(settings)));
    }

    private static PoolSettings of(String... settings) {
        var all = PoolSettings.DEFAULT;
        for (var each : settings) {
            var nameAndValue = each.split("=", 2);
            all = all.with(PoolSetting.named(nameAndValue[0]), nameAndValue[1]);
        }
        return all;
    }

    /** One that has logged in as {@code app} to the database {@code postgres}. */
    RawClient client(String... parameters) throws IOException {
        return client("app", parameters);
    }

    RawClient client(String role, String[] parameters) throws IOException {
        var client = RawClient.connect(proxy.pooled());
        logIn(client, role, parameters);
        return client;
    }

    RawClient clientOf(String role, String database) throws IOException {
        return client(role, new String[] {"database", database});
    }

    private static List<BackendMessage> logIn(RawClient client, String role, String... parameters) throws IOException {
        client.send(RawClient.startup(ProtocolVersion.V3_0, role + "." + BRANCH, parameters));
        return client.readUntilReady();
    }

    /** Why a client is refused. */
    String refusal(String role, String... parameters) throws IOException {
        try (var client = RawClient.connect(proxy.pooled())) {
            return error(logIn(client, role, parameters));
        }
    }

    /** Code and message of the first error among these; empty when there is none. */
    static String error(List<BackendMessage> messages) {
        return RawClient.error(messages)
                .map(BackendMessage.ErrorResponse::diagnostic)
                .map(error -> error.severity() + " " + error.code() + " " + error.message())
                .orElse("");
    }

    static String one(List<BackendMessage> messages) {
        var rows = RawClient.rows(messages);
        if (rows.size() != 1) {
            throw new AssertionError("no single row: " + error(messages));
        }
        return rows.getFirst();
    }

    PoolerSnapshot.Pool pool() {
        return pooler.snapshot().pools().getFirst();
    }

    int servers() {
        return pooler.snapshot().servers().size();
    }

    void awaitServers(int number) {
        Eventually.until(SOON, number + " servers", () -> servers() == number);
    }

    void awaitWaiting(int number) {
        Eventually.until(SOON, number + " clients wait", () -> pool().clientsWaiting() == number);
    }

    static Optional<String> database(String name) {
        return Optional.of(name);
    }

    static void close(RawClient... clients) throws IOException {
        for (var client : Arrays.asList(clients)) {
            client.close();
        }
    }

    @Override
    public void close() {
        proxy.close();
    }
}
