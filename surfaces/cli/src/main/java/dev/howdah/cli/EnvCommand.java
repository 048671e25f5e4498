package dev.howdah.cli;

import dev.howdah.api.model.RoleSecret;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "env",
        description = {
            "Prints shell commands that set PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE and PGSSLROOTCERT.",
            "The login is a temporary role with the rights of the default role; it ends after 24 hours, and each call renews it."
        },
        footerHeading = Examples.HEADING,
        footer = {"  eval \"$(howdah env)\" && psql", "  howdah env --shell fish | source"})
final class EnvCommand implements Callable<Integer> {
    /** The shells whose way of setting a variable is known. */
    enum Shell {
        POSIX,
        FISH,
        POWERSHELL;

        String assignment(String name, String value) {
            return switch (this) {
                case POSIX -> "export %s=%s".formatted(name, ShellQuoting.posix(value));
                case FISH -> "set -gx %s %s;".formatted(name, ShellQuoting.fish(value));
                case POWERSHELL -> "$env:%s = %s".formatted(name, ShellQuoting.powershell(value));
            };
        }

        /** As it is written on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Mixin
    private BranchOption target = new BranchOption();

    @Option(names = "--pooled", description = "Through the pooled endpoint rather than the direct one.")
    private boolean pooled;

    @Option(
            names = "--shell",
            paramLabel = "SHELL",
            defaultValue = "posix",
            description = "Whose language to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Shell shell = Shell.POSIX;

    @Override
    public Integer call() {
        try (var client = api.client()) {
            var secret = new TemporaryRole(api, client, target).secret();
            api.output()
                    .one(
                            secret,
                            RoleSecret.class,
                            role -> variables(role, pooled)
                                    .forEach((name, value) -> api.output().say(shell.assignment(name, value))));
        }
        return ExitCode.SUCCESS;
    }

    /** What libpq and everything built on it reads, in a fixed order. */
    static Map<String, String> variables(RoleSecret secret, boolean pooled) {
        var connection = secret.connection();
        var variables = new LinkedHashMap<String, String>();
        variables.put("PGHOST", connection.host());
        variables.put("PGPORT", String.valueOf(pooled ? connection.pooledPort() : connection.directPort()));
        variables.put("PGUSER", connection.user());
        variables.put("PGPASSWORD", secret.password());
        variables.put("PGDATABASE", connection.database());
        variables.put("PGSSLMODE", connection.sslmode());
        variables.put("PGSSLROOTCERT", connection.sslrootcert());
        return variables;
    }
}
