package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/** The archive of PostgreSQL's programs on the class path, for this operating system and processor. */
record EmbeddedArchive(String platform, String version) {
    private static final String UNFINISHED = ".unpacking-";
    private static final Set<PosixFilePermission> PROGRAM = PosixFilePermissions.fromString("r-xr-xr-x");
    private static final Set<PosixFilePermission> PLAIN = PosixFilePermissions.fromString("r--r--r--");

    // A file lock holds between processes only; this one holds between the threads of this one.
    private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();

    static EmbeddedArchive forThisMachine() {
        var platform = system() + "-" + processor();
        return new EmbeddedArchive(platform, versionOf(platform));
    }

    /** Unpacks into {@code <versionsDirectory>/<version>} unless that is there; afterwards it is there whole. */
    Path unpackInto(Path versionsDirectory) {
        var target = versionsDirectory.resolve(version);
        if (Files.isDirectory(target)) {
            return target;
        }
        ONE_AT_A_TIME.lock();
        try {
            Files.createDirectories(versionsDirectory);
            try (var channel = FileChannel.open(
                            versionsDirectory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                if (!Files.isDirectory(target)) {
                    unpack(versionsDirectory, target);
                }
            }
            return target;
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "PostgreSQL's programs cannot be unpacked into %s: %s".formatted(versionsDirectory, e),
                    "Check that the directory is writable and has 100 MB free.",
                    e);
        } finally {
            ONE_AT_A_TIME.unlock();
        }
    }

    private void unpack(Path versionsDirectory, Path target) throws IOException {
        removeUnfinished(versionsDirectory);
        var unfinished = versionsDirectory.resolve(UNFINISHED + version);
        try {
            Files.createDirectory(unfinished);
            try (var tar = new TarArchiveInputStream(new XZInputStream(open()))) {
                for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                    write(entry, tar, unfinished);
                }
            }
            makeReadOnly(unfinished);
            Disk.rename(unfinished, target);
        } finally {
            Disk.deleteTree(unfinished);
        }
    }

    // We hold the lock, so whoever began these has died.
    private static void removeUnfinished(Path versionsDirectory) throws IOException {
        try (var leftOver = Files.newDirectoryStream(versionsDirectory, UNFINISHED + "*")) {
            leftOver.forEach(Disk::deleteTree);
        }
    }

    private static void write(TarArchiveEntry entry, InputStream content, Path root) throws IOException {
        var path = root.resolve(entry.getName()).normalize();
        if (!path.startsWith(root)) {
            throw new IOException("the archive names a file outside itself: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(path);
            return;
        }
        Files.createDirectories(path.resolveSibling(".").normalize());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(content, path);
        Disk.sync(path);
        Files.setPosixFilePermissions(path, (entry.getMode() & 0100) != 0 ? PROGRAM : PLAIN);
    }

    private static void makeReadOnly(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Disk.sync(directory);
                Files.setPosixFilePermissions(directory, PROGRAM);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private InputStream open() {
        var name = "/postgres-%s.txz".formatted(platform);
        var stream = EmbeddedArchive.class.getResourceAsStream(name);
        if (stream == null) {
            throw unsupported(platform);
        }
        return stream;
    }

    private static String versionOf(String platform) {
        try (var stream = EmbeddedArchive.class.getResourceAsStream("embedded.properties")) {
            var versions = new Properties();
            versions.load(stream);
            var version = versions.getProperty(platform);
            if (version == null) {
                throw unsupported(platform);
            }
            return version.replaceFirst("\\.0$", ""); // the archive 18.6.0 holds PostgreSQL 18.6
        } catch (IOException e) {
            throw new IllegalStateException("embedded.properties cannot be read", e);
        }
    }

    private static String system() {
        var name = System.getProperty("os.name", "");
        return name.startsWith("Linux") ? "linux" : name.startsWith("Mac") ? "darwin" : name;
    }

    private static String processor() {
        return switch (System.getProperty("os.arch", "")) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            case String other -> other;
        };
    }

    private static PlatformException unsupported(String platform) {
        return new PlatformException(
                SqlState.FEATURE_NOT_SUPPORTED,
                "this build brings no PostgreSQL for %s".formatted(platform),
                "Install PostgreSQL 17 or 18 and name its directory in the settings.");
    }
}
