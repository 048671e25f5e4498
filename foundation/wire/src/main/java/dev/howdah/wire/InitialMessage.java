package dev.howdah.wire;

import static dev.howdah.base.Checks.require;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a client may send first: it has no tag. After {@link SslRequest} and {@link GssEncRequest} comes another of these. */
public sealed interface InitialMessage {
    /** Begins a session. The parameters keep the client's order; of two with the same name the last counts, as in PostgreSQL. */
    record StartupMessage(ProtocolVersion version, Map<String, String> parameters) implements InitialMessage {
        public StartupMessage {
            require(version.major() == 3, "a startup message is of protocol 3, was " + version);
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        }

        public Optional<String> parameter(String name) {
            return Optional.ofNullable(parameters.get(name));
        }
    }

    record SslRequest() implements InitialMessage {}

    record GssEncRequest() implements InitialMessage {}

    /** Asks to cancel what the session with this process id and key does. Nothing is ever answered. */
    record CancelRequest(int processId, ByteString key) implements InitialMessage {
        public CancelRequest {
            requireCancelKey(key);
        }
    }

    /** A version whose startup packet nobody here can read; answered with 0A000. */
    record UnsupportedProtocol(ProtocolVersion version) implements InitialMessage {}

    static void requireCancelKey(ByteString key) {
        require(
                key.size() >= WireLimits.CANCEL_KEY_BYTES_MIN && key.size() <= WireLimits.CANCEL_KEY_BYTES_MAX,
                "a cancel key has 4 to 256 bytes, was " + key.size());
    }
}
