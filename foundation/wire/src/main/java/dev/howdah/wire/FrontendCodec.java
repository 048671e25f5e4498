package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.CopyData;
import dev.howdah.wire.FrontendMessage.CopyDone;
import dev.howdah.wire.FrontendMessage.CopyFail;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Flush;
import dev.howdah.wire.FrontendMessage.FunctionCall;
import dev.howdah.wire.FrontendMessage.GssResponse;
import dev.howdah.wire.FrontendMessage.LoginStep;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.PasswordMessage;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.SaslInitialResponse;
import dev.howdah.wire.FrontendMessage.SaslResponse;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.FrontendMessage.Terminate;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Bytes to {@link FrontendMessage} and back. */
public final class FrontendCodec {
    private FrontendCodec() {}

    /**
     * How long a body with this tag may be, as PostgreSQL limits it: to be asked before the body is read. An unknown tag is a
     * PROTOCOL_VIOLATION.
     */
    public static int bodyBytesMax(byte tag) {
        return switch (tag) {
            case 'Q', 'P', 'B', 'F', 'd' -> WireLimits.MESSAGE_BYTES_MAX;
            case 'C', 'D', 'E', 'H', 'S', 'X', 'c', 'f' -> WireLimits.SMALL_MESSAGE_BYTES_MAX;
            case 'p' -> WireLimits.PASSWORD_BYTES_MAX;
            default -> throw violation("invalid frontend message type %d".formatted(tag));
        };
    }

    /** Reads a message of a session that is logged in. Malformed input is a PROTOCOL_VIOLATION and nothing else. */
    public static FrontendMessage decode(byte tag, ByteBuffer body) {
        requireLength(body, bodyBytesMax(tag));
        var reader = new WireReader(body);
        FrontendMessage message = switch (tag) {
            case 'Q' -> new Query(reader.cString());
            case 'P' -> new Parse(reader.cString(), reader.cString(), reader.list(WireReader::int32));
            case 'B' -> bind(reader);
            case 'D' -> new Describe(target(reader, "DESCRIBE"), reader.cString());
            case 'C' -> new Close(target(reader, "CLOSE"), reader.cString());
            case 'E' -> new Execute(reader.cString(), reader.int32());
            case 'H' -> new Flush();
            case 'S' -> new Sync();
            case 'F' -> functionCall(reader);
            case 'd' -> new CopyData(reader.rest());
            case 'c' -> new CopyDone();
            case 'f' -> new CopyFail(reader.cString());
            case 'X' -> new Terminate();
            default -> throw violation("invalid frontend message type %d".formatted(tag));
        };
        reader.requireEnd();
        return message;
    }

    /** Reads the message that {@code step} of a login waits for. Malformed input is a PROTOCOL_VIOLATION and nothing else. */
    public static FrontendMessage decodeLogin(LoginStep step, byte tag, ByteBuffer body) {
        requireLoginTag(step, tag);
        requireLength(body, loginBodyBytesMax(step));
        var reader = new WireReader(body);
        var message = switch (step) {
            case PASSWORD -> new PasswordMessage(reader.cString());
            case SASL_INITIAL -> new SaslInitialResponse(reader.cString(), reader.value());
            case SASL -> new SaslResponse(reader.rest());
            case GSS -> new GssResponse(reader.rest());
        };
        reader.requireEnd();
        return message;
    }

    /** How long the answer to a step of a login may be, to be asked before the body is read. */
    public static int loginBodyBytesMax(LoginStep step) {
        return switch (step) {
            case PASSWORD, GSS -> WireLimits.PASSWORD_BYTES_MAX;
            case SASL_INITIAL, SASL -> WireLimits.SASL_BYTES_MAX;
        };
    }

    private static void requireLoginTag(LoginStep step, byte tag) {
        if (tag != 'p') {
            var awaited = switch (step) {
                case PASSWORD -> "password";
                case SASL_INITIAL, SASL -> "SASL";
                case GSS -> "GSS";
            };
            throw violation("expected %s response, got message type %d".formatted(awaited, tag));
        }
    }

    private static void requireLength(ByteBuffer body, int max) {
        if (body.remaining() > max) {
            throw violation("invalid message length");
        }
    }

    private static Bind bind(WireReader reader) {
        var bind = new Bind(
                reader.cString(),
                reader.cString(),
                reader.list(WireReader::int16),
                reader.list(WireReader::value),
                reader.list(WireReader::int16));
        var formats = bind.parameterFormats().size();
        if (formats > 1 && formats != bind.parameters().size()) {
            throw violation("bind message has %d parameter formats but %d parameters"
                    .formatted(formats, bind.parameters().size()));
        }
        return bind;
    }

    private static FunctionCall functionCall(WireReader reader) {
        var call = new FunctionCall(
                reader.int32(), reader.list(WireReader::int16), reader.list(WireReader::value), reader.int16());
        var formats = call.argumentFormats().size();
        if (formats > 1 && formats != call.arguments().size()) {
            throw violation("function call message contains %d argument formats but %d arguments"
                    .formatted(formats, call.arguments().size()));
        }
        return call;
    }

    private static Target target(WireReader reader, String message) {
        var code = reader.int8();
        return Arrays.stream(Target.values())
                .filter(target -> target.code() == code)
                .findFirst()
                .orElseThrow(() -> violation("invalid %s message subtype %d".formatted(message, code)));
    }

    /** The whole message, tag and length included. */
    public static ByteBuffer encode(FrontendMessage message) {
        var writer = new WireWriter();
        encode(message, writer);
        return writer.toByteBuffer();
    }

    public static void encode(FrontendMessage message, WireWriter writer) {
        var mark = writer.begin(tag(message));
        switch (message) {
            case Query(var sql) -> writer.cString(sql);
            case Parse(var statement, var sql, var types) ->
                writer.cString(statement).cString(sql).list(types, WireWriter::int32);
            case Bind bind -> encodeBind(bind, writer);
            case Describe(var target, var name) -> writer.int8(target.code()).cString(name);
            case Close(var target, var name) -> writer.int8(target.code()).cString(name);
            case Execute(var portal, var rowLimit) -> writer.cString(portal).int32(rowLimit);
            case FunctionCall call ->
                writer.int32(call.function())
                        .list(call.argumentFormats(), WireWriter::int16)
                        .list(call.arguments(), WireWriter::value)
                        .int16(call.resultFormat());
            case CopyData(var data) -> writer.bytes(data);
            case CopyFail(var reason) -> writer.cString(reason);
            case PasswordMessage(var password) -> writer.cString(password);
            case SaslInitialResponse(var mechanism, var response) ->
                writer.cString(mechanism).value(response);
            case SaslResponse(var data) -> writer.bytes(data);
            case GssResponse(var data) -> writer.bytes(data);
            case Flush(), Sync(), CopyDone(), Terminate() -> {}
        }
        writer.end(mark);
    }

    private static void encodeBind(Bind bind, WireWriter writer) {
        writer.cString(bind.portal())
                .cString(bind.statement())
                .list(bind.parameterFormats(), WireWriter::int16)
                .list(bind.parameters(), WireWriter::value)
                .list(bind.resultFormats(), WireWriter::int16);
    }

    private static char tag(FrontendMessage message) {
        return switch (message) {
            case Query _ -> 'Q';
            case Parse _ -> 'P';
            case Bind _ -> 'B';
            case Describe _ -> 'D';
            case Close _ -> 'C';
            case Execute _ -> 'E';
            case Flush _ -> 'H';
            case Sync _ -> 'S';
            case FunctionCall _ -> 'F';
            case CopyData _ -> 'd';
            case CopyDone _ -> 'c';
            case CopyFail _ -> 'f';
            case Terminate _ -> 'X';
            case PasswordMessage _, SaslInitialResponse _, SaslResponse _, GssResponse _ -> 'p';
        };
    }
}
