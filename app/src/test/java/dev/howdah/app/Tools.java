package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Programs that a test needs and a user's machine may lack: named and skipped there, a failure under {@code --strict}. */
final class Tools {
    private Tools() {}

    static void need(String... programs) {
        var path = System.getenv("PATH").split(":");
        for (var program : programs) {
            if (Arrays.stream(path).noneMatch(folder -> Files.isExecutable(Path.of(folder, program)))) {
                missing("%s is not installed".formatted(program));
            }
        }
    }

    /** Ruby with these libraries, which come with the system and not from a registry of their own. */
    static void needRuby(String... libraries) throws Exception {
        need("ruby");
        for (var library : libraries) {
            if (Command.of("ruby", "-r", library, "-e", "").run().exitCode() != 0) {
                missing("ruby has no %s".formatted(library));
            }
        }
    }

    private static void missing(String message) {
        if (Boolean.getBoolean("howdah.strict")) {
            fail(message);
        }
        abort(message);
    }

    static void needRoot() {
        if (!System.getProperty("user.name").equals("root")) {
            abort("only root can do this");
        }
    }
}
