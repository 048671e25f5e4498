package dev.howdah.api;

import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests that were meant for another name. A web page can make its own name resolve to 127.0.0.1 and so reach a service that listens
 * there only, but it cannot change the Host header that the browser sends.
 */
final class HostGuard {
    private final Set<String> names = new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]"));

    HostGuard(String listenHost, Collection<String> hostNames) {
        names.add(normal(listenHost.contains(":") ? "[" + listenHost + "]" : listenHost));
        hostNames.forEach(name -> names.add(normal(name)));
    }

    void check(@Nullable String hostHeader) {
        var host = hostHeader == null ? "" : normal(withoutPort(hostHeader));
        if (!names.contains(host)) {
            throw Refusal.misdirected(host);
        }
    }

    private static String withoutPort(String header) {
        var bracket = header.indexOf(']');
        var colon = header.indexOf(':', Math.max(bracket, 0));
        return colon < 0 ? header : header.substring(0, colon);
    }

    private static String normal(String host) {
        var lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
