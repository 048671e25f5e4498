package dev.howdah.app;

import dev.howdah.proxy.io.IoEngineChoice;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the person who starts a platform says. What is empty is chosen.
 *
 * @param listen where clients are listened for
 * @param postgres a system installation of PostgreSQL 17 or 18 instead of the embedded one
 * @param certificate an own certificate (PEM) instead of one by the internal CA; goes with {@code key}
 * @param banExempt networks (CIDR) that are never banned
 * @param ioEngine what the proxy asks the kernel with
 */
record PlatformConfig(
        Path home,
        Optional<Integer> directPort,
        Optional<Integer> pooledPort,
        Optional<Integer> apiPort,
        List<InetAddress> listen,
        Optional<Path> postgres,
        Optional<Path> certificate,
        Optional<Path> key,
        List<String> banExempt,
        IoEngineChoice ioEngine) {
    static final int USUAL_DIRECT_PORT = 5432;
    static final int USUAL_POOLED_PORT = 6432;
    static final int USUAL_API_PORT = 8080;

    PlatformConfig {
        listen = List.copyOf(listen);
        banExempt = List.copyOf(banExempt);
    }
}
