package dev.howdah.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** PostgreSQL's own client, where it is installed. */
final class Psql {
    private Psql() {}

    static Optional<Path> find(Environment environment) {
        return Stream.of(environment.variable("PATH").orElse("").split(":"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory).resolve("psql"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
