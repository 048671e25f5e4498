package dev.howdah.client;

import dev.howdah.base.Bytes;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackupItem;
import dev.howdah.wire.BackupItemCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What arrives during BASE_BACKUP: archives one after the other, then the manifest. */
final class BackupStream {
    private static final String MAIN_ARCHIVE = "base.tar";
    private static final String ARCHIVE_SUFFIX = ".tar";

    /** About ten million files. */
    private static final int MANIFEST_BYTES_MAX = 1 << 30;

    private final Path target;
    private final Map<Tablespace, Path> tablespaces;
    private final BaseBackupConfig.Progress progress;
    private final Optional<Bytes> estimate;
    private final Map<String, FileSum> files = new HashMap<>();
    private final ByteArrayOutputStream manifest = new ByteArrayOutputStream();
    private @Nullable BackupDirectory directory;
    private @Nullable TarReader archive;
    private boolean inManifest;
    private long received;

    BackupStream(
            Path target,
            Map<Tablespace, Path> tablespaces,
            BaseBackupConfig.Progress progress,
            Optional<Bytes> estimate) {
        this.target = target;
        this.tablespaces = tablespaces;
        this.progress = progress;
        this.estimate = estimate;
    }

    Map<String, FileSum> files() {
        return files;
    }

    byte[] manifest() {
        return manifest.toByteArray();
    }

    Bytes received() {
        return new Bytes(received);
    }

    void accept(ByteBuffer message) throws IOException {
        if (message.hasRemaining() && message.get(message.position()) == 'd') {
            content(message.slice(message.position() + 1, message.remaining() - 1)); // by far the most: not copied
            return;
        }
        switch (BackupItemCodec.decode(message)) {
            case BackupItem.NewArchive archiveStart -> beginArchive(archiveStart.name());
            case BackupItem.ManifestStart() -> {
                endArchive();
                inManifest = true;
            }
            case BackupItem.Content(var data) -> content(data.toByteBuffer());
            case BackupItem.Progress _ -> {} // counts what the server read, which is less telling than what arrived
        }
    }

    /** All has arrived. */
    void finish() throws IOException {
        endArchive();
        if (!inManifest) {
            throw violation("no manifest came with the base backup");
        }
    }

    /** Closes what a failure left open. */
    void abandon() throws IOException {
        if (directory != null) {
            directory.abandon();
        }
    }

    private void content(ByteBuffer data) throws IOException {
        received += data.remaining();
        if (inManifest) {
            addToManifest(data);
        } else if (archive == null) {
            throw violation("the server sent data of a base backup before it began an archive");
        } else {
            archive.accept(data);
        }
        progress.at(new Bytes(received), estimate);
    }

    private void addToManifest(ByteBuffer data) {
        if (manifest.size() + data.remaining() > MANIFEST_BYTES_MAX) {
            throw violation("the manifest of the base backup is larger than %d bytes".formatted(MANIFEST_BYTES_MAX));
        }
        var bytes = new byte[data.remaining()];
        data.get(bytes);
        manifest.writeBytes(bytes);
    }

    private void beginArchive(String name) throws IOException {
        endArchive();
        if (inManifest) {
            throw violation("the server sent an archive after the manifest");
        }
        directory = name.equals(MAIN_ARCHIVE) ? mainDirectory() : tablespaceDirectory(name);
        archive = new TarReader(directory);
    }

    private BackupDirectory mainDirectory() {
        return new BackupDirectory(target, "", files, this::linkTarget);
    }

    private BackupDirectory tablespaceDirectory(String archiveName) {
        var tablespace = tablespaces.keySet().stream()
                .filter(each -> archiveName.equals(each.oid() + ARCHIVE_SUFFIX))
                .findFirst()
                .orElseThrow(() -> violation("the server sent the unknown archive \"%s\"".formatted(archiveName)));
        return new BackupDirectory(place(tablespace), "pg_tblspc/%s/".formatted(tablespace.oid()), files, target -> {
            throw violation("the server sent a symbolic link to \"%s\" in a tablespace".formatted(target));
        });
    }

    private Path place(Tablespace tablespace) {
        var path = tablespaces.get(tablespace);
        if (path == null) {
            throw new IllegalStateException("no directory for " + tablespace);
        }
        return path;
    }

    private String linkTarget(String onServer) {
        return tablespaces.keySet().stream()
                .filter(each -> each.location().equals(onServer))
                .findFirst()
                .map(each -> place(each).toString())
                .orElseThrow(() -> violation(
                        "the server sent a symbolic link to \"%s\", which is no tablespace".formatted(onServer)));
    }

    private void endArchive() {
        if (archive != null) {
            archive.finish();
            archive = null;
            directory = null;
        }
    }

    private static PlatformException violation(String message) {
        return new PlatformException(SqlState.PROTOCOL_VIOLATION, message, "");
    }
}
