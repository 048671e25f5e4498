package dev.howdah.client;

import static java.util.stream.Collectors.joining;

import dev.howdah.base.Bytes;
import dev.howdah.base.Lsn;
import dev.howdah.base.PlatformException;
import dev.howdah.base.Sql;
import dev.howdah.base.SqlState;
import dev.howdah.base.Timeline;
import dev.howdah.wire.BackendMessage.CopyOutResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Copies a running server with BASE_BACKUP (PostgreSQL 17 and 18): unpacks the archives while they arrive and verifies them against the
 * manifest. Needs a connection with {@code replication=true}. After a failure the directories are in an unknown state and the caller's to
 * delete; the connection is closed unless the server itself refused.
 */
public final class BaseBackup {
    private static final String MANIFEST_FILE = "backup_manifest";

    private final ServerConnection connection;
    private final BaseBackupConfig config;

    public BaseBackup(ServerConnection connection, BaseBackupConfig config) {
        this.connection = connection;
        this.config = config;
    }

    /** Returns when every file is there, has the checksum that the server's manifest says, and is on disk if that was asked for. */
    public BaseBackupResult run() throws IOException {
        var target = BackupDirectory.prepare(config.target());
        try {
            connection.send(command());
            var start = connection.receiveRows();
            var list = connection.receiveRows();
            var tablespaces = places(target, list);
            var stream = new BackupStream(target, tablespaces, config.progress(), estimate(list));
            receive(stream);
            var end = connection.receiveRest();
            return complete(target, tablespaces, stream, start, end);
        } catch (ServerException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            connection.close(); // the rest of the backup may still be on its way
            throw e;
        }
    }

    private String command() {
        // WAIT would wait for the archive; what the copy needs comes with it, or is the caller's affair.
        // Without TABLESPACE_MAP the links themselves are sent, and can be made to point elsewhere.
        return Stream.of(
                        "LABEL " + Sql.literal(config.label()).strip(),
                        "PROGRESS true",
                        "CHECKPOINT '%s'".formatted(config.fastCheckpoint() ? "fast" : "spread"),
                        "WAIT false",
                        "WAL " + config.includeWal(),
                        "TABLESPACE_MAP false",
                        "MANIFEST 'yes'",
                        "MANIFEST_CHECKSUMS 'SHA256'")
                .collect(joining(", ", "BASE_BACKUP (", ")"));
    }

    /** One row per tablespace; the main directory is the row without OID. */
    private Map<Tablespace, Path> places(Path target, Rows list) throws IOException {
        var places = new LinkedHashMap<Tablespace, Path>();
        for (var row = 0; row < list.size(); row++) {
            var oid = list.value(row, "spcoid");
            if (oid.isPresent()) {
                var tablespace =
                        new Tablespace(oid.get(), list.value(row, "spclocation").orElse(""));
                places.put(tablespace, place(target, tablespace));
            }
        }
        return places;
    }

    private Path place(Path target, Tablespace tablespace) throws IOException {
        if (!tablespace
                .location()
                .startsWith("/")) { // allow_in_place_tablespaces: a directory where others have a link
            throw new PlatformException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "cannot copy the tablespace at \"%s\": it lies inside the data directory"
                            .formatted(tablespace.location()),
                    "In-place tablespaces are for PostgreSQL's own tests; drop it.");
        }
        var place = BackupDirectory.prepare(config.tablespaces().directoryFor(tablespace));
        if (place.startsWith(target) || target.startsWith(place)) {
            throw new IllegalStateException(
                    "the tablespace directory %s and %s lie in each other".formatted(place, target));
        }
        return place;
    }

    /** The server tells kilobytes. */
    private static Optional<Bytes> estimate(Rows list) {
        var kilobytes = 0L;
        for (var row = 0; row < list.size(); row++) {
            kilobytes += list.value(row, "size").map(Long::parseLong).orElse(0L);
        }
        return kilobytes == 0 ? Optional.empty() : Optional.of(Bytes.ofKilobytes(kilobytes));
    }

    private void receive(BackupStream stream) throws IOException {
        var begin = connection.receive();
        if (!(begin instanceof CopyOutResponse)) {
            throw Login.unexpected(begin);
        }
        try (var data = new CopyOut(connection)) {
            for (var piece = data.next(); piece.isPresent(); piece = data.next()) {
                stream.accept(piece.get());
            }
            stream.finish();
        } finally {
            stream.abandon();
        }
    }

    private BaseBackupResult complete(
            Path target, Map<Tablespace, Path> tablespaces, BackupStream stream, Rows start, Rows end)
            throws IOException {
        var manifest = BackupManifest.parse(stream.manifest());
        manifest.verify(stream.files());
        writeManifest(target.resolve(MANIFEST_FILE), stream.manifest());
        if (config.sync()) {
            sync(target);
            for (var place : tablespaces.values()) {
                sync(place);
            }
        }
        return new BaseBackupResult(
                Lsn.parse(start.first("recptr")),
                Lsn.parse(end.first("recptr")),
                new Timeline(Integer.parseInt(end.first("tli"))),
                manifest.systemIdentifier(),
                stream.files().size(),
                stream.received());
    }

    private static void writeManifest(Path file, byte[] manifest) throws IOException {
        var onlyNew = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (var channel = FileChannel.open(file, onlyNew, mode)) {
            var bytes = ByteBuffer.wrap(manifest);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    /** Forces every file and directory to disk, and the directory's own entry; links are not followed. */
    private static void sync(Path directory) throws IOException {
        try (var tree = Files.walk(directory)) {
            for (var path : (Iterable<Path>) tree::iterator) {
                if (!Files.isSymbolicLink(path)) {
                    force(path);
                }
            }
        }
        var parent = directory.getParent();
        if (parent != null && Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
            force(parent);
        }
    }

    private static void force(Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
