package dev.howdah.api;

import dev.howdah.api.model.Problem;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns every failure into a problem document. What is not meant for users is logged and leaves only its request id. */
final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    /** A problem document and the headers that go with it. */
    record Reply(Problem problem, Map<String, String> headers) {}

    private Problems() {}

    static Reply of(Throwable failure, String path, String requestId) {
        return switch (failure) {
            case Refusal refusal ->
                reply(
                        refusal.status(),
                        refusal.code(),
                        refusal.message(),
                        Optional.of(refusal.hint()).filter(hint -> !hint.isEmpty()),
                        refusal.headers(),
                        path,
                        requestId);
            case PlatformException exception -> ofPlatform(exception, path, requestId);
            default -> ofBug(failure, path, requestId);
        };
    }

    private static Reply ofPlatform(PlatformException exception, String path, String requestId) {
        var status = status(exception.state());
        if (status >= 500) {
            LOG.warn("request {} to {} failed: {}", requestId, path, exception.message(), exception);
        }
        var headers = new HashMap<String, String>();
        if (status == 401) {
            headers.put("WWW-Authenticate", "Bearer realm=\"howdah\"");
        }
        if (status == 503 || status == 429) {
            headers.put("Retry-After", "1");
        }
        if (exception.state() == SqlState.INTERNAL_ERROR) {
            return ofInternal(path, requestId);
        }
        return reply(status, code(exception.state()), exception.message(), exception.hint(), headers, path, requestId);
    }

    private static Reply ofBug(Throwable failure, String path, String requestId) {
        LOG.error("request {} to {} failed", requestId, path, failure);
        return ofInternal(path, requestId);
    }

    private static Reply ofInternal(String path, String requestId) {
        return reply(
                500,
                code(SqlState.INTERNAL_ERROR),
                "the platform failed to answer; this is a bug",
                Optional.of("Its log has the reason under request id %s.".formatted(requestId)),
                Map.of(),
                path,
                requestId);
    }

    /** What the HTTP server refused by itself, such as a request that it could not read. */
    static Problem ofServer(int status, String message) {
        var code = status >= 500 ? code(SqlState.INTERNAL_ERROR) : "bad_request";
        var detail = status >= 500 ? "the platform failed to answer" : "the request cannot be read: " + message;
        return reply(status, code, detail, Optional.empty(), Map.of(), "", "").problem();
    }

    private static Reply reply(
            int status,
            String code,
            String detail,
            Optional<String> hint,
            Map<String, String> headers,
            String path,
            String requestId) {
        var problem =
                new Problem("urn:howdah:problem:" + code, title(status), status, detail, path, code, hint, requestId);
        return new Reply(problem, headers);
    }

    static String code(SqlState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    static int status(SqlState state) {
        return switch (state) {
            case UNDEFINED_OBJECT, INVALID_CATALOG_NAME -> 404;
            case DUPLICATE_OBJECT, OBJECT_IN_USE, DEPENDENT_OBJECTS_STILL_EXIST, OBJECT_NOT_IN_PREREQUISITE_STATE ->
                409;
            case INVALID_PASSWORD, INVALID_AUTHORIZATION_SPECIFICATION -> 401;
            case INSUFFICIENT_PRIVILEGE -> 403;
            case INVALID_PARAMETER_VALUE, INVALID_NAME, SYNTAX_ERROR, RESERVED_NAME, PROTOCOL_VIOLATION -> 400;
            case FEATURE_NOT_SUPPORTED -> 501;
            case TOO_MANY_CONNECTIONS, CONFIGURATION_LIMIT_EXCEEDED -> 429;
            case CANNOT_CONNECT_NOW, CONNECTION_FAILURE, ADMIN_SHUTDOWN, TRANSACTION_RESOLUTION_UNKNOWN -> 503;
            case QUERY_CANCELED, IDLE_SESSION_TIMEOUT -> 504;
            case DISK_FULL -> 507;
            case IO_ERROR, INTERNAL_ERROR -> 500;
        };
    }

    private static String title(int status) {
        return switch (status) {
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 409 -> "Conflict";
            case 413 -> "Content Too Large";
            case 415 -> "Unsupported Media Type";
            case 421 -> "Misdirected Request";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            case 507 -> "Insufficient Storage";
            default -> status >= 500 ? "Internal Server Error" : "Bad Request";
        };
    }
}
