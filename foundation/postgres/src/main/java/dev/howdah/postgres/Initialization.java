package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** Makes a new data directory. */
public final class Initialization {
    private static final String UNFINISHED = ".initializing-";

    private Initialization() {}

    /**
     * initdb beside the data directory, then a rename: the directory is there whole or not at all. It must not exist, or be empty. One caller per
     * data directory at a time.
     */
    public static void create(PostgresBinaries binaries, ServerAccount account, ServerConfig config) {
        var target = config.dataDirectory();
        requireAbsentOrEmpty(target);
        var unfinished = target.resolveSibling(UNFINISHED + target.getFileName());
        try {
            Disk.deleteTree(unfinished); // of an attempt that died
            account.directory(unfinished);
            account.requireReachable(unfinished);
            initialize(binaries, account, unfinished);
            ServerFiles.write(binaries, account, config, unfinished);
            Disk.rename(unfinished, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            Disk.deleteTree(unfinished);
        }
    }

    private static void initialize(PostgresBinaries binaries, ServerAccount account, Path directory) {
        var initdb = List.of(
                binaries.program("initdb").toString(),
                "--pgdata=" + directory,
                "--username=howdah_admin",
                "--auth-local=peer",
                "--auth-host=reject",
                "--data-checksums",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions");
        var outcome = Command.run(account.command(initdb));
        if (!outcome.succeeded()) {
            throw failed(directory, outcome.output());
        }
    }

    private static void requireAbsentOrEmpty(Path directory) {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (var entries = Files.newDirectoryStream(directory)) {
            if (entries.iterator().hasNext()) {
                throw new PlatformException(
                        SqlState.DUPLICATE_OBJECT,
                        "the data directory %s already has content".formatted(directory),
                        "Choose another directory, or remove what is in it if you are sure.");
            }
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the data directory %s cannot be read: %s".formatted(directory, e),
                    "Check its permissions.",
                    e);
        }
    }

    private static PlatformException failed(Path directory, String output) {
        if (output.contains("No space left on device")) {
            return new PlatformException(
                    SqlState.DISK_FULL,
                    "no space left on the file system of %s for a new data directory".formatted(directory.getParent()),
                    "Free at least 100 MB there.");
        }
        return new PlatformException(
                SqlState.IO_ERROR,
                "initdb failed: " + output,
                "Check the permissions of %s.".formatted(directory.getParent()));
    }
}
