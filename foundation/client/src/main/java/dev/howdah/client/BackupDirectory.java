package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes one archive into one directory and notes size and SHA-256 of every file on the way. Nothing is ever written outside: names must
 * be plain relative paths, every parent must be a directory made here, and files are only created, never opened. Links are made only where a
 * data directory has them, at {@code pg_tblspc/<oid>}, and point where the caller chose.
 */
final class BackupDirectory implements TarReader.Sink {
    private static final Pattern TABLESPACE_LINK = Pattern.compile("pg_tblspc/[0-9]+");
    private static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> DIRECTORY_MODE = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> NEW_FILE =
            PosixFilePermissions.asFileAttribute(FILE_MODE);
    private static final FileAttribute<Set<PosixFilePermission>> NEW_DIRECTORY =
            PosixFilePermissions.asFileAttribute(DIRECTORY_MODE);
    private static final Set<StandardOpenOption> ONLY_NEW =
            EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

    private final Path root;
    private final String manifestPrefix;
    private final Map<String, FileSum> sums;
    private final UnaryOperator<String> linkTargets;
    private final Set<Path> directories = new HashSet<>();
    private @Nullable OpenFile file;

    private record OpenFile(String name, FileChannel channel, MessageDigest digest, long size) {}

    /**
     * @param manifestPrefix what the manifest puts before the names of this archive
     * @param sums where the files are noted, by their name in the manifest
     * @param linkTargets what a link's target on the server becomes here; throws for a link that may not be
     */
    BackupDirectory(Path root, String manifestPrefix, Map<String, FileSum> sums, UnaryOperator<String> linkTargets) {
        this.root = root;
        this.manifestPrefix = manifestPrefix;
        this.sums = sums;
        this.linkTargets = linkTargets;
        directories.add(root);
    }

    @Override
    public void directory(String name, int mode) throws IOException {
        makeDirectory(inside(name), mode);
    }

    private void makeDirectory(Path path, int mode) throws IOException {
        if (!directories.contains(path)) {
            requireParent(path);
            Files.createDirectory(path, NEW_DIRECTORY);
            directories.add(path);
        }
        apply(path, mode, DIRECTORY_MODE);
    }

    @Override
    public void symbolicLink(String name, String target) throws IOException {
        var path = inside(name);
        if (!TABLESPACE_LINK.matcher(root.relativize(path).toString()).matches()) {
            throw refused(name, "it is a symbolic link that is no tablespace");
        }
        requireParent(path);
        Files.createSymbolicLink(path, Path.of(linkTargets.apply(target)));
    }

    @Override
    public void beginFile(String name, int mode, long size) throws IOException {
        var path = inside(name);
        requireParent(path);
        var channel = FileChannel.open(path, ONLY_NEW, NEW_FILE);
        file = new OpenFile(manifestPrefix + root.relativize(path), channel, sha256(), size);
        apply(path, mode, FILE_MODE);
    }

    @Override
    public void content(ByteBuffer bytes) throws IOException {
        var open = openFile();
        open.digest.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            open.channel.write(bytes);
        }
    }

    @Override
    public void endFile() throws IOException {
        var open = openFile();
        file = null;
        open.channel.close();
        sums.put(open.name, new FileSum(open.size, HexFormat.of().formatHex(open.digest.digest())));
    }

    /** Closes a file that a failure left open. */
    void abandon() throws IOException {
        if (file != null) {
            file.channel.close();
        }
    }

    private OpenFile openFile() {
        if (file == null) {
            throw new IllegalStateException("no file was begun");
        }
        return file;
    }

    private Path inside(String name) {
        var relative = relative(name);
        if (relative.isAbsolute()
                || !relative.equals(relative.normalize())
                || relative.toString().isEmpty()) {
            throw refused(name, "it is not a plain relative path");
        }
        for (var part : relative) {
            if (part.toString().equals("..") || part.toString().equals(".")) {
                throw refused(name, "it is not a plain relative path");
            }
        }
        return root.resolve(relative);
    }

    private static Path relative(String name) {
        try {
            return Path.of(name.startsWith("./") ? name.substring(2) : name);
        } catch (InvalidPathException _) {
            throw refused(name, "this system cannot have such a name");
        }
    }

    /** PostgreSQL sends every directory before what is in it. A parent made by anyone else could be a link to elsewhere. */
    private void requireParent(Path path) {
        if (!directories.contains(path.getParent())) {
            throw refused(root.relativize(path).toString(), "its directory was not sent before");
        }
    }

    private static void apply(Path path, int mode, Set<PosixFilePermission> already) throws IOException {
        var permissions = permissions(mode);
        if (!permissions.equals(already)) {
            Files.setPosixFilePermissions(path, permissions);
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        var permissions = EnumSet.noneOf(PosixFilePermission.class);
        var bit = 0400;
        for (var permission : PosixFilePermission.values()) { // in the order of the bits, owner's read first
            if ((mode & bit) != 0) {
                permissions.add(permission);
            }
            bit >>= 1;
        }
        return permissions;
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Makes a directory, or takes an empty one; everything else is refused, so that a backup never mixes with other files. */
    static Path prepare(Path directory) throws IOException {
        var path = directory.toAbsolutePath().normalize();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            requireEmpty(path);
            Files.setPosixFilePermissions(path, DIRECTORY_MODE);
        } else {
            Files.createDirectories(path, NEW_DIRECTORY);
        }
        return path;
    }

    private static void requireEmpty(Path path) throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            throw notUsable(path, "is not a directory");
        }
        try (var entries = Files.newDirectoryStream(path)) {
            if (entries.iterator().hasNext()) {
                throw notUsable(path, "is not empty");
            }
        }
    }

    private static PlatformException notUsable(Path path, String why) {
        return new PlatformException(
                SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                "cannot write a base backup to \"%s\": it %s".formatted(path, why),
                "Choose a directory that is empty or does not exist.");
    }

    private static PlatformException refused(String name, String why) {
        return new PlatformException(
                SqlState.PROTOCOL_VIOLATION,
                "the server sent \"%s\" in a base backup, which is refused: %s".formatted(name, why),
                "");
    }
}
