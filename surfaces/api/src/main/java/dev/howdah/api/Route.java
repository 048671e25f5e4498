package dev.howdah.api;

import java.util.Set;

/**
 * One method of one path. The table of all routes is the API; the server refuses what no route names.
 *
 * @param method GET, POST, PATCH or DELETE
 * @param path with parameters in braces
 * @param parameters the query parameters it reads; any other is refused, so that a misspelt one is not ignored
 */
record Route(String method, String path, Gate gate, Set<String> parameters, Handler handler) {
    /** Answers one call. A failure is thrown. */
    @FunctionalInterface
    interface Handler {
        Answer answer(Call call);
    }

    static Route get(String path, Gate gate, Handler handler) {
        return new Route("GET", path, gate, Set.of(), handler);
    }

    static Route post(String path, Gate gate, Handler handler) {
        return new Route("POST", path, gate, Set.of(), handler);
    }

    static Route patch(String path, Gate gate, Handler handler) {
        return new Route("PATCH", path, gate, Set.of(), handler);
    }

    static Route delete(String path, Gate gate, Handler handler) {
        return new Route("DELETE", path, gate, Set.of(), handler);
    }

    /** The same route, reading these query parameters as well. */
    Route with(String... queryParameters) {
        return new Route(method, path, gate, Set.of(queryParameters), handler);
    }

    /** The same route with {@code limit} and {@code cursor}. */
    Route paged() {
        return with("limit", "cursor");
    }
}
