package dev.howdah.app;

import dev.howdah.base.PlatformException;
import dev.howdah.cli.HomeOption;
import dev.howdah.cli.HowdahCli;
import dev.howdah.proxy.io.IoEngineChoice;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the platform until it is told to stop. The launcher has found the account, the home and the program before. */
@Command(
        name = "up",
        description = {
            "Starts the platform: PostgreSQL servers, proxy, control and API, and prints how to connect.",
            "Builds first when needed. Servers that an earlier run left running are taken over as they are."
        },
        footerHeading = "%nExample:%n",
        footer = {"  howdah up --detach", "  howdah up --home /srv/howdah --direct-port 15432 --listen 0.0.0.0"})
final class UpCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private HomeOption home;

    @Option(
            names = "--direct-port",
            paramLabel = "N",
            description = "The direct endpoint (5432 or the next free one; kept from the first start on).")
    private Optional<Integer> directPort = Optional.empty();

    @Option(names = "--pooled-port", paramLabel = "N", description = "The pooled endpoint (6432 or the next free one).")
    private Optional<Integer> pooledPort = Optional.empty();

    @Option(
            names = "--api-port",
            paramLabel = "N",
            description = "The REST API on 127.0.0.1 (8080 or the next free one).")
    private Optional<Integer> apiPort = Optional.empty();

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            split = ",",
            description = "Where clients are listened for (127.0.0.1 and ::1).")
    private List<String> listen = List.of();

    @Option(
            names = "--postgres",
            paramLabel = "DIR",
            description = "An installation of PostgreSQL 17 or 18 to use instead of the embedded 18.")
    private Optional<Path> postgres = Optional.empty();

    @Option(
            names = "--certificate",
            paramLabel = "FILE",
            description = "Your own certificate chain (PEM) for the endpoints; read again when it changes.")
    private Optional<Path> certificate = Optional.empty();

    @Option(names = "--key", paramLabel = "FILE", description = "The private key (PEM) that goes with --certificate.")
    private Optional<Path> key = Optional.empty();

    @Option(
            names = "--ban-exempt",
            paramLabel = "CIDR",
            split = ",",
            description = "Networks that are never banned after failed logins.")
    private List<String> banExempt = List.of();

    @Option(
            names = "--io-engine",
            paramLabel = "NAME",
            description =
                    "How the proxy asks the kernel: io_uring, epoll, nio, or auto for the first that works (auto).")
    private String ioEngine = IoEngineChoice.AUTO.text();

    @Option(names = "--detach", description = "Runs in the background and returns once the platform is ready.")
    @SuppressWarnings(
            "UnusedVariable") // the launcher has acted on it; it is here for the help and so that it is accepted
    private boolean detach;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before anything is called
    private CommandSpec command;

    @Override
    public Integer call() throws InterruptedException {
        var stop = new StopSignal();
        try (var _ = Platform.start(config(), this::tell, stop::request, InstantSource.system(), new SecureRandom())) {
            tell("Ready.");
            if (!detach) { // else the launcher prints it, past the log
                printConnection();
            }
            stop.await();
            tell("Stopping: servers are stopped in order ...");
        } finally {
            stop.done();
        }
        return 0;
    }

    private void printConnection() {
        var arguments =
                List.of("connection", "--create-default", "--home", home.home().toString());
        var _ = HowdahCli.commandLine(home.environment(), arguments).execute(arguments.toArray(String[]::new));
    }

    private PlatformConfig config() {
        if (certificate.isPresent() != key.isPresent()) {
            throw PlatformException.invalid("--certificate and --key go together", "Give both, or neither.");
        }
        return new PlatformConfig(
                home.home(),
                port("--direct-port", directPort),
                port("--pooled-port", pooledPort),
                port("--api-port", apiPort),
                listen.isEmpty()
                        ? Ports.loopback()
                        : listen.stream().map(UpCommand::address).toList(),
                postgres.map(this::callers),
                certificate.map(this::callers),
                key.map(this::callers),
                banExempt,
                ioEngine());
    }

    private IoEngineChoice ioEngine() {
        return IoEngineChoice.parse(ioEngine)
                .orElseThrow(() -> PlatformException.invalid(
                        "--io-engine takes auto, io_uring, epoll or nio, was \"%s\"".formatted(ioEngine),
                        "Leave it out to have the best one chosen."));
    }

    /** A relative file is the caller's, whose directory the launcher may have had to leave. */
    private Path callers(Path file) {
        return Path.of(System.getenv().getOrDefault("HOWDAH_CALLER_DIRECTORY", ""))
                .resolve(file)
                .toAbsolutePath();
    }

    private static Optional<Integer> port(String flag, Optional<Integer> port) {
        if (port.filter(p -> p < 1 || p > 65_535).isPresent()) {
            throw PlatformException.invalid(
                    "%s must be 1 to 65535, was %d".formatted(flag, port.get()), "Leave it out to have one chosen.");
        }
        return port;
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw new PlatformException(
                    dev.howdah.base.SqlState.INVALID_PARAMETER_VALUE,
                    "--listen takes IP addresses, was \"%s\"".formatted(text),
                    "For every address of this host: --listen 0.0.0.0,::",
                    e);
        }
    }

    private void tell(String line) {
        PrintWriter out = command.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
