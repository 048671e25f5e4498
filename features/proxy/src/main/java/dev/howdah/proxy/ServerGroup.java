package dev.howdah.proxy;

import dev.howdah.wire.InitialMessage.StartupMessage;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;

/** Within a pool: the servers whose sessions began alike, and the clients that can use them. */
final class ServerGroup {
    final WaitQueue waiting = new WaitQueue();
    /** The one used last is the last. */
    final ArrayDeque<PooledServer> idle = new ArrayDeque<>();

    /** How a server session of it begins where no client waits for it. */
    final LoginName name;

    final StartupMessage startup;
    /** What its servers report at login; empty while that is not known. */
    Optional<Map<String, String>> reported = Optional.empty();

    int clients;
    /** Server connections, with those that are on their way. */
    int servers;

    /** Connections on their way, or waiting for room. */
    int coming;

    ServerGroup(LoginName name, StartupMessage startup) {
        this.name = name;
        this.startup = startup;
    }

    /** Whether a client waits that no connection is on its way for. */
    boolean wantsMore() {
        return waiting.size() > coming;
    }

    boolean isUnused() {
        return clients == 0 && servers == 0 && coming == 0;
    }
}
