package dev.howdah.proxy;

import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.proxy.io.Connection;
import dev.howdah.wire.ByteString;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * A server connection that has logged in.
 *
 * @param key with {@code processId} what cancels it; never shown to a client
 * @param parameters what the server reported at login
 * @param greeting those reports and any notices, as the messages they came in
 * @param rest what followed the first ReadyForQuery
 */
record ServerLink(
        Connection connection,
        InstanceId instance,
        ServerAddress.UnixSocket address,
        int processId,
        ByteString key,
        Map<String, String> parameters,
        ByteBuffer greeting,
        ByteBuffer rest) {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** The same without what only the beginning needs, since sessions live long. */
    ServerLink settled() {
        return new ServerLink(connection, instance, address, processId, key, Map.of(), NOTHING, NOTHING);
    }
}
