package dev.howdah.cli;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "service",
        aliases = "services",
        description = "Runs Howdah as a service of this machine (systemd).",
        footerHeading = Examples.HEADING,
        footer = "  howdah service install --home /srv/howdah")
final class ServiceCommands {
    @Command(
            name = "install",
            description = {
                "Prints a systemd unit that runs howdah up with this home, from the start of the machine on.",
                "It changes nothing: the comments in the unit say where to save it and how to switch it on."
            },
            footerHeading = Examples.HEADING,
            footer = {
                "  howdah service install > howdah.service",
                "  howdah service install --user > ~/.config/systemd/user/howdah.service",
                "  howdah service install --home /srv/howdah -- --listen 0.0.0.0,::"
            })
    int install(
            @Mixin HomeOption home,
            @Option(names = "--user", description = "A unit of your own account, without root.") boolean user,
            @Option(
                            names = "--launcher",
                            paramLabel = "FILE",
                            description = "The howdah script to run, where it is not the one that runs now.")
                    Optional<Path> launcher,
            @Parameters(paramLabel = "UP-OPTION", arity = "0..*", description = "Options for howdah up, after --.")
                    @Nullable List<String> upOptions,
            @Mixin OutputOption outputOption) {
        var environment = home.environment();
        var unit = new SystemdUnit(
                launcher.map(Path::toAbsolutePath).orElseGet(ServiceCommands::runningLauncher),
                home.home(),
                user,
                environment.account(),
                Path.of(System.getProperty("java.home", "/")),
                checked(upOptions == null ? List.of() : upOptions)); // picocli gives null for none
        var output = outputOption.output();
        switch (output.format()) {
            case HUMAN -> unit.lines().forEach(output.out()::println);
            case JSON -> output.out().println(Json.pretty(new Unit(unit.file().toString(), unit.text())));
            case CSV -> {
                var record = new Unit(unit.file().toString(), unit.text());
                output.out().print(Csv.header(Unit.class) + Csv.row(record));
            }
        }
        output.out().flush();
        return ExitCode.SUCCESS;
    }

    private static List<String> checked(List<String> upOptions) {
        if (upOptions.stream().anyMatch(option -> option.startsWith("--detach") || option.startsWith("--home"))) {
            throw CliFailure.usage(
                    "a service runs in the foreground, and its home is named before the --",
                    "Leave --detach out; put --home DIR in front of the --.");
        }
        return upOptions;
    }

    private record Unit(String file, String content) {}

    /** This program lies in {@code app/target/howdah/lib} of the directory that holds the script. */
    private static Path runningLauncher() {
        try {
            var source = ServiceCommands.class.getProtectionDomain().getCodeSource();
            Path place = source == null ? null : Path.of(source.getLocation().toURI());
            while (place != null) {
                var script = place.resolve("howdah");
                if (Files.isRegularFile(script) && Files.isExecutable(script)) {
                    return script;
                }
                place = place.getParent();
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        throw CliFailure.usage("the script howdah is not found beside this program", "Name it with --launcher.");
    }
}
