package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One version of PostgreSQL's programs. Never changed once used: a package upgrade under a running server breaks its WAL receiver.
 *
 * @param directory holds {@code bin/}, and for the embedded ones {@code lib/} and {@code share/}
 * @param version as {@code postgres --version} says it, {@code 18.6}
 * @param major 17 or 18
 */
public record PostgresBinaries(Path directory, String version, int major) {
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ((\\d+)\\S*)");
    private static final List<Integer> SUPPORTED = List.of(17, 18);

    /** The embedded ones, unpacked once into {@code <versionsDirectory>/<version>}. Two processes may do this at once. */
    public static PostgresBinaries embedded(Path versionsDirectory) {
        var archive = EmbeddedArchive.forThisMachine();
        var directory = archive.unpackInto(versionsDirectory.toAbsolutePath().normalize());
        return new PostgresBinaries(directory, archive.version(), majorOf(archive.version()));
    }

    /** An installation of 17 or 18: its prefix or its bin directory. */
    public static PostgresBinaries system(Path installation) {
        var given = installation.toAbsolutePath().normalize();
        var prefix = given.endsWith("bin") && Files.isExecutable(given.resolve("postgres"))
                ? given.resolveSibling(".").normalize()
                : given;
        var bin = prefix.resolve("bin");
        for (var program : List.of("postgres", "initdb")) {
            if (!Files.isExecutable(bin.resolve(program))) {
                throw PlatformException.invalid(
                        "%s is not a PostgreSQL installation: the program %s is missing"
                                .formatted(given, bin.resolve(program)),
                        "Name the directory that holds bin/postgres and bin/initdb.");
            }
        }
        return ofProgram(prefix, bin.resolve("postgres"));
    }

    /** The path of a program such as {@code initdb}. */
    public Path program(String name) {
        return directory.resolve("bin").resolve(name);
    }

    /** Refuses a data directory that another major version made. */
    void requireSameMajor(Path dataDirectory) {
        var made = ControlData.majorOf(dataDirectory);
        if (made != major) {
            throw new PlatformException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "the data directory %s was made by PostgreSQL %d; this is PostgreSQL %s"
                            .formatted(dataDirectory, made, version),
                    "Use PostgreSQL %d for it: there is no upgrade in place between major versions.".formatted(made));
        }
    }

    private static PostgresBinaries ofProgram(Path prefix, Path postgres) {
        var answer = Command.run(List.of(postgres.toString(), "--version"));
        var version = VERSION.matcher(answer.output());
        if (!answer.succeeded() || !version.find()) {
            throw PlatformException.invalid(
                    "%s does not say its version: %s".formatted(postgres, answer.output()),
                    "Check that the installation is complete.");
        }
        var major = Integer.parseInt(version.group(2));
        if (!SUPPORTED.contains(major)) {
            throw PlatformException.invalid(
                    "%s is PostgreSQL %s, which is not supported".formatted(postgres, version.group(1)),
                    "Name an installation of PostgreSQL 17 or 18, or none to use the embedded one.");
        }
        return new PostgresBinaries(prefix, version.group(1), major);
    }

    private static int majorOf(String version) {
        return Integer.parseInt(version.substring(0, version.indexOf('.')));
    }
}
