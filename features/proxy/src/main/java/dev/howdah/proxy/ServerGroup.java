package dev.howdah.proxy;

import dev.howdah.wire.InitialMessage.StartupMessage;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Within a pool: the servers whose sessions began alike, and the clients that can use them. */
final class ServerGroup {
    final PoolKey.Group key;
    final WaitQueue waiting = new WaitQueue();
    /** The one used last is the last. */
    final ArrayDeque<PooledServer> idle = new ArrayDeque<>();

    final LoginName name;
    /** How a server session of it begins where no client waits for it. */
    final StartupMessage startup;
    /** What its servers report at login; empty while that is not known. */
    Optional<Map<String, String>> reported = Optional.empty();

    private @Nullable Greeting greeting;

    int clients;
    /** Server connections, with those that are on their way. */
    int servers;

    /** Connections on their way, or waiting for room. */
    int coming;

    private record Greeting(Map<String, String> parameters, String applicationName, ByteBuffer message) {
        @SuppressWarnings("ReferenceEquality") // those of one server are one object
        boolean isFor(Map<String, String> others, String name) {
            return parameters == others && applicationName.equals(name);
        }
    }

    ServerGroup(PoolKey.Group key, LoginName name, StartupMessage startup) {
        this.key = key;
        this.name = name;
        this.startup = startup;
    }

    /** What a client is told of its settings; made once for all that come one behind the other and call themselves alike. */
    ByteBuffer greeting(Map<String, String> parameters, String applicationName) {
        var last = greeting;
        if (last == null || !last.isFor(parameters, applicationName)) {
            last = new Greeting(parameters, applicationName, Replies.settings(parameters, applicationName));
            greeting = last;
        }
        return last.message.duplicate();
    }

    /** Whether a client waits that no connection is on its way for. */
    boolean wantsMore() {
        return waiting.size() > coming;
    }

    boolean isUnused() {
        return clients == 0 && servers == 0 && coming == 0;
    }
}
