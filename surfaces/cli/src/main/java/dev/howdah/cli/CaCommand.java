package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.PlatformStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "ca",
        description = "Prints where the certificate is that clients check the endpoints with (sslrootcert).",
        footerHeading = Examples.HEADING,
        footer = {"  howdah ca", "  howdah ca --print > howdah-ca.crt"})
final class CaCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Option(names = "--print", description = "Print the certificate itself, as PEM.")
    private boolean print;

    private record CaFile(String caFile) {}

    @Override
    public Integer call() {
        var file = file();
        var output = api.output();
        if (print) {
            output.out().print(pem(file));
        } else {
            switch (output.format()) {
                case HUMAN -> output.say(file);
                case JSON -> output.out().println(Json.pretty(new CaFile(file)));
                case CSV -> output.out().print(Csv.header(CaFile.class) + Csv.row(new CaFile(file)));
            }
        }
        output.out().flush();
        return ExitCode.SUCCESS;
    }

    private String file() {
        try (var client = api.client()) {
            return Json.to(client.get(ApiPaths.STATUS), PlatformStatus.class).caFile();
        }
    }

    private static String pem(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw CliFailure.failure(
                    "io_error", "%s cannot be read: %s".formatted(file, e), "It is on the host that Howdah runs on.");
        }
    }
}
