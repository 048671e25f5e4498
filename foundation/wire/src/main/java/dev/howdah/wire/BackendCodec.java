package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.wire.BackendMessage.Authentication;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.BindComplete;
import dev.howdah.wire.BackendMessage.CloseComplete;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.CopyBothResponse;
import dev.howdah.wire.BackendMessage.CopyData;
import dev.howdah.wire.BackendMessage.CopyDone;
import dev.howdah.wire.BackendMessage.CopyInResponse;
import dev.howdah.wire.BackendMessage.CopyOutResponse;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.EmptyQueryResponse;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.Field;
import dev.howdah.wire.BackendMessage.FunctionCallResponse;
import dev.howdah.wire.BackendMessage.NegotiateProtocolVersion;
import dev.howdah.wire.BackendMessage.NoData;
import dev.howdah.wire.BackendMessage.NoticeResponse;
import dev.howdah.wire.BackendMessage.NotificationResponse;
import dev.howdah.wire.BackendMessage.ParameterDescription;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.BackendMessage.ParseComplete;
import dev.howdah.wire.BackendMessage.PortalSuspended;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Bytes to {@link BackendMessage} and back. */
public final class BackendCodec {
    private BackendCodec() {}

    /** Malformed input is a PROTOCOL_VIOLATION and nothing else. */
    public static BackendMessage decode(byte tag, ByteBuffer body) {
        if (body.remaining() > WireLimits.MESSAGE_BYTES_MAX) {
            throw violation("invalid message length");
        }
        var reader = new WireReader(body);
        BackendMessage message = switch (tag) {
            case 'R' -> AuthenticationCodec.decode(reader);
            case 'K' -> backendKeyData(reader);
            case 'S' -> new ParameterStatus(reader.cString(), reader.cString());
            case 'Z' -> new ReadyForQuery(status(reader));
            case 'T' -> new RowDescription(reader.list(BackendCodec::field));
            case 'D' -> new DataRow(reader.list(WireReader::value));
            case 'C' -> new CommandComplete(reader.cString());
            case 'I' -> new EmptyQueryResponse();
            case 'E' -> new ErrorResponse(diagnostic(reader));
            case 'N' -> new NoticeResponse(diagnostic(reader));
            case 'A' -> new NotificationResponse(reader.int32(), reader.cString(), reader.cString());
            case '1' -> new ParseComplete();
            case '2' -> new BindComplete();
            case '3' -> new CloseComplete();
            case 's' -> new PortalSuspended();
            case 'n' -> new NoData();
            case 't' -> new ParameterDescription(reader.list(WireReader::int32));
            case 'G' -> new CopyInResponse(reader.int8(), reader.list(WireReader::int16));
            case 'H' -> new CopyOutResponse(reader.int8(), reader.list(WireReader::int16));
            case 'W' -> new CopyBothResponse(reader.int8(), reader.list(WireReader::int16));
            case 'd' -> new CopyData(reader.rest());
            case 'c' -> new CopyDone();
            case 'V' -> new FunctionCallResponse(reader.value());
            case 'v' -> negotiateProtocolVersion(reader);
            default -> throw violation("invalid backend message type %d".formatted(tag));
        };
        reader.requireEnd();
        return message;
    }

    private static BackendKeyData backendKeyData(WireReader reader) {
        var keyBytes = reader.remaining() - 4;
        if (keyBytes < WireLimits.CANCEL_KEY_BYTES_MIN || keyBytes > WireLimits.CANCEL_KEY_BYTES_MAX) {
            throw violation("invalid length of cancel key");
        }
        return new BackendKeyData(reader.int32(), reader.rest());
    }

    private static TransactionStatus status(WireReader reader) {
        var code = reader.int8();
        return Arrays.stream(TransactionStatus.values())
                .filter(status -> status.code() == code)
                .findFirst()
                .orElseThrow(() -> violation("invalid transaction status %d".formatted(code)));
    }

    private static Field field(WireReader reader) {
        return new Field(
                reader.cString(),
                reader.int32(),
                reader.int16(),
                reader.int32(),
                reader.int16(),
                reader.int32(),
                reader.int16());
    }

    private static Diagnostic diagnostic(WireReader reader) {
        var fields = new LinkedHashMap<Character, String>();
        for (var code = reader.uint8(); code != 0; code = reader.uint8()) {
            fields.put((char) code, reader.cString());
        }
        return new Diagnostic(fields);
    }

    private static NegotiateProtocolVersion negotiateProtocolVersion(WireReader reader) {
        var version = ProtocolVersion.of(reader.int32());
        var count = reader.int32();
        if (count < 0) {
            throw violation("invalid number of protocol options %d".formatted(count));
        }
        var options = new ArrayList<String>(); // grows with what is really there, not with what is claimed
        for (var i = 0; i < count; i++) {
            options.add(reader.cString());
        }
        return new NegotiateProtocolVersion(version, options);
    }

    /** The whole message, tag and length included. */
    public static ByteBuffer encode(BackendMessage message) {
        var writer = new WireWriter();
        encode(message, writer);
        return writer.toByteBuffer();
    }

    public static void encode(BackendMessage message, WireWriter writer) {
        var mark = writer.begin(tag(message));
        switch (message) {
            case Authentication authentication -> AuthenticationCodec.encode(authentication, writer);
            case BackendKeyData(var processId, var key) ->
                writer.int32(processId).bytes(key);
            case ParameterStatus(var name, var value) -> writer.cString(name).cString(value);
            case ReadyForQuery(var status) -> writer.int8(status.code());
            case RowDescription(var fields) -> writer.list(fields, BackendCodec::encodeField);
            case DataRow(var values) -> writer.list(values, WireWriter::value);
            case CommandComplete(var commandTag) -> writer.cString(commandTag);
            case ErrorResponse(var diagnostic) -> encodeDiagnostic(diagnostic.fields(), writer);
            case NoticeResponse(var diagnostic) -> encodeDiagnostic(diagnostic.fields(), writer);
            case NotificationResponse(var processId, var channel, var payload) ->
                writer.int32(processId).cString(channel).cString(payload);
            case ParameterDescription(var types) -> writer.list(types, WireWriter::int32);
            case CopyInResponse(var format, var formats) -> encodeFormats(format, formats, writer);
            case CopyOutResponse(var format, var formats) -> encodeFormats(format, formats, writer);
            case CopyBothResponse(var format, var formats) -> encodeFormats(format, formats, writer);
            case CopyData(var data) -> writer.bytes(data);
            case FunctionCallResponse(var value) -> writer.value(value);
            case NegotiateProtocolVersion(var version, var options) -> {
                writer.int32(version.code()).int32(options.size());
                options.forEach(writer::cString);
            }
            case EmptyQueryResponse(),
                    ParseComplete(),
                    BindComplete(),
                    CloseComplete(),
                    PortalSuspended(),
                    NoData(),
                    CopyDone() -> {}
        }
        writer.end(mark);
    }

    private static void encodeField(WireWriter writer, Field field) {
        writer.cString(field.name())
                .int32(field.table())
                .int16(field.column())
                .int32(field.type())
                .int16(field.typeSize())
                .int32(field.typeModifier())
                .int16(field.format());
    }

    private static void encodeDiagnostic(Map<Character, String> fields, WireWriter writer) {
        fields.forEach((code, value) -> writer.int8(code).cString(value));
        writer.int8(0);
    }

    private static void encodeFormats(int format, List<Integer> columnFormats, WireWriter writer) {
        writer.int8(format).list(columnFormats, WireWriter::int16);
    }

    private static char tag(BackendMessage message) {
        return switch (message) {
            case Authentication _ -> 'R';
            case BackendKeyData _ -> 'K';
            case ParameterStatus _ -> 'S';
            case ReadyForQuery _ -> 'Z';
            case RowDescription _ -> 'T';
            case DataRow _ -> 'D';
            case CommandComplete _ -> 'C';
            case EmptyQueryResponse _ -> 'I';
            case ErrorResponse _ -> 'E';
            case NoticeResponse _ -> 'N';
            case NotificationResponse _ -> 'A';
            case ParseComplete _ -> '1';
            case BindComplete _ -> '2';
            case CloseComplete _ -> '3';
            case PortalSuspended _ -> 's';
            case NoData _ -> 'n';
            case ParameterDescription _ -> 't';
            case CopyInResponse _ -> 'G';
            case CopyOutResponse _ -> 'H';
            case CopyBothResponse _ -> 'W';
            case CopyData _ -> 'd';
            case CopyDone _ -> 'c';
            case FunctionCallResponse _ -> 'V';
            case NegotiateProtocolVersion _ -> 'v';
        };
    }
}
