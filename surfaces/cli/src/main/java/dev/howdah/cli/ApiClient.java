package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * Calls the REST API. Every refusal becomes a failure with the exit code that belongs to it. A platform that is busy starting (503 with
 * Retry-After) is waited for, for {@link #PATIENCE}. For one thread.
 */
final class ApiClient implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(90);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration RETRY_WAIT_MAX = Duration.ofSeconds(2);
    private static final int PAGE_SIZE = 100;

    private final ApiAccess access;
    private final Environment environment;
    private final HomeOption home;
    private final HttpClient http;

    ApiClient(HomeOption home) {
        this(home, ApiAccess.find(home));
    }

    ApiClient(HomeOption home, ApiAccess access) {
        this.home = home;
        this.environment = home.environment();
        this.access = access;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    /** Tells this API from others, for what is kept per API. */
    URI url() {
        return access.url();
    }

    JsonNode get(String path) {
        return call("GET", path, Optional.empty());
    }

    JsonNode post(String path, Object body) {
        return call("POST", path, Optional.of(body));
    }

    JsonNode patch(String path, Object body) {
        return call("PATCH", path, Optional.of(body));
    }

    void delete(String path) {
        var _ = call("DELETE", path, Optional.empty());
    }

    /** The records of a list, page after page. The path may have a query of its own. */
    List<JsonNode> list(String path, int limit) {
        var records = new ArrayList<JsonNode>();
        var cursor = "";
        do {
            var size = Math.min(PAGE_SIZE, limit - records.size());
            var page = get(path + (path.contains("?") ? "&" : "?") + "limit=" + size + cursor);
            page.path("items").forEach(records::add);
            var next = page.path("next_cursor").asString("");
            cursor = next.isEmpty() ? "" : "&cursor=" + ApiPaths.encode(next);
        } while (!cursor.isEmpty() && records.size() < limit);
        return records;
    }

    private JsonNode call(String method, String path, Optional<Object> body) {
        var request = request(method, path, body);
        var patience = environment.clock().instant().plus(PATIENCE);
        while (true) {
            var response = send(request);
            if (response.statusCode() / 100 == 2) {
                return Json.parse(response.body().isEmpty() ? "null" : response.body());
            }
            var wait = retryAfter(response);
            if (wait.isEmpty() || environment.clock().instant().plus(wait.get()).isAfter(patience)) {
                throw refusal(response);
            }
            Waiting.pause(wait.get());
        }
    }

    private HttpRequest request(String method, String path, Optional<Object> body) {
        var request = HttpRequest.newBuilder(URI.create(access.url() + path))
                .timeout(REQUEST_TIMEOUT)
                .header("Authorization", "Bearer " + access.token())
                .header("Accept", "application/json");
        if (body.isPresent()) {
            request.header("Content-Type", "application/json");
        }
        if (method.equals("POST")) {
            // The same request may be sent again after a 503.
            request.header(ApiPaths.IDEMPOTENCY_KEY, UUID.randomUUID().toString());
        }
        var publisher = body.map(Json::compact)
                .map(HttpRequest.BodyPublishers::ofString)
                .orElseGet(HttpRequest.BodyPublishers::noBody);
        return request.method(method, publisher).build();
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (HttpConnectTimeoutException e) {
            throw unreachable(e);
        } catch (HttpTimeoutException _) {
            throw new CliFailure(
                    ExitCode.UNAVAILABLE,
                    "timeout",
                    "the API at %s did not answer within %d s".formatted(access.url(), REQUEST_TIMEOUT.toSeconds()),
                    "See howdah status and the log in %s.".formatted(home.home().resolve("logs")));
        } catch (ConnectException | ClosedChannelException e) {
            throw unreachable(e);
        } catch (IOException e) {
            throw new CliFailure(
                    ExitCode.UNAVAILABLE,
                    "connection_failure",
                    "the connection to the API at %s broke: %s".formatted(access.url(), e.getMessage()),
                    "Is Howdah being stopped? See howdah status.");
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    private CliFailure unreachable(IOException cause) {
        if (environment.variable("HOWDAH_API").isEmpty()) {
            return ApiAccess.notRunning(home.home());
        }
        var reason = cause.getMessage() == null ? "" : ": " + cause.getMessage();
        return new CliFailure(
                ExitCode.NOT_RUNNING,
                "not_running",
                "nothing answers at %s%s".formatted(access.url(), reason),
                "HOWDAH_API names that address; unset it to use the platform of this machine.");
    }

    private static Optional<Duration> retryAfter(HttpResponse<String> response) {
        if (response.statusCode() != 503) {
            return Optional.empty();
        }
        return response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("\\d{1,4}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .map(wait -> wait.compareTo(RETRY_WAIT_MAX) > 0 ? RETRY_WAIT_MAX : wait);
    }

    private CliFailure refusal(HttpResponse<String> response) {
        var status = response.statusCode();
        var type = response.headers().firstValue("Content-Type").orElse("");
        if (!type.contains("json")) {
            return new CliFailure(
                    ExitCode.ofHttpStatus(status),
                    "bad_answer",
                    "%s answered with status %d and no reason".formatted(access.url(), status),
                    "Is it Howdah's API that listens there?");
        }
        var problem = Json.parse(response.body());
        return new CliFailure(
                ExitCode.ofHttpStatus(status),
                problem.path("code").asString("unknown"),
                problem.path("detail").asString(problem.path("title").asString("status " + status)),
                problem.path("hint").asString(""),
                Json.pretty(problem));
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
