package dev.howdah.api;

import static dev.howdah.base.Checks.require;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Where the API listens and what it allows.
 *
 * @param host the address to listen on
 * @param port 0 takes any free one; {@link ApiServer#address} says which
 * @param hostNames further names under which people may ask for it; the loopback names and {@code host} always count
 * @param tls makes it HTTPS. Its key manager may answer with a newer certificate at any time. Required unless {@code host} is a loopback address
 * @param rateLimit how often one address may ask
 */
public record ApiConfig(String host, int port, List<String> hostNames, Optional<SSLContext> tls, RateLimit rateLimit) {
    /** The largest request body, in bytes. */
    static final int BODY_LIMIT = 1_000_000;

    public ApiConfig {
        require(port >= 0 && port <= 65_535, "api-port must be 0 to 65535, was " + port);
        hostNames = List.copyOf(hostNames);
    }

    /** Plain HTTP on 127.0.0.1. */
    public static ApiConfig loopback(int port) {
        return new ApiConfig("127.0.0.1", port, List.of(), Optional.empty(), RateLimit.DEFAULT);
    }

    /** Whether nobody from outside this machine can reach it. A name that cannot be resolved counts as outside. */
    boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }
}
