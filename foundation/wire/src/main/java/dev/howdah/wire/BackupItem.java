package dev.howdah.wire;

/** What BASE_BACKUP sends inside CopyData since PostgreSQL 15: archives, each followed by its data, then the manifest and its data. */
public sealed interface BackupItem {
    /** A tar file begins: the main directory when {@code tablespacePath} is empty, else the tablespace that lies there on the server. */
    record NewArchive(String name, String tablespacePath) implements BackupItem {}

    record ManifestStart() implements BackupItem {}

    /** More of the archive or manifest that began last. */
    record Content(ByteString data) implements BackupItem {}

    /** How much of the current tablespace the server has read so far. */
    record Progress(long bytesDone) implements BackupItem {}
}
