package dev.howdah.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The OpenAPI 3.1 document, as it lies among the resources. A test holds it against the routes and the records. */
final class OpenApi {
    static final String TEXT = read();

    private OpenApi() {}

    private static String read() {
        try (var in = OpenApi.class.getResourceAsStream("openapi.json")) {
            return new String(
                    Objects.requireNonNull(in, "openapi.json is not in the jar").readAllBytes(),
                    StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("openapi.json cannot be read", e);
        }
    }
}
