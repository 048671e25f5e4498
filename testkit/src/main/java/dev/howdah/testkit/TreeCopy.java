package dev.howdah.testkit;

import dev.howdah.postgres.ServerAccount;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/** Copies a data directory for the servers' account. */
final class TreeCopy {
    private TreeCopy() {}

    /** Directories named in {@code emptied} are made but not filled; files named there are left out. Files that vanish meanwhile are fine. */
    static void copy(Path source, Path target, Set<String> emptied, ServerAccount account) throws IOException {
        Files.walkFileTree(source, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                place(directory);
                var content = !emptied.contains(source.relativize(directory).toString());
                return content ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!emptied.contains(source.relativize(file).toString())) {
                    place(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }

            private void place(Path path) throws IOException {
                var copy = target.resolve(source.relativize(path).toString());
                try {
                    Files.copy(path, copy, StandardCopyOption.COPY_ATTRIBUTES);
                } catch (NoSuchFileException _) {
                    return; // a table was dropped meanwhile, which its WAL will do here too
                }
                account.own(copy);
            }
        });
    }
}
