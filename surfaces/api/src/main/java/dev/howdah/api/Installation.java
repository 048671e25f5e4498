package dev.howdah.api;

import dev.howdah.api.model.Endpoint;
import java.nio.file.Path;
import java.time.Instant;

/**
 * What people need to know of the platform they have started.
 *
 * @param direct how clients reach the direct endpoint
 * @param pooled how clients reach the pooled endpoint
 * @param caFile the certificate that {@code sslrootcert} names
 */
public record Installation(
        String version, Path home, Instant startedAt, Endpoint direct, Endpoint pooled, Path caFile) {}
