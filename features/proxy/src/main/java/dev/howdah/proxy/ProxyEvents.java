package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import java.net.InetAddress;
import java.time.Instant;

/** What happens in the proxy and others may want to record. Called on the proxy's own threads: implementations return at once and never block. */
public interface ProxyEvents {
    /** A client was refused before or while it logged in; {@code user} as it was sent, empty when it had not been. */
    default void loginRefused(InetAddress address, String user, PlatformException reason, Instant at) {}

    /** A client sent bytes in clear behind its request for TLS: a broken client, or someone in between (CVE-2021-23222). */
    default void clearTextBeforeTls(InetAddress address, Instant at) {}

    /** A client tried to act as one of the branch's replicas, or to copy the whole cluster. */
    default void replicationRefused(InetAddress address, String user, PlatformException reason, Instant at) {}
}
