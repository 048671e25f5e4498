package dev.howdah.postgres;

import dev.howdah.base.Lsn;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.base.Timeline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * What {@code global/pg_control} says; the layouts of 17 and 18 on little-endian machines.
 *
 * @param controlVersion 1700 for 17, 1800 for 18
 * @param systemIdentifier as text, unsigned, as {@code pg_control_system()} shows it
 * @param redo where recovery from the last checkpoint begins
 * @param timeline of the last checkpoint
 * @param minimumRecovery how far recovery must go before the data is consistent; zero outside recovery
 * @param minimumRecoveryTimeline 0 outside recovery
 * @param walLevel 0 minimal, 1 replica, 2 logical
 * @param dataChecksumVersion 0 = without checksums
 */
public record ControlData(
        int controlVersion,
        int catalogVersion,
        String systemIdentifier,
        State state,
        Lsn checkpoint,
        Lsn redo,
        Timeline timeline,
        Timeline previousTimeline,
        Lsn minimumRecovery,
        int minimumRecoveryTimeline,
        int walLevel,
        int walSegmentBytes,
        int dataChecksumVersion) {
    /** The state in which the server left the file, in PostgreSQL's order. */
    public enum State {
        STARTING_UP,
        SHUT_DOWN,
        SHUT_DOWN_IN_RECOVERY,
        SHUTTING_DOWN,
        IN_CRASH_RECOVERY,
        IN_ARCHIVE_RECOVERY,
        IN_PRODUCTION
    }

    private static final int VERSION_17 = 1700;
    private static final int VERSION_18 = 1800;
    private static final int CRC_OFFSET_17 = 288;
    private static final int CRC_OFFSET_18 = 292; // 18 has one more bool (default_char_signedness) before the nonce
    private static final int READS_MAX = 5;

    /** Reads the file, also while the server writes it. */
    public static ControlData read(Path dataDirectory) {
        var file = dataDirectory.resolve("global").resolve("pg_control");
        // A reader beside a running server may see half of a write, which the checksum shows: it reads again.
        for (var tries = 1; ; tries++) {
            var bytes = contents(file);
            if (checksumHolds(bytes)) {
                return parse(bytes);
            }
            if (tries == READS_MAX) {
                throw new PlatformException(
                        SqlState.IO_ERROR,
                        "%s is damaged: its checksum does not hold".formatted(file),
                        "Restore the data directory from a backup or clone it from another instance.");
            }
        }
    }

    /** The major version in {@code PG_VERSION}. */
    public static int majorOf(Path dataDirectory) {
        var file = dataDirectory.resolve("PG_VERSION");
        try {
            return Integer.parseInt(
                    Files.readString(file, StandardCharsets.US_ASCII).strip());
        } catch (NumberFormatException | IOException e) {
            throw notADataDirectory(dataDirectory, e);
        }
    }

    private static ByteBuffer contents(Path file) {
        try {
            var bytes = Files.readAllBytes(file);
            if (bytes.length < CRC_OFFSET_18 + Integer.BYTES) {
                throw new IOException("%s has only %d bytes".formatted(file, bytes.length));
            }
            var contents = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            requireKnown(file, contents.getInt(8));
            return contents;
        } catch (IOException e) {
            throw notADataDirectory(file.resolveSibling("..").normalize(), e);
        }
    }

    private static void requireKnown(Path file, int version) {
        if (version != VERSION_17 && version != VERSION_18) {
            throw new PlatformException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "%s has the control file version %d, which is neither PostgreSQL 17's (%d) nor 18's (%d)"
                            .formatted(file, version, VERSION_17, VERSION_18),
                    "Use a data directory that was made by PostgreSQL 17 or 18.");
        }
    }

    private static boolean checksumHolds(ByteBuffer contents) {
        var offset = contents.getInt(8) == VERSION_17 ? CRC_OFFSET_17 : CRC_OFFSET_18;
        var checksum = new CRC32C();
        checksum.update(contents.duplicate().limit(offset).rewind());
        return (int) checksum.getValue() == contents.getInt(offset);
    }

    // Offsets of struct ControlFileData (pg_control.h); the same in 17 and 18 up to the nonce.
    private static ControlData parse(ByteBuffer file) {
        return new ControlData(
                file.getInt(8),
                file.getInt(12),
                Long.toUnsignedString(file.getLong(0)),
                State.values()[file.getInt(16)],
                new Lsn(file.getLong(32)),
                new Lsn(file.getLong(40)),
                new Timeline(file.getInt(48)),
                new Timeline(file.getInt(52)),
                new Lsn(file.getLong(136)),
                file.getInt(144),
                file.getInt(172),
                file.getInt(228),
                file.getInt(252));
    }

    private static PlatformException notADataDirectory(Path directory, Exception cause) {
        return new PlatformException(
                SqlState.IO_ERROR,
                "%s cannot be read as a PostgreSQL data directory: %s".formatted(directory, cause.getMessage()),
                "Check the path and its permissions.",
                cause);
    }
}
