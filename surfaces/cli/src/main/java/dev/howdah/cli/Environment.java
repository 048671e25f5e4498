package dev.howdah.cli;

import java.io.Console;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What surrounds the process that a command runs in.
 *
 * @param account the operating system's name of the caller
 * @param accountHome the caller's own directory
 * @param terminals the numbers of those standard streams that are a terminal, such as {@code 012}
 */
public record Environment(
        Map<String, String> variables,
        String account,
        Path accountHome,
        String terminals,
        InputStream input,
        InstantSource clock) {
    public Environment {
        variables = Map.copyOf(variables);
    }

    /** The surroundings of this process. The launcher says which streams are terminals; the JVM alone can only guess. */
    public static Environment ofProcess(InstantSource clock) {
        var variables = System.getenv();
        var guess = Optional.ofNullable(System.console())
                        .filter(Console::isTerminal)
                        .isPresent()
                ? "012"
                : "";
        return new Environment(
                variables,
                System.getProperty("user.name", ""),
                Path.of(System.getProperty("user.home", "/")),
                variables.getOrDefault("HOWDAH_TERMINALS", guess),
                System.in,
                clock);
    }

    /** An environment variable; one that is set to nothing counts as absent. */
    Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    /** How the caller ran this program, for texts that are to be typed again: {@code ./howdah}. The launcher knows. */
    String program() {
        return variable("HOWDAH_PROGRAM").map(ShellQuoting::posix).orElse("howdah");
    }

    boolean isRoot() {
        return account.equals("root");
    }

    boolean inputIsTerminal() {
        return terminals.contains("0");
    }

    boolean outputIsTerminal() {
        return terminals.contains("1");
    }

    boolean errorIsTerminal() {
        return terminals.contains("2");
    }

    /** Whether text may be coloured; see no-color.org. */
    boolean colours() {
        return outputIsTerminal()
                && variable("NO_COLOR").isEmpty()
                && !variables.getOrDefault("TERM", "").equals("dumb");
    }

    boolean debug() {
        return variable("HOWDAH_DEBUG").isPresent();
    }
}
