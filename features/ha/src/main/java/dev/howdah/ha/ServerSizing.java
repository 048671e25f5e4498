package dev.howdah.ha;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.Bytes;
import java.util.Map;

/**
 * How much of the machine one server may use. What it does not name is the platform's default.
 *
 * @param sharedBuffers PostgreSQL's own cache
 * @param maxConnections the same on every member of a branch, since a standby must not have fewer than its primary
 */
public record ServerSizing(Bytes sharedBuffers, int maxConnections) {
    public static final ServerSizing LAPTOP = new ServerSizing(Bytes.ofMegabytes(128), 300);

    public ServerSizing {
        require(
                sharedBuffers.count() >= Bytes.ofMegabytes(1).count(),
                "shared-buffers is at least 1 MB, was " + sharedBuffers);
        require(maxConnections >= 30, "max-connections is at least 30, was " + maxConnections);
    }

    Map<String, String> parameters() {
        return Map.of(
                "shared_buffers",
                sharedBuffers.count() / 1024 + "kB",
                "max_connections",
                Integer.toString(maxConnections));
    }
}
