package dev.howdah.client;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.Bytes;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How one base backup is taken.
 *
 * @param label what stands in the server's backup_label
 * @param fastCheckpoint checkpoint at once, instead of spread over the server's checkpoint time
 * @param includeWal fetch the WAL that the copy needs to become consistent, so that it can start without an archive or a primary
 * @param sync force everything to disk before it is reported done
 */
public record BaseBackupConfig(
        String label,
        Path target,
        boolean fastCheckpoint,
        boolean includeWal,
        boolean sync,
        Tablespaces tablespaces,
        Progress progress) {
    /** Chooses the directory of a tablespace of the copy: absolute, empty or absent, outside the target. */
    public interface Tablespaces {
        Path directoryFor(Tablespace tablespace);
    }

    /** Hears how far the backup is, after every piece; the estimate is the server's and may turn out too low. */
    public interface Progress {
        void at(Bytes done, Optional<Bytes> estimated);
    }

    public BaseBackupConfig {
        require(!label.isEmpty() && label.length() <= 1024, "the label of a base backup has 1 to 1024 characters");
    }

    /** A clone of a server without tablespaces of its own: at once, complete, and safely on disk. */
    public static BaseBackupConfig cloneInto(Path target) {
        return new BaseBackupConfig("howdah clone", target, true, true, true, BaseBackupConfig::refuse, (_, _) -> {});
    }

    public BaseBackupConfig withLabel(String newLabel) {
        return new BaseBackupConfig(newLabel, target, fastCheckpoint, includeWal, sync, tablespaces, progress);
    }

    public BaseBackupConfig withSync(boolean newSync) {
        return new BaseBackupConfig(label, target, fastCheckpoint, includeWal, newSync, tablespaces, progress);
    }

    public BaseBackupConfig withTablespaces(Tablespaces newTablespaces) {
        return new BaseBackupConfig(label, target, fastCheckpoint, includeWal, sync, newTablespaces, progress);
    }

    public BaseBackupConfig withProgress(Progress newProgress) {
        return new BaseBackupConfig(label, target, fastCheckpoint, includeWal, sync, tablespaces, newProgress);
    }

    private static Path refuse(Tablespace tablespace) {
        throw new IllegalStateException("no directory was chosen for the tablespace at " + tablespace.location());
    }
}
