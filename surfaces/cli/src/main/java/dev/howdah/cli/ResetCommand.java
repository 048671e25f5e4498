package dev.howdah.cli;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "reset",
        description = "Destroys all data of a home: every branch, role and key. The platform must be stopped.",
        footerHeading = Examples.HEADING,
        footer = "  howdah reset --home ~/.howdah --yes")
final class ResetCommand implements Callable<Integer> {
    private static final String SETTINGS = "howdah.json";
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Override
    public Integer call() {
        var home = api.home();
        requireHome(home);
        if (PlatformProcess.of(home).isPresent()) {
            throw new CliFailure(
                    ExitCode.CONFLICT,
                    "object_in_use",
                    "Howdah is running in " + home,
                    "Stop it first with: howdah down");
        }
        Confirmation.require(api, yes, "Destroy all data in %s?".formatted(home));
        stopServers(home);
        empty(home);
        api.output().say("All data in %s is destroyed.".formatted(home));
        return ExitCode.SUCCESS;
    }

    /** Nothing is deleted where no Howdah has been: the option may be a slip of the pen. */
    private static void requireHome(Path home) {
        if (!Files.isDirectory(home) || !Files.exists(home.resolve(SETTINGS))) {
            throw new CliFailure(
                    ExitCode.NOT_FOUND,
                    "undefined_object",
                    "there is no Howdah in %s, so nothing was deleted".formatted(home),
                    "A home holds the file %s. Name it with --home.".formatted(SETTINGS));
        }
    }

    /** Servers outlive a platform that was killed. */
    private void stopServers(Path home) {
        var waiting = new Waiting(api.environment(), STOP_LIMIT);
        for (var server : PlatformProcess.servers(home)) {
            server.destroy();
            var stopped = waiting.until(() -> server.isAlive() ? Optional.empty() : Optional.of(true));
            if (stopped.isEmpty()) {
                // Its data is about to go, so there is nothing that a clean stop would save.
                server.destroyForcibly();
                var _ = waiting.until(() -> server.isAlive() ? Optional.empty() : Optional.of(true))
                        .orElseThrow(() -> CliFailure.failure(
                                "object_in_use",
                                "the PostgreSQL server %d does not stop".formatted(server.pid()),
                                "Stop it by hand."));
            }
        }
    }

    /** The settings go last, so that a reset that was cut short can be done again. The directory itself may be a mount and stays. */
    private static void empty(Path home) {
        try (var children = Files.list(home)) {
            for (var child : children.filter(child -> !child.endsWith(SETTINGS)).toList()) {
                Files.walkFileTree(child, new Deletion());
            }
            Files.delete(home.resolve(SETTINGS));
        } catch (IOException e) {
            throw CliFailure.failure(
                    "io_error",
                    "%s could not be deleted as a whole: %s".formatted(home, e),
                    "Run it again as the owner of the home, or as root.");
        }
    }

    /** Never follows a symbolic link out of the home. */
    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
