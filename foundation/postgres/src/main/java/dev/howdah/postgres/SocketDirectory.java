package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Where the servers of one home have their sockets. */
public final class SocketDirectory {
    private static final int DIRECTORY_BYTES_MAX = 90;
    private static final int HASH_BYTES = 8;

    private SocketDirectory() {}

    /** {@code <home>/run}, or where that is too long for a socket's path, a private directory under /run or /tmp. Made when missing. */
    public static Path of(Path home, ServerAccount account) {
        var own = home.toAbsolutePath().normalize().resolve("run");
        if (own.toString().getBytes(StandardCharsets.UTF_8).length <= DIRECTORY_BYTES_MAX) {
            return account.directory(own);
        }
        var base = Files.isWritable(Path.of("/run")) ? Path.of("/run") : Path.of("/tmp");
        var elsewhere = account.directory(base.resolve("howdah-" + hash(own.toString())));
        requirePrivate(elsewhere, account);
        return elsewhere;
    }

    // Anybody may make a directory of that name in /tmp before us, and would then own our sockets.
    private static void requirePrivate(Path directory, ServerAccount account) {
        try {
            var attributes = Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            var mine = attributes.isDirectory()
                    && attributes.owner().getName().equals(account.name())
                    && PosixFilePermissions.toString(attributes.permissions()).equals("rwx------");
            if (!mine) {
                throw new PlatformException(
                        SqlState.INSUFFICIENT_PRIVILEGE,
                        "%s exists and is not a private directory of %s".formatted(directory, account.name()),
                        "Remove it, or choose a home with a shorter path.");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(String path) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(path.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
