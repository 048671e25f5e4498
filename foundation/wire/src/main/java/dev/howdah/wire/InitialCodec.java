package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.wire.InitialMessage.CancelRequest;
import dev.howdah.wire.InitialMessage.GssEncRequest;
import dev.howdah.wire.InitialMessage.SslRequest;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.InitialMessage.UnsupportedProtocol;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;

/** Bytes to {@link InitialMessage} and back. */
public final class InitialCodec {
    private static final int CANCEL = 1234 << 16 | 5678;
    private static final int SSL = 1234 << 16 | 5679;
    private static final int GSSENC = 1234 << 16 | 5680;

    private InitialCodec() {}

    /** Reads what follows the length. Malformed input is a PROTOCOL_VIOLATION and nothing else. */
    public static InitialMessage decode(ByteBuffer body) {
        if (body.remaining() < 4 || body.remaining() > WireLimits.STARTUP_BYTES_MAX) {
            throw violation("invalid length of startup packet");
        }
        var reader = new WireReader(body);
        var code = reader.int32();
        return switch (code) {
            case CANCEL -> cancelRequest(reader);
            case SSL -> withoutBody(reader, new SslRequest());
            case GSSENC -> withoutBody(reader, new GssEncRequest());
            default -> startup(ProtocolVersion.of(code), reader);
        };
    }

    private static InitialMessage withoutBody(WireReader reader, InitialMessage message) {
        reader.requireEnd();
        return message;
    }

    private static InitialMessage cancelRequest(WireReader reader) {
        var keyBytes = reader.remaining() - 4;
        if (keyBytes < WireLimits.CANCEL_KEY_BYTES_MIN || keyBytes > WireLimits.CANCEL_KEY_BYTES_MAX) {
            throw violation("invalid length of cancel request packet");
        }
        return new CancelRequest(reader.int32(), reader.rest());
    }

    private static InitialMessage startup(ProtocolVersion version, WireReader reader) {
        if (version.major() != 3) {
            return new UnsupportedProtocol(version);
        }
        var parameters = new LinkedHashMap<String, String>();
        while (true) {
            var name = reader.strictCString();
            if (name.isEmpty()) {
                break;
            }
            var decides = name.equals("user") || name.equals("database");
            parameters.put(name, decides ? reader.strictCString() : reader.cString());
        }
        if (reader.remaining() != 0) {
            throw violation("invalid startup packet layout: expected terminator as last byte");
        }
        return new StartupMessage(version, parameters);
    }

    /** The whole packet, length included. */
    public static ByteBuffer encode(InitialMessage message) {
        var writer = new WireWriter();
        var mark = writer.beginUntagged();
        switch (message) {
            case SslRequest() -> writer.int32(SSL);
            case GssEncRequest() -> writer.int32(GSSENC);
            case CancelRequest(var processId, var key) ->
                writer.int32(CANCEL).int32(processId).bytes(key);
            case UnsupportedProtocol(var version) -> writer.int32(version.code());
            case StartupMessage startup -> encode(startup, writer);
        }
        writer.end(mark);
        return writer.toByteBuffer();
    }

    private static void encode(StartupMessage startup, WireWriter writer) {
        writer.int32(startup.version().code());
        startup.parameters().forEach((name, value) -> writer.cString(name).cString(value));
        writer.int8(0);
    }
}
