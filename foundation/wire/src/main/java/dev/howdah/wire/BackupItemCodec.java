package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.wire.BackupItem.Content;
import dev.howdah.wire.BackupItem.ManifestStart;
import dev.howdah.wire.BackupItem.NewArchive;
import dev.howdah.wire.BackupItem.Progress;
import java.nio.ByteBuffer;

/** The contents of CopyData to {@link BackupItem} and back. Malformed input is a PROTOCOL_VIOLATION and nothing else. */
public final class BackupItemCodec {
    private BackupItemCodec() {}

    public static BackupItem decode(ByteBuffer data) {
        var reader = new WireReader(data);
        var kind = reader.int8();
        var item = switch (kind) {
            case 'n' -> new NewArchive(reader.cString(), reader.cString());
            case 'm' -> new ManifestStart();
            case 'd' -> new Content(reader.rest());
            case 'p' -> new Progress(reader.int64());
            default -> throw violation("invalid base backup message type %d".formatted(kind));
        };
        reader.requireEnd();
        return item;
    }

    public static ByteString encode(BackupItem item) {
        var writer = new WireWriter();
        switch (item) {
            case NewArchive(var name, var tablespacePath) ->
                writer.int8('n').cString(name).cString(tablespacePath);
            case ManifestStart() -> writer.int8('m');
            case Content(var data) -> writer.int8('d').bytes(data);
            case Progress(var bytesDone) -> writer.int8('p').int64(bytesDone);
        }
        return ByteString.of(writer.toByteBuffer());
    }
}
