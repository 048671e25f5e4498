package dev.howdah.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --home DIR}: where a platform keeps its data. */
public final class HomeOption {
    private final Environment environment;

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description =
                    "Where the platform keeps its data: else $HOWDAH_HOME, else ~/.howdah (for root: /var/lib/howdah).")
    private Optional<Path> directory = Optional.empty();

    HomeOption(Environment environment) {
        this.environment = environment;
    }

    public Environment environment() {
        return environment;
    }

    /** The chosen home as an absolute path; it need not exist. */
    public Path home() {
        return directory
                .or(() -> environment.variable("HOWDAH_HOME").map(Path::of))
                .orElseGet(this::usual)
                .toAbsolutePath()
                .normalize();
    }

    /** The option as it is needed in another terminal, with a blank in front; empty for the usual home. */
    String words() {
        var usual = usual().toAbsolutePath().normalize();
        return home().equals(usual) ? "" : " --home " + ShellQuoting.posix(home().toString());
    }

    private Path usual() {
        return environment.isRoot()
                ? Path.of("/var/lib/howdah")
                : environment.accountHome().resolve(".howdah");
    }
}
