package dev.howdah.ha;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Data directories as a whole: put in place and taken away so that a half one never has a good one's name. */
final class Directories {
    /** Begins the names of directories that are being made or taken away; no instance id begins so. */
    static final String UNFINISHED = ".copying-";

    static final String DISCARDED = ".discarded-";

    private Directories() {}

    static boolean isAbsent(Path directory) {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return true;
        }
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An atomic rename that is durable once it returns. */
    static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        try (var parent = FileChannel.open(to.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            parent.force(true);
        }
    }

    /** Takes the directory's name away at once, then its content. */
    static void discard(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var discarded = directory.resolveSibling(DISCARDED + directory.getFileName());
        delete(discarded);
        rename(directory, discarded);
        delete(discarded);
    }

    /** What was being made or taken away when an agent died. */
    static List<Path> leftOvers(Path instances) throws IOException {
        try (var entries = Files.list(instances)) {
            return entries.filter(entry -> isLeftOver(entry.getFileName().toString()))
                    .toList();
        }
    }

    private static boolean isLeftOver(String name) {
        return name.startsWith(UNFINISHED) || name.startsWith(DISCARDED);
    }

    /** Deletes a directory with all it holds; symbolic links are deleted, not followed. Absent is fine. */
    static void delete(Path directory) throws IOException {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.walkFileTree(directory, new Deletion());
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        // The last processes of a server that was just killed may still remove a file themselves.
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw failure;
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
