package dev.howdah.api;

import dev.howdah.api.model.CreateRole;
import dev.howdah.api.model.Endpoint;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.control.Access;
import dev.howdah.control.Idempotency;
import dev.howdah.control.Principal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A server with a handful of routes and nothing behind them: for what every request goes through. */
final class TestFront implements AutoCloseable {
    static final String ADMIN = "howdah_sk_admin";
    private static final ApiConfig UNLIMITED = new ApiConfig(
            "127.0.0.1",
            0,
            List.of("db.example"),
            Optional.empty(),
            new RateLimit(1_000_000, 1, Duration.ofMinutes(5)));
    static final String READER = "howdah_sk_reader";

    final AtomicInteger made = new AtomicInteger();
    private final Map<String, Idempotency.Response> kept = new HashMap<>();
    private final ApiServer server;

    private TestFront(ApiConfig config, InstantSource clock) {
        var front = new HttpFront(config, routes(), TestFront::authenticate, this::once, clock, new Random(1));
        server = ApiServer.start(config, front);
    }

    static TestFront start() {
        return start(UNLIMITED, InstantSource.fixed(Instant.EPOCH));
    }

    static TestFront start(ApiConfig config, InstantSource clock) {
        return new TestFront(config, clock);
    }

    Endpoint address() {
        return server.address();
    }

    TestClient client(String token) {
        return new TestClient(address(), token);
    }

    private List<Route> routes() {
        return List.of(
                Route.get("/healthz", Gate.OPEN, _ -> Answer.plain(200, "ok")),
                Route.get("/v1/things", Gate.READ, call -> Answer.ok(call.page()))
                        .paged(),
                Route.post("/v1/things", Gate.WRITE, this::make),
                Route.get("/v1/things/{thing}", Gate.READ, call -> Answer.ok(List.of(call.path("thing")))),
                Route.get("/v1/bug", Gate.READ, _ -> {
                    throw new IllegalStateException("the secret is 42");
                }),
                Route.get("/v1/error", Gate.READ, _ -> {
                    throw new StackOverflowError("the secret is 42");
                }),
                Route.get("/v1/away", Gate.READ, _ -> {
                    throw new PlatformException(
                            SqlState.CANNOT_CONNECT_NOW, "the control database is away", "Try again.");
                }),
                Route.post("/v1/stop", Gate.LOCAL, _ -> Answer.accepted()));
    }

    private Answer make(Call call) {
        var wanted = call.body(CreateRole.class);
        var number = made.incrementAndGet();
        return Answer.created(Map.of("name", wanted.name().orElse("none"), "secret", "s" + number))
                .keeping(Map.of("name", wanted.name().orElse("none"), "secret", ""));
    }

    private static Principal authenticate(String secret, String address) {
        return switch (secret) {
            case ADMIN -> new Principal("token_1", "boss", Optional.empty(), Access.ADMIN);
            case READER -> new Principal("token_2", "reader", Optional.empty(), Access.READ);
            default -> throw new PlatformException(SqlState.INVALID_PASSWORD, "the token is not valid", "Make one.");
        };
    }

    private Idempotency.Response once(
            Principal principal, String key, String hash, Supplier<Idempotency.Response> action) {
        var name = principal.tokenId() + key + hash;
        var before = kept.get(name);
        if (before != null) {
            return before;
        }
        var response = action.get();
        kept.put(name, new Idempotency.Response(response.status(), response.storedBody(), response.storedBody(), true));
        return response;
    }

    @Override
    public void close() {
        server.close();
    }
}
