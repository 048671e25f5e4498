package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Connection;
import org.jspecify.annotations.Nullable;

/** The latest warning for a client, until one fits between two messages. */
final class PendingWarning {
    private @Nullable PlatformException next;

    void add(PlatformException warning) {
        next = warning;
    }

    /** The client is between two messages. */
    void sendTo(Connection client) {
        var warning = next;
        if (warning != null) {
            next = null;
            client.send(Replies.warning(warning));
        }
    }
}
