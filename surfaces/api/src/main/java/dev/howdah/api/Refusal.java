package dev.howdah.api;

import java.time.Duration;
import java.util.Map;

/** A refusal that HTTP itself has a status for. What the platform refuses is a {@link dev.howdah.base.PlatformException}. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final String hint;
    private final transient Map<String, String> headers;

    private Refusal(int status, String code, String message, String hint, Map<String, String> headers) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.hint = hint;
        this.headers = headers;
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    String message() {
        return String.valueOf(getMessage());
    }

    String hint() {
        return hint;
    }

    Map<String, String> headers() {
        return headers;
    }

    static Refusal badRequest(String code, String message, String hint) {
        return new Refusal(400, code, message, hint, Map.of());
    }

    static Refusal unauthorized(String message) {
        return new Refusal(
                401,
                "invalid_token",
                message,
                "Send the header Authorization: Bearer howdah_sk_... with a token of `howdah tokens create`.",
                Map.of("WWW-Authenticate", "Bearer realm=\"howdah\""));
    }

    static Refusal forbidden(String message, String hint) {
        return new Refusal(403, "insufficient_privilege", message, hint, Map.of());
    }

    static Refusal noRoute(String method, String path) {
        return new Refusal(
                404,
                "no_such_route",
                "there is no %s %s".formatted(method, path),
                "GET /v1/openapi.json lists what there is.",
                Map.of());
    }

    static Refusal methodNotAllowed(String method, String path, String allowed) {
        return new Refusal(
                405,
                "method_not_allowed",
                "%s does not answer %s".formatted(path, method),
                "It answers %s.".formatted(allowed),
                Map.of("Allow", allowed));
    }

    static Refusal tooLarge(int limit) {
        return new Refusal(
                413, "body_too_large", "the request body is larger than %d bytes".formatted(limit), "", Map.of());
    }

    static Refusal unsupportedMediaType(String mediaType) {
        return new Refusal(
                415,
                "unsupported_media_type",
                "the request body is %s".formatted(mediaType.isEmpty() ? "of no stated type" : "\"" + mediaType + "\""),
                "Send JSON with the header Content-Type: application/json.",
                Map.of());
    }

    static Refusal misdirected(String host) {
        return new Refusal(
                421,
                "unknown_host",
                "this API is not known as \"%s\"".formatted(host),
                "Ask for localhost or 127.0.0.1, or add the name to the API's host names.",
                Map.of());
    }

    static Refusal tooManyRequests(Duration wait) {
        var seconds = Math.max(1, wait.plusMillis(999).toSeconds());
        return new Refusal(
                429,
                "too_many_requests",
                "too many requests from this address, retry in %ds".formatted(seconds),
                "Send fewer requests a second.",
                Map.of("Retry-After", Long.toString(seconds)));
    }
}
