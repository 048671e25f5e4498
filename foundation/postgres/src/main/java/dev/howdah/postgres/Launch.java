package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The start of one server's process: every check that can be made before, then the process. */
record Launch(PostgresBinaries binaries, ServerAccount account, ServerConfig config) {
    private static final Logger LOG = LoggerFactory.getLogger(Launch.class);

    PostgresServer run() {
        var dataDirectory = config.dataDirectory();
        binaries.requireSameMajor(dataDirectory);
        account.requireOwned(dataDirectory);
        account.requireReachable(dataDirectory);
        account.requireReachable(binaries.program("postgres"));
        requireNotRunning();
        removeStaleLock();
        removeStaleSocketLock();
        account.directory(config.socketDirectory());
        account.directory(config.logDirectory());
        ServerFiles.write(binaries, account, config);
        var log = StartLog.begin(account, config.logDirectory());
        var process = spawn(log);
        var identity = ProcessIdentity.of(process.pid()).orElse(new ProcessIdentity(process.pid(), 0));
        var exited = process.onExit().thenApply(ended -> OptionalInt.of(ended.exitValue()));
        return new PostgresServer(binaries, account, config, identity, exited, Optional.of(log));
    }

    private void requireNotRunning() {
        PostgresServer.running(config).ifPresent(process -> {
            throw new PlatformException(
                    SqlState.OBJECT_IN_USE,
                    "a server already runs in %s (pid %d)".formatted(config.dataDirectory(), process.pid()),
                    "Stop it first, or choose another data directory.");
        });
    }

    // PostgreSQL refuses to start when any process of its account has the id in the file, as another server often does
    // after a reboot, and
    // when a crash of the machine has left the file empty. Nobody works in the directory, so nobody holds the lock.
    private void removeStaleLock() {
        var lock = config.dataDirectory().resolve(PostmasterFile.NAME);
        if (!Files.exists(lock) || ProcessIdentity.anyWorksIn(config.dataDirectory())) {
            return;
        }
        remove(lock);
    }

    // The same for the lock beside the socket, which names the data directory of the server that took it.
    private void removeStaleSocketLock() {
        var socket = config.address().socket();
        var lock = socket.resolveSibling(socket.getFileName() + ".lock");
        if (Files.exists(lock)
                && PostmasterFile.parse(lock).flatMap(PostmasterFile::process).isEmpty()) {
            remove(lock);
        }
    }

    private static void remove(Path lock) {
        LOG.info("removing {}, which a server left that did not end properly", lock);
        try {
            Files.deleteIfExists(lock);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // A direct child, never pg_ctl: its end is known at once, and no unreaped remains count as a living server.
    private Process spawn(StartLog log) {
        var command = account.sessionCommand(List.of(
                binaries.program("postgres").toString(),
                "-D",
                config.dataDirectory().toString()));
        var builder = new ProcessBuilder(command)
                .directory(config.dataDirectory().toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.early().toFile()));
        Command.minimalEnvironment(builder);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the program %s cannot be run: %s".formatted(command.getFirst(), e.getMessage()),
                    "Check that the installation is complete and that memory and processes are not exhausted.",
                    e);
        }
    }
}
