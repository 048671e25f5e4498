package dev.howdah.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What {@code postmaster.pid}, or the lock beside a socket, says, whether or not that server still lives.
 *
 * @param dataDirectory of the server that wrote it
 * @param status the last line of the former: {@code starting}, {@code ready}, {@code standby}, {@code stopping}; empty before there is one
 */
record PostmasterFile(long pid, Path dataDirectory, String status) {
    static final String NAME = "postmaster.pid";
    private static final int STATUS_LINE = 7;

    /** Of a data directory. */
    static Optional<PostmasterFile> read(Path dataDirectory) {
        return parse(dataDirectory.resolve(NAME));
    }

    /** Empty when there is no such file, or it is being written at this moment or was torn by a crash. */
    static Optional<PostmasterFile> parse(Path file) {
        try {
            var lines = Files.readString(file, StandardCharsets.UTF_8).split("\n", -1);
            var pid = Math.abs(Long.parseLong(lines[0].strip()));
            var status = lines.length > STATUS_LINE ? lines[STATUS_LINE].strip() : "";
            return lines.length < 2
                    ? Optional.empty()
                    : Optional.of(new PostmasterFile(pid, Path.of(lines[1]), status));
        } catch (NoSuchFileException | NumberFormatException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The server's process, if it lives. A file left behind by a crash names a process that is gone or is another. */
    Optional<ProcessIdentity> process() {
        return processIn(dataDirectory);
    }

    /** As above, where the data directory has been renamed or is reached by another path than the server was started with. */
    Optional<ProcessIdentity> processIn(Path directory) {
        return ProcessIdentity.of(pid).filter(process -> process.isPostmasterOf(directory));
    }

    /** Whether the server accepts connections; a standby says so once it is consistent. */
    boolean accepting() {
        return status.equals("ready") || status.equals("standby");
    }
}
