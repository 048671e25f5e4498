package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.base.Lsn;
import dev.howdah.wire.ReplicationMessage.FromServer;
import dev.howdah.wire.ReplicationMessage.FromStandby;
import dev.howdah.wire.ReplicationMessage.HotStandbyFeedback;
import dev.howdah.wire.ReplicationMessage.PrimaryKeepalive;
import dev.howdah.wire.ReplicationMessage.StandbyStatusUpdate;
import dev.howdah.wire.ReplicationMessage.XLogData;
import java.nio.ByteBuffer;
import java.time.Instant;

/** The contents of CopyData to {@link ReplicationMessage} and back. Malformed input is a PROTOCOL_VIOLATION and nothing else. */
public final class ReplicationCodec {
    /** 2000-01-01, where PostgreSQL's time begins. */
    private static final long EPOCH_SECONDS = 946_684_800;

    private static final long MICROS_PER_SECOND = 1_000_000;

    private ReplicationCodec() {}

    public static FromServer decodeFromServer(ByteBuffer data) {
        var reader = new WireReader(data);
        var kind = reader.int8();
        var message = switch (kind) {
            case 'w' -> new XLogData(lsn(reader), lsn(reader), time(reader), reader.rest());
            case 'k' -> new PrimaryKeepalive(lsn(reader), time(reader), flag(reader));
            default -> throw violation("invalid replication message type %d".formatted(kind));
        };
        reader.requireEnd();
        return message;
    }

    public static FromStandby decodeFromStandby(ByteBuffer data) {
        var reader = new WireReader(data);
        var kind = reader.int8();
        var message = switch (kind) {
            case 'r' -> new StandbyStatusUpdate(lsn(reader), lsn(reader), lsn(reader), time(reader), flag(reader));
            case 'h' ->
                new HotStandbyFeedback(time(reader), reader.int32(), reader.int32(), reader.int32(), reader.int32());
            default -> throw violation("invalid standby message type %d".formatted(kind));
        };
        reader.requireEnd();
        return message;
    }

    public static ByteString encode(ReplicationMessage message) {
        var writer = new WireWriter();
        switch (message) {
            case XLogData(var start, var end, var sentAt, var data) ->
                writer.int8('w')
                        .int64(start.value())
                        .int64(end.value())
                        .int64(micros(sentAt))
                        .bytes(data);
            case PrimaryKeepalive(var end, var sentAt, var replyRequested) ->
                writer.int8('k').int64(end.value()).int64(micros(sentAt)).int8(replyRequested ? 1 : 0);
            case StandbyStatusUpdate(var written, var flushed, var applied, var sentAt, var replyRequested) ->
                writer.int8('r')
                        .int64(written.value())
                        .int64(flushed.value())
                        .int64(applied.value())
                        .int64(micros(sentAt))
                        .int8(replyRequested ? 1 : 0);
            case HotStandbyFeedback(var sentAt, var xmin, var xminEpoch, var catalogXmin, var catalogXminEpoch) ->
                writer.int8('h')
                        .int64(micros(sentAt))
                        .int32(xmin)
                        .int32(xminEpoch)
                        .int32(catalogXmin)
                        .int32(catalogXminEpoch);
        }
        return ByteString.of(writer.toByteBuffer());
    }

    private static Lsn lsn(WireReader reader) {
        return new Lsn(reader.int64());
    }

    private static boolean flag(WireReader reader) {
        return reader.int8() != 0;
    }

    private static Instant time(WireReader reader) {
        var micros = reader.int64();
        return Instant.ofEpochSecond(
                EPOCH_SECONDS + Math.floorDiv(micros, MICROS_PER_SECOND),
                Math.floorMod(micros, MICROS_PER_SECOND) * 1000);
    }

    /** In wrapping arithmetic: the result is right whenever it fits, also where the product in between does not. */
    private static long micros(Instant time) {
        return (time.getEpochSecond() - EPOCH_SECONDS) * MICROS_PER_SECOND + time.getNano() / 1000;
    }
}
