package dev.howdah.api;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.base.PlatformException;
import dev.howdah.control.Idempotency;
import dev.howdah.control.Principal;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every request goes through, in this order: an id, the rate limit, the Host header, the route, the token, what the route asks of its
 * caller, its query parameters, the size and type of its body, the idempotency key, and then the route itself. Safe for use by many threads.
 */
final class HttpFront {
    /** Whom a token stands for; one that stands for nobody is refused. The address is for the audit log. */
    @FunctionalInterface
    interface Authentication {
        Principal caller(String secret, String address);
    }

    /** Carries a request out, or answers as the first time when it was carried out before. */
    @FunctionalInterface
    interface Once {
        Idempotency.Response run(
                Principal principal, String key, String requestHash, Supplier<Idempotency.Response> action);
    }

    private static final Logger ACCESS = LoggerFactory.getLogger("dev.howdah.api.access");
    private static final Set<String> METHODS = Set.of("GET", "POST", "PATCH", "DELETE");
    private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");
    private static final String BEARER = "Bearer ";
    private static final String CALLER = "howdah.caller";
    private static final byte[] EMPTY_OBJECT = "{}".getBytes(StandardCharsets.UTF_8);

    private final List<Route> routes;
    private final RouteTable table;
    private final Authentication authenticate;
    private final Once once;
    private final HostGuard hosts;
    private final RateLimiter limiter;
    private final RandomGenerator random;
    private final Json json = new Json();

    HttpFront(
            ApiConfig config,
            List<Route> routes,
            Authentication authenticate,
            Once once,
            InstantSource clock,
            RandomGenerator random) {
        this.routes = List.copyOf(routes);
        this.table = new RouteTable(routes);
        this.authenticate = authenticate;
        this.once = once;
        this.hosts = new HostGuard(config.host(), config.hostNames());
        this.limiter = new RateLimiter(config.rateLimit(), clock);
        this.random = random;
    }

    void register(JavalinConfig config) {
        config.routes.before(this::admit);
        for (var route : routes) {
            config.routes.addHttpHandler(
                    HandlerType.findOrCreate(route.method()), route.path(), context -> answer(route, context));
        }
        config.routes.exception(
                HttpResponseException.class, (failure, context) -> refuse(context, ofHttp(failure, context)));
        config.routes.exception(Exception.class, (failure, context) -> refuse(context, failure));
        config.router.javaLangErrorHandler(this::fail);
        config.requestLogger.http(this::finish);
    }

    private void admit(Context context) {
        context.header(ApiPaths.REQUEST_ID, HexFormat.of().toHexDigits(random.nextLong()));
        context.header("X-Content-Type-Options", "nosniff");
        context.header("Cache-Control", "no-store");
        limiter.waitFor(Call.address(context)).ifPresent(wait -> {
            throw Refusal.tooManyRequests(wait);
        });
        hosts.check(context.header("Host"));
        if (!METHODS.contains(method(context))) {
            throw table.refusal(method(context), context.path());
        }
    }

    private void answer(Route route, Context context) {
        var principal = route.gate() == Gate.OPEN ? Optional.<Principal>empty() : Optional.of(caller(context));
        principal.ifPresent(route.gate()::check);
        checkParameters(route, context);
        var body = route.method().equals("POST") || route.method().equals("PATCH") ? body(context) : EMPTY_OBJECT;
        var call = new Call(context, principal, body, json);
        var key = Optional.ofNullable(context.header(ApiPaths.IDEMPOTENCY_KEY));
        // Stopping the platform must not need the control database, where keys are kept; and it acts once by its
        // nature.
        if (key.isPresent() && route.method().equals("POST") && route.gate() != Gate.LOCAL && principal.isPresent()) {
            answerOnce(route, call, context, principal.get(), key.get(), body);
        } else {
            write(context, route.handler().answer(call));
        }
    }

    private Principal caller(Context context) {
        var header = context.header("Authorization");
        if (header == null) {
            throw Refusal.unauthorized("this needs a token");
        }
        if (!header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            throw Refusal.unauthorized("the Authorization header is not of the form \"Bearer <token>\"");
        }
        var principal = authenticate.caller(header.substring(BEARER.length()).strip(), Call.address(context));
        context.attribute(CALLER, principal.name());
        return principal;
    }

    private static void checkParameters(Route route, Context context) {
        if (BROKEN_ESCAPE
                .matcher(Objects.requireNonNullElse(context.queryString(), ""))
                .find()) {
            // Parameters that cannot be decoded would be dropped without a word.
            throw PlatformException.invalid(
                    "the query has a % that is not followed by two hexadecimal digits", "Write a % itself as %25.");
        }
        for (var name : context.queryParamMap().keySet()) {
            if (!route.parameters().contains(name)) {
                throw PlatformException.invalid(
                        "unknown query parameter \"%s\"".formatted(name),
                        route.parameters().isEmpty()
                                ? "There is none here."
                                : "The parameters are: %s."
                                        .formatted(String.join(
                                                ", ",
                                                route.parameters().stream()
                                                        .sorted()
                                                        .toList())));
            }
        }
    }

    private static byte[] body(Context context) {
        var body = readBody(context);
        if (body.length == 0) {
            return EMPTY_OBJECT;
        }
        var stated = context.contentType() == null ? "" : context.contentType();
        var mediaType = stated.split(";", 2)[0].strip();
        if (!mediaType.equalsIgnoreCase("application/json")) {
            throw Refusal.unsupportedMediaType(mediaType);
        }
        return body;
    }

    private static byte[] readBody(Context context) {
        if (context.req().getContentLengthLong() > ApiConfig.BODY_LIMIT) {
            throw Refusal.tooLarge(ApiConfig.BODY_LIMIT);
        }
        try {
            var body = context.req().getInputStream().readNBytes(ApiConfig.BODY_LIMIT + 1);
            if (body.length > ApiConfig.BODY_LIMIT) {
                throw Refusal.tooLarge(ApiConfig.BODY_LIMIT);
            }
            return body;
        } catch (IOException e) {
            ACCESS.debug("the body of request {} broke off", requestId(context), e);
            throw Refusal.badRequest("bad_request", "the request body broke off", "Send it again.");
        }
    }

    private void answerOnce(Route route, Call call, Context context, Principal principal, String key, byte[] body) {
        var response = once.run(principal, key, requestHash(context, body), () -> {
            var answer = route.handler().answer(call);
            return new Idempotency.Response(answer.status(), text(answer.body()), text(answer.kept()), false);
        });
        context.status(response.status());
        if (response.replayed()) {
            context.header("Idempotency-Replayed", "true");
        }
        if (!response.body().isEmpty()) {
            context.contentType("application/json").result(response.body());
        }
    }

    private String text(Optional<Object> body) {
        return body.map(value -> new String(json.write(value), StandardCharsets.UTF_8))
                .orElse("");
    }

    private static String requestHash(Context context, byte[] body) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update((method(context) + " " + context.path() + "\n").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private void write(Context context, Answer answer) {
        context.status(answer.status());
        answer.body().ifPresent(body -> {
            if (body instanceof Answer.Raw(var mediaType, var text)) {
                context.contentType(mediaType).result(text);
            } else {
                context.contentType("application/json").result(json.write(body));
            }
        });
    }

    private void refuse(Context context, Throwable failure) {
        var reply = Problems.of(failure, context.path(), requestId(context));
        reply.headers().forEach(context::header);
        context.status(reply.problem().status())
                .contentType(ApiPaths.PROBLEM_MEDIA_TYPE)
                .result(json.write(reply.problem()));
    }

    private void fail(HttpServletResponse response, Error error) {
        var reply = Problems.of(error, "", String.valueOf(response.getHeader(ApiPaths.REQUEST_ID)));
        response.setStatus(reply.problem().status());
        response.setContentType(ApiPaths.PROBLEM_MEDIA_TYPE);
        try {
            response.getOutputStream().write(json.write(reply.problem()));
        } catch (IOException e) {
            throw new UncheckedIOException("the client is gone", e);
        }
    }

    /** What Javalin itself refuses is a missing route or a wrong method; anything else of its making is a bad request. */
    private Refusal ofHttp(HttpResponseException failure, Context context) {
        return switch (failure.getStatus()) {
            case 404, 405 -> table.refusal(method(context), context.path());
            default -> Refusal.badRequest("bad_request", String.valueOf(failure.getMessage()), "");
        };
    }

    private void finish(Context context, Float milliseconds) {
        ACCESS.info(
                "{} {} {} {} ms caller={} address={} id={}",
                method(context),
                context.path(),
                context.statusCode(),
                "%.1f".formatted(milliseconds),
                Optional.ofNullable(context.<String>attribute(CALLER)).orElse("-"),
                Call.address(context),
                requestId(context));
        Optional.ofNullable(context.<Runnable>attribute(Call.AFTERWARDS)).ifPresent(work -> {
            flush(context);
            work.run();
        });
    }

    /** What comes afterwards may close this server, so the answer must have left before. */
    private static void flush(Context context) {
        try {
            context.res().flushBuffer();
        } catch (IOException e) {
            ACCESS.debug("the client did not wait for the answer {}", requestId(context), e);
        }
    }

    private static String method(Context context) {
        return context.req().getMethod();
    }

    private static String requestId(Context context) {
        return String.valueOf(context.res().getHeader(ApiPaths.REQUEST_ID));
    }
}
