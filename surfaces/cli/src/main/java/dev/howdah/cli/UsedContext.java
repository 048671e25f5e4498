package dev.howdah.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;

/** The project and branch that commands mean when none is named; chosen with {@code howdah use} and kept in the home. */
record UsedContext(Optional<String> project, Optional<String> branch) {
    static final String DEFAULT_PROJECT = "default";
    static final String DEFAULT_BRANCH = "main";
    static final UsedContext NONE = new UsedContext(Optional.empty(), Optional.empty());

    private static final String FILE = "context.properties";

    static UsedContext read(Path home) {
        var file = home.resolve(FILE);
        if (!Files.isReadable(file)) {
            return NONE;
        }
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw CliFailure.failure(
                    "io_error",
                    "%s cannot be read: %s".formatted(file, e.getMessage()),
                    "Remove it, and run howdah use again.");
        }
        return new UsedContext(
                Optional.ofNullable(properties.getProperty("project")),
                Optional.ofNullable(properties.getProperty("branch")));
    }

    /** Replaces the file as a whole. */
    void write(Path home) {
        var properties = new Properties();
        project.ifPresent(name -> properties.setProperty("project", name));
        branch.ifPresent(name -> properties.setProperty("branch", name));
        var file = home.resolve(FILE);
        try {
            Files.createDirectories(home);
            var temporary = Files.createTempFile(home, FILE, ".new");
            try (var writer = Files.newBufferedWriter(temporary)) {
                properties.store(writer, "Written by howdah use.");
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw CliFailure.failure("io_error", "%s cannot be written: %s".formatted(file, e), "Is --home right?");
        }
    }
}
