package dev.howdah.app;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The directory that holds everything of one platform, taken by one process at a time. Everything in it is of mode 0700.
 *
 * @param directory absolute
 */
record Home(Path directory, FileChannel lock) implements AutoCloseable {
    /** Makes the directory where needed and takes it; a {@link PlatformException} says why not. */
    static Home open(Path wanted) {
        var directory = wanted.toAbsolutePath().normalize();
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            var run = Files.createDirectories(directory.resolve("run"));
            var lock =
                    FileChannel.open(run.resolve("howdah.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!taken(lock)) {
                lock.close();
                throw new PlatformException(
                        SqlState.OBJECT_IN_USE,
                        "another Howdah runs in %s".formatted(directory),
                        "Use it, stop it with: howdah down --home %s, or choose another home with --home."
                                .formatted(directory));
            }
            return new Home(directory, lock);
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the home %s cannot be used: %s".formatted(directory, e),
                    "Choose a directory that this account may write to with --home.",
                    e);
        }
    }

    private static boolean taken(FileChannel lock) throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }

    Path run() {
        return directory.resolve("run");
    }

    Path logs() {
        return directory.resolve("logs");
    }

    Path tls() {
        return directory.resolve("tls");
    }

    Path instances() {
        return directory.resolve("instances");
    }

    Path binaries() {
        return directory.resolve("postgres");
    }

    Path coordination() {
        return directory.resolve("coordination");
    }

    Path settings() {
        return directory.resolve("howdah.json");
    }

    /** What the user sets of the pooled endpoint; need not be there. */
    Path poolerSettings() {
        return directory.resolve("pooler.conf");
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new IllegalStateException("the lock of " + directory + " could not be released", e);
        }
    }
}
