package dev.howdah.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Where the API is and what opens it.
 *
 * @param url without a slash at its end
 */
record ApiAccess(URI url, String token) {
    /**
     * {@code HOWDAH_API} with {@code HOWDAH_TOKEN}, else what the platform of this home wrote down. The token of a home is never sent to
     * an address that the environment names.
     */
    static ApiAccess find(HomeOption home) {
        var environment = home.environment();
        var remote = environment.variable("HOWDAH_API");
        if (remote.isPresent()) {
            var token = environment
                    .variable("HOWDAH_TOKEN")
                    .orElseThrow(() -> new CliFailure(
                            ExitCode.DENIED,
                            "no_token",
                            "HOWDAH_API is set, and HOWDAH_TOKEN is not",
                            "Set it to a token made with: howdah token create."));
            return new ApiAccess(url(remote.get()), token);
        }
        return environment
                .variable("HOWDAH_TOKEN")
                .map(token -> new ApiAccess(urlOfHome(home), token.strip()))
                .orElseGet(() -> ofHome(home));
    }

    /** What the platform of this home wrote down, whatever the environment names. */
    static ApiAccess ofHome(HomeOption home) {
        var url = urlOfHome(home);
        return new ApiAccess(url, read(run(home).resolve("token"), home).strip());
    }

    private static URI urlOfHome(HomeOption home) {
        return url(Json.parse(read(run(home).resolve("api.json"), home))
                .path("url")
                .asString(""));
    }

    private static Path run(HomeOption home) {
        return home.home().resolve("run");
    }

    private static URI url(String text) {
        try {
            var url = URI.create(text.replaceAll("/+$", ""));
            if (url.getHost() != null && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
                return url;
            }
        } catch (IllegalArgumentException _) {
            // Falls through to the same refusal as an address of another kind.
        }
        throw CliFailure.usage(
                "\"%s\" is not the address of an API".formatted(text), "It looks like http://127.0.0.1:8080.");
    }

    private static String read(Path file, HomeOption home) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException _) {
            throw notRunning(home.home());
        } catch (AccessDeniedException _) {
            throw new CliFailure(
                    ExitCode.DENIED,
                    "insufficient_privilege",
                    "%s may not be read by %s"
                            .formatted(file, home.environment().account()),
                    "Run the command as the account that started Howdah, or name another home with --home.");
        } catch (IOException e) {
            throw CliFailure.failure("io_error", "%s cannot be read: %s".formatted(file, e), "");
        }
    }

    static CliFailure notRunning(Path home) {
        var exists = Files.exists(home.resolve("howdah.json"));
        return new CliFailure(
                ExitCode.NOT_RUNNING,
                "not_running",
                exists ? "Howdah is not running in " + home : "there is no Howdah in " + home,
                "Start it with: howdah up --home %s --detach".formatted(ShellQuoting.posix(home.toString())));
    }
}
